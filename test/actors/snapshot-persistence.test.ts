import { beforeEach, describe, expect, it } from 'vitest'
import { SnapshotPersistence } from '../../src/actors/snapshot-persistence.ts'
import type { StateWriter } from '../../src/backends/checkpoint-storage.ts'
import type { KeyedSnapshot } from '../../src/backends/state-backend.ts'
import { decodeValue, encodeValue } from '../../src/core/codec.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import type { OperatorSnapshotPart } from '../../src/operators/chain-options.ts'

let journal: string[]
let bytes: Uint8Array[]

/** A writer that keeps its journal; its handles are as long as what was appended. */
function makeWriter(overrides: Partial<StateWriter> = {}): StateWriter {
  let length = 0
  let offset = 0
  return {
    beginSegment() {
      length = 0
      journal.push('begin')
    },
    append(piece) {
      length += piece.length
      bytes.push(piece)
    },
    endSegment() {
      journal.push('end')
      const handle = { file: 'f', offset, length, checksum: '0'.repeat(8), codec: 1 }
      offset += length
      return handle
    },
    close: async () => void journal.push('close'),
    abort: async () => void journal.push('abort'),
    ...overrides,
  }
}

/** A keyed snapshot of some pieces; each asks once whether there is time. */
function keyed(pieces: number, overrides: Partial<KeyedSnapshot> = {}): KeyedSnapshot {
  let left = pieces
  return {
    range: { start: 0, end: 127 },
    version: 0,
    since: undefined,
    empty: pieces === 0,
    states: [{ name: 'count', kind: 'value' }],
    write: () => (left-- > 0 ? new Uint8Array(10) : undefined),
    release: () => void journal.push('release'),
    ...overrides,
  }
}

const part = (name: string, more: Partial<OperatorSnapshotPart>): OperatorSnapshotPart => ({
  operatorId: name as OperatorId,
  state: undefined,
  keyed: undefined,
  durable: undefined,
  ...more,
})

const persist = (parts: readonly OperatorSnapshotPart[], writer = makeWriter(), ended = false) =>
  new SnapshotPersistence(parts, {
    names: new Map(parts.map(({ operatorId }) => [operatorId, `op ${operatorId}`])),
    ended,
    openWriter: () => {
      journal.push('open')
      return writer
    },
  })

const always = () => true
const never = () => false

beforeEach(() => {
  journal = []
  bytes = []
})

describe('the asynchronous part of a snapshot', () => {
  it('writes nothing where there is nothing, and opens no file for it', () => {
    const persistence = persist([part('a', {}), part('b', { keyed: keyed(0) })], undefined, true)
    expect(persistence.trivial).toBe(true)
    expect(persistence.slice(always)).toBe(true)
    expect(persistence.state).toEqual({ operators: [], bytes: 0, finished: true })
    expect(journal).toEqual(['release'])
  })

  it('writes one segment per state, and acknowledges the handles of each operator', async () => {
    const state = { position: 3 }
    const parts = [part('source', { state }), part('none', {}), part('count', { keyed: keyed(2), state: 'pending' })]
    const persistence = persist(parts)
    expect(persistence.trivial).toBe(false)
    while (!persistence.slice(always));
    expect(journal).toEqual(['open', 'begin', 'end', 'begin', 'end', 'begin', 'end', 'release'])
    const acknowledged = await persistence.finish()
    expect(journal.at(-1)).toBe('close')
    const [own, pending] = [encodeValue(state).length, encodeValue('pending').length]
    expect(acknowledged).toMatchObject({
      bytes: own + 20 + pending,
      finished: false,
      operators: [
        { operatorId: 'source', keyed: [], operator: { length: own } },
        {
          operatorId: 'count',
          keyed: [{ length: 20, keyGroups: { start: 0, end: 127 }, states: [{ name: 'count', kind: 'value' }] }],
          operator: { length: pending },
        },
      ],
    })
    expect(decodeValue(bytes[0]!)).toEqual(state)
  })

  it('goes on where it was when its slice ran out, and does no more than one step without time', () => {
    const persistence = persist([part('a', { keyed: keyed(3) }), part('b', { state: 1 }), part('c', { state: 2 })])
    const appended: number[] = []
    let slices = 0
    while (!persistence.slice(never)) {
      slices++
      appended.push(bytes.length)
    }
    // Three pieces, the end of the segment, the second operator; the last one ends it.
    expect([slices, appended]).toEqual([5, [1, 2, 3, 3, 4]])
    expect(persistence.state.operators).toHaveLength(3)
  })

  it('is durable only when the file and all side files are', async () => {
    let sideDone: () => void = () => {}
    const durable = () =>
      new Promise<void>((resolve) => {
        sideDone = resolve
      })
    const persistence = persist([part('sink', { durable })])
    expect(persistence.trivial).toBe(false)
    expect(persistence.slice(always)).toBe(true)
    let finished = false
    const finishing = persistence.finish().then(() => {
      finished = true
    })
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    expect(finished).toBe(false)
    sideDone()
    await finishing
    expect(finished).toBe(true)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('no disk'))],
    [
      'throws at once',
      () => {
        throw new Error('no disk')
      },
    ],
  ])('fails when a side file %s, in `finish` and not before', async (_how, durable) => {
    const persistence = persist([part('sink', { durable, state: 1 })])
    expect(persistence.slice(always)).toBe(true)
    await expect(persistence.finish()).rejects.toThrow('no disk')
  })

  it('names the operator and the path of what cannot be encoded', () => {
    const failure = (state: unknown): StreamError => {
      const persistence = persist([part('a', { state })])
      try {
        persistence.slice(always)
      } catch (thrown) {
        if (thrown instanceof StreamError) return thrown
      }
      throw new Error('expected a failure')
    }
    const inside = failure({ user: { onClick() {} } })
    expect(inside.code).toBe('STATE_NOT_SERIALIZABLE')
    expect(inside.message).toContain('The state of operator "op a" → user.onClick is a function')
    expect(failure(() => {}).message).toContain('The state of operator "op a" is a function')
  })
})

describe('a snapshot given up', () => {
  it('releases what is left, each part once, and removes its file', () => {
    const persistence = persist([
      part('a', { keyed: keyed(0) }),
      part('b', { keyed: keyed(5) }),
      part('c', { keyed: keyed(1) }),
    ])
    persistence.slice(never)
    expect(journal).toEqual(['open', 'release'])
    persistence.discard()
    persistence.discard()
    expect(journal).toEqual(['open', 'release', 'release', 'release', 'abort'])
  })

  it('after it was written releases nothing again', () => {
    const persistence = persist([part('a', { keyed: keyed(1) })])
    while (!persistence.slice(always));
    persistence.discard()
    expect(journal).toEqual(['open', 'begin', 'end', 'release', 'abort'])
  })

  it('because its state could not be encoded releases that state too', () => {
    const persistence = persist([part('a', { keyed: keyed(1), state: () => {} })])
    persistence.slice(always)
    expect(() => persistence.slice(always)).toThrow(StreamError)
    persistence.discard()
    expect(journal).toEqual(['open', 'begin', 'end', 'release', 'abort'])
  })
})
