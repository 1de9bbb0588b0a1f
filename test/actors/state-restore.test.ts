import { describe, expect, it } from 'vitest'
import type { Self } from '../../src/actors/kernel.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { StateRestore } from '../../src/actors/state-restore.ts'
import type { SubtaskMessage } from '../../src/actors/subtask-messages.ts'
import type { StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { FrameBuffer, segmentHeader } from '../../src/backends/keyed-segment.ts'
import type { FileHandle } from '../../src/backends/manifest.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { roleAddress } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor } from './descriptors.ts'
import { at, ck, jobId, Probe } from './probe.ts'

const states = [{ name: 'count', kind: 'value' }] as const
const keyGroups = { start: 0, end: 127 }
const operators = chainOf(['count', { ...mapOperator((x) => x), keyed: true }])
const operatorId = operators[0]!.id

function segment(bytes: number): Uint8Array {
  const frames = new FrameBuffer(1)
  frames.add(encodeValue(segmentHeader(keyGroups, states, false)))
  frames.add(encodeValue('x'.repeat(bytes)))
  return frames.take()
}

const files: Readonly<Record<string, Uint8Array>> = { small: segment(10), large: segment(3 * limits.restorePieceBytes) }
const handle = (file: string) => ({
  file,
  offset: 0,
  length: files[file]!.length,
  checksum: '00000000',
  codec: 1,
  keyGroups,
  states,
})

/** The messages of a restore, each of which is taken over before the next one is asked for; what was done, in order. */
async function restoring(inPieces: boolean, msPerPiece = 0) {
  const journal: string[] = []
  const simulation = new SimulatedKernel({ seed: 1 })
  let self: Self | undefined
  const probe = simulation.kernel.spawn(at('subtask'), (own) => {
    self = own
    return new Probe()
  })
  const client = simulation.kernel.spawn(roleAddress(jobId, 'client'), () => new Probe())
  const subtask = descriptor(operators, {
    restore: {
      checkpointId: ck(1),
      finished: false,
      operators: [{ operatorId, keyed: [{ handle: handle('small') }, { handle: handle('large') }], operator: [] }],
    },
  })
  const from: StoredSnapshot = {
    path: 'somewhere',
    manifest: {} as StoredSnapshot['manifest'],
    read: async (of) => files['file' in of ? of.file : '']!,
    ...(inPieces && {
      async *readInPieces({ file }: FileHandle) {
        const bytes = files[file]!
        for (let start = 0; start < bytes.length; start += limits.restorePieceBytes) {
          journal.push(`read ${file}`)
          yield bytes.subarray(start, start + limits.restorePieceBytes)
        }
      },
    }),
  }
  let bytes = 0
  let slices = 0
  const sizes: number[] = []
  const beginRestore = () => {
    journal.push('begin')
    return {
      take: (some: Uint8Array) => {
        bytes += some.length
        sizes.push(some.length)
        simulation.clock.advanceTo(simulation.clock.now() + (msPerPiece * some.length) / limits.restorePieceBytes)
      },
      end: () => journal.push('end'),
    }
  }
  const loadRest = async (): Promise<SubtaskMessage> => ({ type: 'data.flushed' })
  const restore = new StateRestore(self!, subtask, from, { beginRestore, loadRest })
  restore.read()
  for (let taken = 0; ; taken++) {
    await simulation.settle()
    const message = probe.received[taken] as unknown as SubtaskMessage
    if (message.type !== 'state.piece') return { journal, bytes, message, client, slices, sizes }
    journal.push('take')
    restore.take(message.piece)
    while (restore.work()) slices++
  }
}

const total = files.small!.length + files.large!.length

describe('a restore', () => {
  it('takes segment by segment, piece by piece, and then the rest', async () => {
    for (const inPieces of [true, false]) {
      const { journal, bytes, message } = await restoring(inPieces)
      expect([bytes, message.type]).toEqual([total, 'data.flushed'])
      const done = journal.filter((entry) => !entry.startsWith('read'))
      expect(done).toEqual(['take', 'begin', 'end', 'take', 'begin', 'take', 'take', 'take', 'end'])
    }
  })

  it('reads the next piece while it takes one over', async () => {
    const { journal } = await restoring(true)
    // A piece is known to be the last one when there is no other, so the reader is up to two ahead.
    expect(journal.indexOf('take')).toBeGreaterThan(journal.indexOf('read large'))
    expect(journal.lastIndexOf('read large')).toBeLessThan(journal.lastIndexOf('take'))
  })

  it('takes a piece over in slices of some milliseconds', async () => {
    const { slices, sizes } = await restoring(true, 100)
    // Three pieces of 100 ms, in slices of 2 ms and what one look at the clock allows.
    expect(slices).toBeGreaterThan(90)
    expect(Math.max(...sizes)).toBe(4096)
    expect((await restoring(true, 0)).slices).toBe(5)
  })

  it('tells how far it is, once a second', async () => {
    expect((await restoring(true, 10)).client.received).toEqual([])
    const { client } = await restoring(true, 1_100)
    const bytes = client.received.map((message) => (message as unknown as { bytes: number }).bytes)
    expect(client.received).toMatchObject(bytes.map(() => ({ type: 'restore.progressed', totalBytes: total })))
    expect([bytes.length, bytes.toSorted((a, b) => a - b)]).toEqual([3, bytes])
  })
})
