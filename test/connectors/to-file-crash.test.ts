/**
 * Kills a file sink between any two steps and checks that what is visible is exactly what the last completed checkpoint
 * covers. A crash is a copy of the directory as it is at that moment, on which the next writer goes on.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PartFiles } from '../../src/connectors/part-files.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { SinkWriter } from '../../src/operators/endpoints.ts'
import { ck, jobOf, stored, temporaryDirectory, testContext } from './endpoint-harness.ts'
import { partsOf } from './file-sink-harness.ts'

interface Taken {
  readonly id: number
  readonly kind: SnapshotKind
  readonly state: unknown
  /** The records before this one are covered. */
  readonly next: number
}

const none: Taken = { id: 0, kind: 'checkpoint', state: undefined, next: 0 }

/** A job of one sink that writes 0, 1, 2, … and goes back to its last completed checkpoint when it crashes. */
class SinkJob {
  readonly #root = temporaryDirectory()
  #dirs = 0
  #jobs = 1
  #epoch = 1
  #attempt = 0
  /** Owners that were superseded and do not know it, with what they would restore and have still to be told. */
  #zombies: { writer: SinkWriter<number>; epoch: number; attempt: number; last: Taken; untold: number[] }[] = []
  #untold: number[] = []
  #dir = join(this.#root, '0')
  #writer: SinkWriter<number> = this.#open(undefined)
  #next = 0
  #id = 0
  #taken: Taken[] = []
  #last: Taken = none
  readonly #consumed: number[] = []
  readonly #savepoints: Taken[] = []
  /** How many records must be visible. */
  due = 0

  write(count: number): void {
    this.#writer.write(Array.from({ length: count }, (_, i) => this.#next + i))
    this.#next += count
  }

  async snapshot(kind: SnapshotKind): Promise<void> {
    const { state, durable } = this.#writer.snapshot(ck(++this.#id), kind)
    await durable?.()
    this.#taken.push({ id: this.#id, kind, state: stored(state), next: this.#next })
  }

  /** Completes one of the snapshots; `crash` says how many steps of its commit are done when the process dies. */
  async complete(which: number, notify: boolean, crash: number | undefined): Promise<void> {
    const [done] = this.#taken.splice(which % Math.max(1, this.#taken.length), 1)
    if (done === undefined) return
    if (done.kind === 'savepoint') this.#savepoints.push(done)
    else {
      this.#taken = this.#taken.filter((each) => each.id > done.id)
      this.#last = done
    }
    if (crash !== undefined && done.kind !== 'savepoint') return this.#crashInCommit(done, crash)
    if (done.kind !== 'savepoint') this.#untold.push(done.id)
    if (!notify) return
    this.#untold = this.#untold.filter((id) => id > done.id)
    await this.#writer.notifyCompleted(ck(done.id))
    if (done.kind !== 'savepoint') this.due = done.next
  }

  abort(which: number): void {
    const [aborted] = this.#taken.splice(which % Math.max(1, this.#taken.length), 1)
    if (aborted !== undefined) this.#writer.notifyAborted?.(ck(aborted.id))
  }

  async crash(newJob: boolean): Promise<void> {
    await this.#leave()
    if (newJob) this.#jobs += 1
    this.#epoch += 1
    this.#resume(0)
  }

  /** Another process resumes the job while this one lives on. */
  takeOver(): void {
    const [epoch, attempt, last, untold] = [this.#epoch, this.#attempt, this.#last, this.#untold]
    this.#zombies.push({ writer: this.#writer, epoch, attempt, last, untold })
    this.#epoch += 1
    this.#resume(0)
  }

  /** A superseded owner goes on until it finds out. Whatever it meets is its own trouble. */
  async haunt(which: number, what: 'write' | 'snapshot' | 'told' | 'restart' | 'close'): Promise<void> {
    const zombie = this.#zombies[which % Math.max(1, this.#zombies.length)]
    if (zombie === undefined) return
    try {
      if (what === 'write') zombie.writer.write([-1, -2, -3])
      else if (what === 'told') for (const id of zombie.untold.splice(0)) await zombie.writer.notifyCompleted(ck(id))
      else if (what === 'snapshot') await zombie.writer.snapshot(ck(++this.#id), 'checkpoint').durable?.()
      else await zombie.writer.close()
      if (what === 'close') this.#zombies = this.#zombies.filter((other) => other !== zombie)
      if (what !== 'restart') return
      zombie.attempt += 1
      zombie.untold = []
      zombie.writer = this.#open(zombie.last.state, zombie)
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'SINK_FAILED' })
    }
  }

  #resume(attempt: number): void {
    this.#attempt = attempt
    this.#untold = []
    this.#writer = this.#open(this.#last.state)
    this.#next = this.#last.next
    this.#taken = []
    this.due = this.#last.next
  }

  /** A failure that the process survives: the writer is closed, the next one is opened over the same directory. */
  async fail(): Promise<void> {
    await this.#writer.close()
    this.#resume(this.#attempt + 1)
  }

