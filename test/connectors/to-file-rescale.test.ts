import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterOf, decodeFileSinkState, encodeFileSinkState } from '../../src/connectors/file-sink-state.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import { ck, dealtOut, jobOf, stored, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { pending, snapshotOf, visible, writersOf } from './file-sink-harness.ts'
import { none, openAll, ScaledSink } from './scaled-sink.ts'

const nat = fc.nat(3)
const parallelism = fc.integer({ min: 1, max: 4 })
const of = <const Type extends string>(type: Type) => fc.constant(type)
const kind = fc.constantFrom<SnapshotKind>('checkpoint', 'checkpoint', 'checkpoint', 'savepoint', 'stop-suspend')
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: of('write'), subtask: nat, count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ type: of('snapshot'), kind }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: of('complete'),
      which: nat,
      told: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: of('crash'), parallelism, subtask: nat, steps: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ type: of('take over'), parallelism }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: of('haunt'),
      which: nat,
      subtask: nat,
      what: fc.constantFrom('write', 'snapshot', 'close'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: of('consume') }) },
  { weight: 2, arbitrary: fc.record({ type: of('start from savepoint'), which: nat, parallelism }) },
)

describe('toFile with another parallelism', () => {
  it('shows what the last completed checkpoint covers, once, under names of its own, whatever dies when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25, size: 'max' }), parallelism, async (actions, last) => {
        const job = new ScaledSink()
        for (const act of actions) {
          if (act.type === 'write') job.write(act.subtask, act.count)
          else if (act.type === 'snapshot') await job.snapshot(act.kind)
          else if (act.type === 'complete') await job.complete(act.which, (subtask) => act.told[subtask]!)
          else if (act.type === 'crash') await job.crash(act.parallelism, act.subtask, act.steps)
          else if (act.type === 'take over') job.takeOver(act.parallelism)
          else if (act.type === 'haunt') await job.haunt(act.which, act.subtask, act.what)
          else if (act.type === 'consume') job.consume()
          else job.startFromSavepoint(act.which, act.parallelism)
          job.check()
        }
        await job.finish(last)
      }),
      { numRuns: 100 },
    )
  })

  /** A checkpoint of three writers with a part each, of which none was told that it is complete. */
  async function threeWriters() {
    const dir = temporaryDirectory()
    const writers = openAll(dir, none, 3)
    for (const [subtask, writer] of writers.entries()) writer.write([subtask])
    const states = await Promise.all(writers.map((writer) => snapshotOf(writer, 1)))
    return { dir, writers, taken: { ...none, states, next: 3 } }
  }
  const left = (dir: string) => pending(dir).length

  it('leaves what another subtask is to commit alone, in whatever order they start', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { dir, taken } = await threeWriters()
      const restored = dealtOut(taken.states, 2)
      for (const subtaskIndex of order) {
        toFile(dir).createWriter(testContext({ parallelism: 2, subtaskIndex, epoch: 2 }), restored[subtaskIndex])
      }
      expect([visible(dir).length, left(dir)]).toEqual([3, 0])
    }
  })

  it('has one subtask clean up after those that are no more, after it has committed what is due', async () => {
    const { dir, writers, taken } = await threeWriters()
    for (const writer of writers) writer.write([9])
    for (const writer of writers) await snapshotOf(writer, 2)
    expect(left(dir)).toBe(6)
    const restored = dealtOut(taken.states, 2)
    const open = (subtaskIndex: number) =>
      toFile(dir).createWriter(testContext({ parallelism: 2, subtaskIndex, epoch: 2 }), restored[subtaskIndex])
    open(1)
    expect([visible(dir).length, left(dir)]).toEqual([1, 4])
    open(0)
    expect([visible(dir).length, left(dir)]).toEqual([3, 0])
  })

  it('keeps what a savepoint lists of a subtask that is no more, and takes its mark away when it is committed', async () => {
    const { dir, writers, taken } = await threeWriters()
    for (const writer of writers) await writer.notifyCompleted(ck(1))
    for (const writer of writers) writer.write([9])
    const states = await Promise.all(writers.map((writer) => snapshotOf(writer, 2, 'savepoint')))
    openAll(dir, taken, 2, { epoch: 2 })
    const marks = () => readdirSync(join(dir, '.pending')).filter((name) => name.endsWith('.kept')).length
    expect([left(dir), marks()]).toEqual([3, 3])
    openAll(dir, { ...none, states }, 1, { jobId: jobOf('c') })
    expect([visible(dir).length, left(dir), marks()]).toEqual([6, 0, 0])
  })

  it('goes on to count where a subtask of that index had stopped, though all files are gone since', async () => {
    const { dir, taken } = await threeWriters()
    const two = openAll(dir, taken, 2, { epoch: 2 })
    const seen = new Set(visible(dir))
    const states = await Promise.all(two.map((writer) => snapshotOf(writer, 2)))
    expect(states.flatMap((state) => writersOf(state).map(({ owner, counter }) => [owner.slice(-1), counter]))).toEqual(
      [
        ['0', 1],
        ['2', 1],
        ['1', 1],
      ],
    )
    rmSync(dir, { recursive: true })
    const three = openAll(dir, { ...none, states }, 3, { epoch: 3 })
    for (const writer of three) writer.write([7])
    for (const writer of three) await snapshotOf(writer, 3)
    for (const writer of three) await writer.notifyCompleted(ck(3))
    expect(visible(dir).filter((name) => seen.has(name))).toEqual([])
    expect(visible(dir)).toHaveLength(3)
  })

  it('begins names of its own under another job id, behind the counters of its index', async () => {
    const { dir, taken } = await threeWriters()
    const context = testContext({ jobId: jobOf('c'), parallelism: 4, subtaskIndex: 2 })
    expect(counterOf(decodeFileSinkState(context, dealtOut(taken.states, 4)[2]), context)).toBe(1)
    const [, , , fourth] = openAll(dir, taken, 4, { jobId: jobOf('c') })
    expect(writersOf(await snapshotOf(fourth!, 2))).toEqual([
      { owner: `${'c'.repeat(32)}-${'b'.repeat(32)}-3`, counter: 0, parts: [] },
    ])
    expect(stored(encodeFileSinkState([]))).toEqual(encodeFileSinkState([]))
  })

  it('says once which output of a subtask that is no more is there already and comes again', async () => {
    const { dir, writers, taken } = await threeWriters()
    for (const writer of writers) writer.write([9])
    for (const writer of writers) await snapshotOf(writer, 2)
    for (const writer of writers) await writer.notifyCompleted(ck(2))
    const logged = [0, 1].flatMap((subtaskIndex) => {
      const context = testContext({ operatorName: 'out', parallelism: 2, subtaskIndex, epoch: 2 })
      toFile(dir).createWriter(context, dealtOut(taken.states, 2)[subtaskIndex])
      return context.logged
    })
    expect(logged.map((line) => /Sink "out", subtask \d, starts from part \d/.exec(line)?.[0]).sort()).toEqual(
      [0, 1, 2].map((subtask) => `Sink "out", subtask ${subtask}, starts from part 1`),
    )
  })
})
