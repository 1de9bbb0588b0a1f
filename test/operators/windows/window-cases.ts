/**
 * Cases of windowed operators as scripts, each run straight through, and once more on each state backend with a snapshot and a
 * restore between all of its steps.
 */

import { it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { StateBackend } from '../../../src/backends/state-backend.ts'
import type { OperatorFactory } from '../../../src/operators/operator.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import type { WindowAssigner } from '../../../src/operators/windows/window.ts'
import { StreamEnvironment } from '../../../src/program/environment.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { source } from '../../program/stub-endpoints.ts'

export interface Item {
  readonly k: string
  readonly n: number
}

export const lateItems = outputTag<Item>('late')
export const otherItems = outputTag<string>('other')

/** The operator of a windowed stream of items, keyed by `k`. */
export function windowed(
  assigner: WindowAssigner<Item>,
  result: (windows: WindowedStream<Item, string>) => unknown,
): OperatorFactory {
  const env = StreamEnvironment.create()
  const keyed = env.fromSource(source<Item>()).keyBy((item) => item.k)
  result(keyed.window(assigner))
  return env.toProgram().transformations.at(-1)!.operator as OperatorFactory
}

/** Sums per window as `key start..end sum`. */
export const sums = (windows: WindowedStream<Item, string>) =>
  windows.aggregate(
    {
      createAccumulator: () => 0,
      add: ({ n }: Item, sum: number) => sum + n,
      getResult: (sum: number) => sum,
      merge: (a: number, b: number) => a + b,
    },
    (sum, key, { start, end }) => `${key} ${start}..${end} ${sum}`,
  )

/** The same with all elements. */
export const lists = (windows: WindowedStream<Item, string>) =>
  windows.apply((items, key, { start, end }) => [`${key} ${start}..${end} ${items.map(({ n }) => n).join(',')}`])

/** A harness that may be another one behind every step. */
export class WindowRun {
  #harness: OperatorHarness
  readonly #factory: OperatorFactory
  readonly #backend: StateBackend | undefined
  #taken = 0
  readonly #late: unknown[] = []
  readonly #other: unknown[] = []
  readonly #logged: string[] = []

  constructor(factory: OperatorFactory, backend: StateBackend | undefined) {
    this.#factory = factory
    this.#backend = backend
    this.#harness = this.#open({})
  }

  /** One item of a key, with its event time if it has one. */
  async item(k: string, n: number, timestamp?: number): Promise<void> {
    this.#harness.element({ k, n } satisfies Item, timestamp)
    await this.#restore()
  }

  async watermark(timestamp: number): Promise<void> {
    this.#harness.watermark(timestamp)
    await this.#restore()
  }

  /** Moves the clock to this time. */
  async clock(ms: number): Promise<void> {
    this.#harness.advance(ms - this.#harness.clock.now())
    await this.#restore()
  }

  /** What was emitted since this was asked last, as text. */
  results(): readonly unknown[] {
    return this.records().map(({ value }) => value)
  }

  records() {
    const records = this.#harness.records.slice(this.#taken)
    this.#taken = this.#harness.records.length
    return [...this.#before.splice(0), ...records]
  }

  late(): readonly unknown[] {
    return [...this.#late.splice(0), ...this.#harness.side(lateItems).values]
  }

  other(): readonly unknown[] {
    return [...this.#other.splice(0), ...this.#harness.side(otherItems).values]
  }

  get logged(): readonly string[] {
    return [...this.#logged, ...this.#harness.logged]
  }

  /** How many states of keys and timers are left. */
  get entries(): Promise<number> {
    return this.#harness.snapshot().then(({ keyed }) => keyed.reduce((sum, { length }) => sum + length, 0))
  }

  close(): Promise<void> {
    return this.#harness.close()
  }

  readonly #before: { value: unknown; timestamp: number | undefined }[] = []

  async #restore(): Promise<void> {
    if (this.#backend === undefined) return
    const before = this.#harness
    this.#before.push(...before.records.slice(this.#taken))
    this.#taken = 0
    this.#late.push(...before.side(lateItems).values)
    this.#other.push(...before.side(otherItems).values)
    this.#logged.push(...before.logged)
    const restored = await before.snapshot()
    await before.close()
    this.#harness = this.#open({ restored, startMs: before.clock.now() })
  }

  #open(options: Pick<ConstructorParameters<typeof OperatorHarness>[1] & object, 'restored' | 'startMs'>) {
    return new OperatorHarness(this.#factory, {
      key: (item: Item) => item.k,
      name: 'windows',
      uid: 'w',
      sideOutputs: [lateItems, otherItems],
      ...(this.#backend !== undefined && { backend: this.#backend }),
      ...options,
    })
  }
}

const ways: readonly (readonly [string, () => StateBackend | undefined])[] = [
  ['straight', () => undefined],
  ['restored at every step, heap', () => heapStateBackend],
  ['restored at every step, lmdb', () => lmdbStateBackend({ cacheEntries: 4 })],
]

/** A case for each way to run it. */
export function windowCase(
  title: string,
  factory: () => OperatorFactory,
  script: (run: WindowRun) => Promise<void>,
): void {
  it.each(ways)(`${title} (%s)`, async (_way, backend) => {
    const run = new WindowRun(factory(), backend())
    try {
      await script(run)
    } finally {
      await run.close()
    }
  })
}
