/**
 * A file sink of several subtasks that dies, is taken over and goes on with another number of them. A crash is a copy of the
 * directory as it is at that moment, on which the next writers go on.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PartFiles } from '../../src/connectors/part-files.ts'
import { toFile } from '../../src/connectors/to-file.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import type { SinkWriter } from '../../src/operators/endpoints.ts'
import { ck, dealtOut, jobOf, temporaryDirectory, testContext } from './endpoint-harness.ts'
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

export const none: Taken = { id: 0, kind: 'checkpoint', states: [], next: 0 }

export const openAll = (dir: string, { states }: Taken, parallelism: number, overrides = {}) => {
  const restored = states.length === 0 ? [] : dealtOut(states, parallelism)
  return Array.from({ length: parallelism }, (_, subtaskIndex) => {
    const context = testContext({ parallelism, subtaskIndex, ...overrides })
    return toFile<number>(dir, { maxPartBytes: 6 }).createWriter(context, restored[subtaskIndex])
  })
}

/** A job that writes 0, 1, 2, … with one of its subtasks each, and goes back to its last completed checkpoint. */
export class ScaledSink {
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