  /** Another job starts from a savepoint, on a copy: all that it covers is there, whatever the job did since. */
  startFromSavepoint(which: number): void {
    const savepoint = this.#savepoints[which % Math.max(1, this.#savepoints.length)]
    if (savepoint === undefined) return
    this.#dirs += 1
    const copy = join(this.#root, String(this.#dirs))
    cpSync(this.#dir, copy, { recursive: true })
    toFile<number>(copy).createWriter(testContext({ jobId: jobOf('f'), epoch: 1_000 }), stored(savepoint.state))
    const seen = new Set([...this.#consumed, ...this.#present(copy)])
    expect(Array.from({ length: savepoint.next }, (_, i) => i).filter((record) => !seen.has(record))).toEqual([])
  }

  /** Somebody takes every visible file away. */
  consume(): void {
    this.#consumed.push(...this.#present())
    for (const name of this.#names()) rmSync(join(this.#dir, name))
  }

  visible(): number[] {
    return [...this.#consumed, ...this.#present()].sort((a, b) => a - b)
  }

  async finish(): Promise<void> {
    await this.#writer.endOfData()
    await this.snapshot('checkpoint')
    await this.complete(this.#taken.length - 1, true, undefined)
    await this.#writer.close()
  }

  async #crashInCommit(done: Taken, steps: number): Promise<void> {
    await this.#leave()
    const commit = new PartFiles(this.#dir, this.#context()).commitSteps(partsOf(done.state))
    for (const step of commit.slice(0, steps)) step()
    await this.crash(false)
  }

  /** The old writer keeps the old directory, so that nothing it does from now on can be seen. */
  async #leave(): Promise<void> {
    const before = this.#dir
    this.#dirs += 1
    this.#dir = join(this.#root, String(this.#dirs))
    cpSync(before, this.#dir, { recursive: true })
    await this.#writer.close()
    for (const { writer } of this.#zombies.splice(0)) await writer.close()
  }

  #context({ epoch, attempt } = { epoch: this.#epoch, attempt: this.#attempt }) {
    return testContext({ jobId: jobOf(this.#jobs.toString(16).slice(-1)), epoch, attempt })
  }

  #open(state: unknown, of?: { readonly epoch: number; readonly attempt: number }): SinkWriter<number> {
    const restored = state === undefined ? undefined : stored(state)
    return toFile<number>(this.#dir, { maxPartBytes: 6 }).createWriter(this.#context(of), restored)
  }

  #names(dir = this.#dir): string[] {
    return readdirSync(dir).filter((name) => name !== '.pending')
  }

  #present(dir = this.#dir): number[] {
    return this.#names(dir).flatMap((name) => {
      const text = readFileSync(join(dir, name), 'utf8')
      expect(text.endsWith('\n')).toBe(true)
      return text.trimEnd().split('\n').map(Number)
    })
  }
}

const which = fc.nat(3)
const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('write' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('snapshot' as const),
      kind: fc.constantFrom<SnapshotKind>('checkpoint', 'checkpoint', 'checkpoint', 'savepoint', 'stop-suspend'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('complete' as const),
      which,
      notify: fc.boolean(),
      crash: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('abort' as const), which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), newJob: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ type: 'fail' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'consume' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('start from savepoint' as const), which }) },
  { weight: 2, arbitrary: fc.constant({ type: 'take over' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('haunt' as const),
      which,
      what: fc.constantFrom('write', 'write', 'snapshot', 'told', 'restart', 'close'),
    }),
  },
)

it('shows exactly the records up to the last completed checkpoint, whatever dies when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30, size: 'max' }), async (actions) => {
      const job = new SinkJob()
      for (const act of actions) {
        if (act.type === 'write') job.write(act.count)
        else if (act.type === 'snapshot') await job.snapshot(act.kind)
        else if (act.type === 'complete') await job.complete(act.which, act.notify, act.crash)
        else if (act.type === 'abort') job.abort(act.which)
        else if (act.type === 'crash') await job.crash(act.newJob)
        else if (act.type === 'fail') await job.fail()
        else if (act.type === 'take over') job.takeOver()
        else if (act.type === 'start from savepoint') job.startFromSavepoint(act.which)
        else if (act.type === 'haunt') await job.haunt(act.which, act.what)
        else job.consume()
        expect(job.visible()).toEqual(Array.from({ length: job.due }, (_, i) => i))
      }
      await job.finish()
      expect(job.visible()).toEqual(Array.from({ length: job.due }, (_, i) => i))
    }),
    { numRuns: 100 },
  )
})

it('survives a crash before and after every step of a commit of several parts', async () => {
  for (let steps = 0; steps <= 5; steps++) {
    const job = new SinkJob()
    for (let i = 0; i < 4; i++) job.write(3)
    await job.snapshot('checkpoint')
    job.write(5)
    await job.complete(0, true, steps)
    expect(job.visible()).toEqual(Array.from({ length: 12 }, (_, i) => i))
    job.write(2)
    await job.finish()
    expect(job.visible()).toEqual(Array.from({ length: 14 }, (_, i) => i))
  }
})
