/**
 * A whole job of the connectors that come with tidemark, and of state that belongs to no key, that goes on at another
 * parallelism each time it is stopped. On the real kernel, because its files are real; what is awaited are promises of the job.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  broadcastState,
  createSession,
  fromCollection,
  generate,
  lines,
  operatorListState,
  type Session,
  StreamEnvironment,
  type SubmitOptions,
  toArray,
  toFile,
  unionListState,
} from '../../src/index.ts'
import { temporaryDir } from '../backends/temporary.ts'

const parallelisms = [1, 3, 2, 7, 4]
const text = Array.from({ length: 7 }, (_, file) =>
  Array.from({ length: 300 }, (_, line) => `file ${file} line ${line}`),
)
const words = Array.from({ length: 500 }, (_, i) => `word ${i}`)

/** One program at any parallelism, and what it has written, which outlives its sessions. */
class Story {
  readonly dir = temporaryDir()
  readonly words: string[] = []
  /** One more than the highest index that was ever asked for. */
  indexes = 0
  readonly #wordSink = toArray(this.words)
  readonly #consumed = new Map<string, string[]>()
  readonly #names = new Set<string>()
  #made = 0
  #reached: { readonly at: number; readonly call: () => void } | undefined

  constructor() {
    for (const [i, file] of text.entries()) writeFileSync(join(this.dir, `in-${i}.txt`), file.join('\n'))
  }

  session(): Session {
    return createSession({
      log() {},
      checkpointStorage: { kind: 'filesystem', dir: join(this.dir, 'checkpoints') },
      savepoints: { kind: 'filesystem', dir: join(this.dir, 'savepoints') },
    })
  }

  /** Resolves when so many more records have been generated. */
  reads(records: number): Promise<void> {
    return new Promise((call) => {
      this.#reached = { at: this.#made + records, call }
    })
  }

  #at(index: number): number {
    this.indexes = Math.max(this.indexes, index + 1)
    this.#made += 1
    if (this.#made >= (this.#reached?.at ?? Number.POSITIVE_INFINITY)) this.#reached?.call()
    return index
  }

  /** Without `count` it does not end, however fast it is. */
  program(parallelism: number, count?: number): StreamEnvironment {
    const env = StreamEnvironment.create({
      name: 'connectors',
      parallelism,
      batchRecords: 4,
      checkpoint: { intervalMs: 15, minPauseMs: 5 },
    })
    env
      .fromSource(lines('in-*.txt', { cwd: this.dir, splitBytes: 300 }))
      .uid('lines')
      .sinkTo(toFile<string>(join(this.dir, 'lines'), { format: 'text' }))
      .uid('lines out')
    const limit = count === undefined ? {} : { count }
    env
      .fromSource(generate({ ...limit, ratePerSecond: 20_000, at: (index) => this.#at(index) }))
      .uid('indexes')
      .process({
        output: '' as string,
        operatorState: {
          waiting: operatorListState<number>(),
          counted: unionListState<number>(),
          starts: broadcastState<string, number>(),
        },
        open(ctx) {
          const { counted, starts } = ctx.operatorState
          const mine = counted.get().filter((_, i) => i % ctx.parallelism === ctx.subtaskIndex)
          counted.update([mine.reduce((sum, n) => sum + n, 0)])
          starts.put('so far', (starts.get('so far') ?? 0) + 1)
        },
        element(index, ctx) {
          const { waiting, counted } = ctx.operatorState
          counted.update([counted.get()[0]! + 1])
          waiting.add(index)
          if (waiting.get().length < 3) return
          ctx.emit(waiting.get().join(' '))
          waiting.clear()
        },
        endOfData(ctx) {
          const { waiting, counted, starts } = ctx.operatorState
          ctx.emit(waiting.get().join(' '))
          ctx.emit(`counted ${counted.get()[0]}`)
          ctx.emit(`starts ${starts.get('so far')}`)
        },
      })
      .uid('groups')
      .sinkTo(toFile<string>(join(this.dir, 'groups'), { format: 'text' }))
      .uid('groups out')
    env.fromSource(fromCollection(words)).uid('words').rebalance().sinkTo(this.#wordSink).uid('words out')
    return env
  }

  /** Takes the files of a sink away, as whoever reads them may. None has a name that was there before. */
  consume(name: string): readonly string[] {
    const dir = join(this.dir, name)
    const output = this.#consumed.get(name) ?? []
    for (const file of readdirSync(dir).filter((each) => each !== '.pending')) {
      expect(this.#names.has(`${name}/${file}`)).toBe(false)
      this.#names.add(`${name}/${file}`)
      output.push(...readFileSync(join(dir, file), 'utf8').trimEnd().split('\n'))
      rmSync(join(dir, file))
    }
    this.#consumed.set(name, output)
    return output
  }

  /** All that it wrote is what one run without interruption would have written. */
  expectWhole(starts: number): void {
    expect(this.consume('lines').toSorted()).toEqual(text.flat().toSorted())
    expect(this.words.toSorted()).toEqual(words.toSorted())
    const groups = this.consume('groups')
    const about = (what: string) =>
      groups.filter((line) => line.startsWith(what)).map((line) => Number(line.slice(what.length)))
    const seen = groups.filter((line) => /^[\d ]+$/.test(line)).flatMap((line) => line.split(' ').map(Number))
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: this.indexes }, (_, i) => i))
    expect(about('counted').reduce((sum, n) => sum + n, 0)).toBe(this.indexes)
    expect(new Set(about('starts'))).toEqual(new Set([starts]))
    for (const name of ['lines', 'groups']) {
      const left = readdirSync(join(this.dir, name, '.pending')).filter((file) => !file.includes('.committed-'))
      expect(left).toEqual([])
    }
  }
}

describe('a job of the built-in connectors', () => {
  it.each(['savepoint', 'resume'] as const)('goes 1 → 3 → 2 → 7 → 4 by %s, exactly once', async (by) => {
    const story = new Story()
    let options: SubmitOptions = {}
    for (const [run, parallelism] of parallelisms.entries()) {
      const session = story.session()
      const last = run === parallelisms.length - 1
      const program = story.program(parallelism, last ? story.indexes + 1_000 : undefined)
      const reached = story.reads(700)
      const job = await session.submit(program, options)
      expect(job.checkpointStats().restored === undefined).toBe(run === 0)
      await (last ? job.done : reached)
      if (!last && by === 'savepoint') options = { fromSavepoint: await job.stop() }
      else if (!last) {
        await job.triggerCheckpoint()
        options = { resume: true }
      }
      await session.close()
      if (last) expect(await job.done).toMatchObject({ status: 'FINISHED' })
      story.consume('lines')
      story.consume('groups')
    }
    story.expectWhole(parallelisms.length)
  })
})
