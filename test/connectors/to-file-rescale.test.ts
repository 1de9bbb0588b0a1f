/**
 * A file sink of several subtasks that dies, is taken over and goes on with another number of them. A crash is a copy of the
 * directory as it is at that moment, on which the next writers go on.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterOf, decodeFileSinkState, encodeFileSinkState } from '../../src/connectors/file-sink-state.ts'
import { PartFiles } from '../../src/connectors/part-files.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { SinkWriter } from '../../src/operators/endpoints.ts'
import { ck, dealtOut, jobOf, stored, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { partsOf, pending, snapshotOf, visible, writersOf } from './file-sink-harness.ts'

interface Taken {
  readonly id: number
  readonly kind: SnapshotKind
  readonly states: readonly unknown[]
  /** The records before this one are covered. */
  readonly next: number
}

interface Process {
  readonly writers: readonly SinkWriter<number>[]
  readonly epoch: number
}

const none: Taken = { id: 0, kind: 'checkpoint', states: [], next: 0 }

const openAll = (dir: string, { states }: Taken, parallelism: number, overrides = {}) => {
  const restored = states.length === 0 ? [] : dealtOut(states, parallelism)
  return Array.from({ length: parallelism }, (_, subtaskIndex) => {
    const context = testContext({ parallelism, subtaskIndex, ...overrides })
    return toFile<number>(dir, { maxPartBytes: 6 }).createWriter(context, restored[subtaskIndex])
  })
}

/** A job that writes 0, 1, 2, … with one of its subtasks each, and goes back to its last completed checkpoint. */
class ScaledSink {
  readonly #root = temporaryDirectory()
  #dirs = 0
  #dir = join(this.#root, '0')
  #process: Process = { writers: openAll(this.#dir, none, 2), epoch: 1 }
  #zombies: Process[] = []
  /** Which subtask has written each record. */
  readonly #by: number[] = []
  #id = 0
  #taken: Taken[] = []
  #last = none
  /** Of every name that was ever seen, its content. */
  readonly #names = new Map<string, string>()
  readonly #consumed: number[] = []
  readonly #savepoints: Taken[] = []
  /** Records that must be visible. */
  readonly #due = new Set<number>()

  write(subtask: number, count: number): void {
    const index = subtask % this.#process.writers.length
    for (let i = 0; i < count; i++) {
      this.#process.writers[index]!.write([this.#by.length])
      this.#by.push(index)
    }
  }

  async snapshot(kind: SnapshotKind): Promise<void> {
    this.#id += 1
    const states = await Promise.all(this.#process.writers.map((writer) => snapshotOf(writer, this.#id, kind)))
    this.#taken.push({ id: this.#id, kind, states, next: this.#by.length })
  }

  /** Completes one of the snapshots; `told` says which subtasks hear of it. */
  async complete(which: number, told: (subtask: number) => boolean): Promise<void> {
    const [done] = this.#taken.splice(which % Math.max(1, this.#taken.length), 1)
    if (done === undefined) return
    if (done.kind === 'savepoint') this.#savepoints.push(done)
    else {
      this.#taken = this.#taken.filter(({ id }) => id > done.id)
      this.#last = done
    }
    for (const [subtask, writer] of this.#process.writers.entries()) {
      if (!told(subtask)) continue
      await writer.notifyCompleted(ck(done.id))
      if (done.kind === 'savepoint') continue
      for (let i = 0; i < done.next; i++) if (this.#by[i] === subtask) this.#due.add(i)
    }
  }

  /** The process dies, perhaps in the middle of a subtask's commit, and another one goes on. */
  async crash(parallelism: number, subtask: number, steps: number): Promise<void> {
    const before = this.#dir
    this.#dirs += 1
    this.#dir = join(this.#root, String(this.#dirs))
    cpSync(before, this.#dir, { recursive: true })
    for (const { writers } of [this.#process, ...this.#zombies.splice(0)]) {
      for (const writer of writers) await writer.close()
    }
    const state = this.#last.states[subtask % Math.max(1, this.#last.states.length)]
    if (state !== undefined) {
      const context = testContext({ parallelism: this.#last.states.length, epoch: this.#process.epoch })
      const { owner } = writersOf(state)[0]!
      const parts = partsOf(state).filter(({ name }) => name.startsWith(`${owner}-`))
      for (const step of new PartFiles(this.#dir, context).commitSteps(parts).slice(0, steps)) step()
    }
    this.#resume(parallelism)
  }

  /** Another process resumes the job while this one lives on. */
  takeOver(parallelism: number): void {
    this.#zombies.push(this.#process)
    this.#resume(parallelism)
  }

  async haunt(which: number, subtask: number, what: 'write' | 'snapshot' | 'close'): Promise<void> {
    const zombie = this.#zombies[which % Math.max(1, this.#zombies.length)]
    const writer = zombie?.writers[subtask % zombie.writers.length]
    if (writer === undefined) return
    try {
      if (what === 'write') writer.write([-1, -2])
      else if (what === 'snapshot') await snapshotOf(writer, ++this.#id)
      else await writer.close()
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'SINK_FAILED' })
    }
  }

  /** Somebody takes every visible file away. */
  consume(): void {
    this.#consumed.push(...this.#present())
    for (const name of visible(this.#dir)) rmSync(join(this.#dir, name))
  }

  /** Another job starts from a savepoint, on a copy: all that it covers is there, whatever the job did since. */
  startFromSavepoint(which: number, parallelism: number): void {
    const savepoint = this.#savepoints[which % Math.max(1, this.#savepoints.length)]
    if (savepoint === undefined) return
    this.#dirs += 1
    const copy = join(this.#root, String(this.#dirs))
    cpSync(this.#dir, copy, { recursive: true })
    openAll(copy, savepoint, parallelism, { jobId: jobOf('f'), epoch: 1_000 })
    const seen = new Set([...this.#consumed, ...this.#present(copy)])
    expect(Array.from({ length: savepoint.next }, (_, i) => i).filter((record) => !seen.has(record))).toEqual([])
  }

  check(): void {
    const seen = [...this.#consumed, ...this.#present()]
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.filter((record) => record < 0 || record >= this.#last.next)).toEqual([])
    const missing = [...this.#due].filter((record) => !seen.includes(record))
    expect(missing).toEqual([])
  }

  async finish(parallelism: number): Promise<void> {
    await this.crash(parallelism, 0, 0)
    await this.snapshot('checkpoint')
    await this.complete(this.#taken.length - 1, () => true)
    this.check()
    const marks = new Set(readdirSync(join(this.#dir, '.pending')))
    expect(pending(this.#dir).filter((name) => !marks.has(`${name}.kept`))).toEqual([])
    for (const writer of this.#process.writers) await writer.close()
  }

  #resume(parallelism: number): void {
    const epoch = this.#process.epoch + 1
    this.#process = { writers: openAll(this.#dir, this.#last, parallelism, { epoch }), epoch }
    this.#by.length = this.#last.next
    this.#taken = []
    this.#due.clear()
    for (let i = 0; i < this.#last.next; i++) this.#due.add(i)
  }

  #present(dir = this.#dir): number[] {
    return visible(dir).flatMap((name) => {
      const text = readFileSync(join(dir, name), 'utf8')
      if (dir === this.#dir) expect(this.#names.get(name) ?? text).toBe(text)
      if (dir === this.#dir) this.#names.set(name, text)
      return text.trimEnd().split('\n').map(Number)
    })
  }
}

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
