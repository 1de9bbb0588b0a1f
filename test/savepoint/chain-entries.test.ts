/** Chains of segments written by a backend through a random history, read back, and compared with a map. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { FrameBuffer, segmentHeader } from '../../src/backends/keyed-segment.ts'
import type { KeyedStateHandle } from '../../src/backends/manifest.ts'
import type { MapState, ValueState } from '../../src/backends/state-backend.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { Random } from '../../src/core/random.ts'
import { type ChainEntry, chainEntries, type EntryChoice } from '../../src/savepoint/chain-entries.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { storeSegments } from './store-segments.ts'

const range = { start: 0, end: 15 }

async function read(chain: Awaited<ReturnType<typeof storeSegments>>, choice?: EntryChoice) {
  const found: ChainEntry[] = []
  for await (const entries of chainEntries(chain.snapshot, chain.handles, choice)) found.push(...entries)
  return found
}

const framed = (...frames: readonly unknown[]): Uint8Array => {
  const buffer = new FrameBuffer(64)
  for (const frame of frames) buffer.add(encodeValue(frame))
  return Uint8Array.from(buffer.take())
}

describe('a chain of segments', () => {
  it.each([1, 2, 3, 4, 5, 6])('holds what the state was at its last mark (seed %i)', async (seed) => {
    const random = new Random(seed)
    const backend = heapStateBackend.create({
      range,
      maxParallelism: 16,
      freeze: false,
      incremental: true,
      operatorName: 'o',
    })
    const count = backend.state('count', { kind: 'value', initial: 0 }) as ValueState<number>
    const byDay = backend.state('byDay', { kind: 'map' }) as MapState<string, number>
    const timers = backend.timers('processing-time')
    const model = new Map<string, unknown>()
    const segments: { bytes: Uint8Array; delta: boolean; states: KeyedStateHandle['states'] }[] = []
    let version: number | undefined
    for (let round = 0; round < 5; round++) {
      for (let change = 0; change < 40; change++) {
        const key = `key-${random.int(0, 20)}`
        backend.setCurrentKey(key)
        const kind = random.int(0, 5)
        if (kind === 0) {
          count.clear()
          model.delete(`count ${key}`)
        } else if (kind === 1) {
          byDay.clear()
          model.delete(`byDay ${key}`)
        } else if (kind === 2) {
          const day = `day-${random.int(0, 2)}`
          byDay.put(day, change)
          model.set(`byDay ${key}`, new Map(byDay.entries()))
        } else if (kind === 3) {
          const at = random.int(1, 3)
          const times = new Set(model.get(`processing-time ${key}`) as number[] | undefined)
          if (times.has(at)) {
            timers.delete(at)
            times.delete(at)
          } else {
            timers.add(at)
            times.add(at)
          }
          if (times.size === 0) model.delete(`processing-time ${key}`)
          else
            model.set(
              `processing-time ${key}`,
              [...times].sort((a, b) => a - b),
            )
        } else {
          const next = count.value() + 1
          count.update(next)
          model.set(`count ${key}`, next)
        }
      }
      backend.rebase(version === undefined ? undefined : { since: version, oldest: version })
      const mark = backend.mark()
      const pieces: Uint8Array[] = []
      for (let piece = mark.write(() => true); piece !== undefined; piece = mark.write(() => true)) {
        pieces.push(Uint8Array.from(piece))
      }
      segments.push({ bytes: Buffer.concat(pieces), delta: mark.since !== undefined, states: mark.states })
      version = mark.version
      mark.release()
    }
    const chain = await storeSegments(join(temporaryDir(), 'chk-1'), segments, range)
    const found = await read(chain)
    const shown = found.map(({ state, key, content }) => {
      const plain = state.kind === 'timers' ? [content].flat().toSorted((a, b) => Number(a) - Number(b)) : content
      return [`${state.name} ${String(key)}`, plain] as const
    })
    expect(shown.length).toBe(model.size)
    expect(new Map(shown)).toEqual(model)
    for (const { key, keyGroup } of found) expect(keyGroup).toBe(keyGroupOf(key, 16))
  })

  const states = [
    { name: 'a', kind: 'value' },
    { name: 'b', kind: 'value' },
  ] as const
  const full = {
    bytes: framed(segmentHeader(range, states, false), [0, [1, 2], 'x', 1, 'y', 2], [1, [1], 'x', 3], 3),
    delta: false,
    states,
  }
  const changes = {
    bytes: framed(segmentHeader(range, states, true), [-1, [1, 2], 'x', 'y'], [-2, [1], 'x'], [0, [1], 'x', 10], 4),
    delta: true,
    states,
  }

  it('takes a key that is removed and comes back in one segment for what came back', async () => {
    const chain = await storeSegments(join(temporaryDir(), 'chk-1'), [full, changes], range)
    expect((await read(chain)).map(({ state, key, content }) => [state.name, key, content])).toEqual([['a', 'x', 10]])
  })

  it('gives one state, or some key groups, when it is asked for those', async () => {
    const chain = await storeSegments(join(temporaryDir(), 'chk-1'), [full], range)
    const only = await read(chain, { state: (name) => name === 'b' })
    expect(only.map(({ state, key }) => [state.name, key])).toEqual([['b', 'x']])
    const some = await read(chain, { keyGroups: { start: 2, end: 2 } })
    expect(some.map(({ state, key }) => [state.name, key])).toEqual([['a', 'y']])
  })

  it.each([
    ['a key that is none', framed(segmentHeader(range, states, false), [0, [1], {}, 1], 1), 'has no key'],
    [
      'a frame that claims more than there is',
      Buffer.concat([full.bytes, Buffer.from([0xff, 0xff, 0xff, 0])]),
      'cut short',
    ],
    [
      'another number of entries',
      framed(segmentHeader(range, states, false), [0, [1], 'x', 1], 2),
      'expected 2 entries',
    ],
  ])('is refused for %s, with its place', async (_, bytes, what) => {
    const chain = await storeSegments(join(temporaryDir(), 'chk-1'), [{ ...full, bytes }], range)
    const failure = await read(chain).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STATE_FILE_DAMAGED', message: expect.stringContaining(what) })
    expect(failure).toMatchObject({ message: expect.stringContaining('state-0.state at offset 0') })
  })
})
