/** The kinds of state with one value per key, with a time to live: the value is stamped with the time of its last use. */
import type { AggregatingState, ReducingState, StateDescriptor, ValueState } from '../backends/state-backend.ts'
import type { Stamped } from '../backends/state-contents.ts'
import type { TtlRule } from './ttl-rule.ts'

export interface Cleanable {
  /** Removes what is over under the current key. Returns when the first of what is left expires, undefined when nothing is. */
  clean(nowMs: number): number | undefined
}

/** The kinds with one value per key. */
interface StampedCell {
  get(): Stamped | undefined
  set(stamped: Stamped): void
  clear(): void
}

/** One stamped value per key. */
class TtlCell implements Cleanable {
  readonly #cell: StampedCell
  readonly #rule: TtlRule

  constructor(cell: StampedCell, rule: TtlRule) {
    this.#cell = cell
    this.#rule = rule
  }

  /** What is seen, which counts as used where reading does. */
  read(): Stamped | undefined {
    const stamped = this.#cell.get()
    if (stamped === undefined) return undefined
    const nowMs = this.#rule.now()
    if (this.#rule.isRefreshed(stamped, nowMs)) this.#cell.set([nowMs, stamped[1]])
    return this.#rule.isSeen(stamped, nowMs) ? stamped : undefined
  }

  /** What a write is made from. */
  peek(): Stamped | undefined {
    const stamped = this.#cell.get()
    return stamped !== undefined && this.#rule.isSeen(stamped, this.#rule.now()) ? stamped : undefined
  }

  write(value: unknown): void {
    const nowMs = this.#rule.now()
    this.#cell.set([nowMs, value])
    this.#rule.track(nowMs)
  }

  clear(): void {
    this.#cell.clear()
  }

  clean(nowMs: number): number | undefined {
    const stamped = this.#cell.get()
    if (stamped === undefined) return undefined
    if (!this.#rule.isOver(stamped, nowMs)) return stamped[0] + this.#rule.ttlMs
    this.#cell.clear()
    return undefined
  }
}

/** `initial` is what an absent value reads as. */
export class TtlValueState extends TtlCell implements ValueState<unknown> {
  readonly #initial: () => unknown

  constructor(inner: ValueState<unknown>, rule: TtlRule, initial: () => unknown) {
    const get = () => inner.value() as Stamped | undefined
    super({ get, set: (stamped) => inner.update(stamped), clear: () => inner.clear() }, rule)
    this.#initial = initial
  }

  value(): unknown {
    const stamped = this.read()
    return stamped === undefined ? this.#initial() : stamped[1]
  }

  update(value: unknown): void {
    this.write(value)
  }
}

/** Its inner state must replace what it has by what is added. */
const replaceable = (inner: ReducingState<unknown> | AggregatingState<unknown, unknown>): StampedCell => ({
  get: () => inner.get() as Stamped | undefined,
  set: (stamped) => inner.add(stamped),
  clear: () => inner.clear(),
})

export class TtlReducingState extends TtlCell implements ReducingState<unknown> {
  readonly #reduce: (a: unknown, b: unknown) => unknown

  constructor(inner: ReducingState<unknown>, rule: TtlRule, reduce: (a: never, b: never) => unknown) {
    super(replaceable(inner), rule)
    this.#reduce = reduce as (a: unknown, b: unknown) => unknown
  }

  get(): unknown {
    return this.read()?.[1]
  }

  add(value: unknown): void {
    const before = this.peek()
    this.write(before === undefined ? value : this.#reduce(before[1], value))
  }
}

type Aggregate = Extract<StateDescriptor, { kind: 'aggregating' }>

export class TtlAggregatingState extends TtlCell implements AggregatingState<unknown, unknown> {
  readonly #aggregate: Aggregate

  constructor(inner: AggregatingState<unknown, unknown>, rule: TtlRule, aggregate: Aggregate) {
    super(replaceable(inner), rule)
    this.#aggregate = aggregate
  }

  get(): unknown {
    const stamped = this.read()
    return stamped === undefined ? undefined : this.#aggregate.getResult(stamped[1] as never)
  }

  add(value: unknown): void {
    const before = this.peek()
    const accumulator = before === undefined ? this.#aggregate.createAccumulator() : before[1]
    this.write(this.#aggregate.add(value as never, accumulator as never))
  }
}
