/**
 * What is in a savepoint, counted: reads everything once and keeps a few rows of each state.
 * Tests: test/savepoint/inspect-savepoint.test.ts.
 */
import { encodeTransient } from '../core/codec.ts'
import type { Key } from '../core/key-groups.ts'
import type { StoredState } from '../core/state-handles.ts'
import { type ChainEntry, chainEntries } from './chain-entries.ts'
import { factsOf, operatorCalled, type SavepointOperator, storedStates } from './operator-facts.ts'
import { type SavepointReader, timestampsOf } from './savepoint-reader.ts'

export interface InspectOptions {
  /** How many rows of each state are given. Default 3. */
  readonly sample?: number
  /** How many of the largest keys of each state are given. Default 3. */
  readonly largest?: number
}

export interface InspectedState extends StoredState {
  readonly keys: number
  /** Timers of all keys; undefined for what holds no timers. */
  readonly timers: number | undefined
  /** Of the encoded values, without their keys. */
  readonly bytes: number
  readonly largest: readonly { readonly key: Key; readonly bytes: number }[]
  readonly sample: readonly { readonly key: Key; readonly value: unknown }[]
}

export interface InspectedOperator extends SavepointOperator {
  /** Every keyed state and every timer queue. */
  readonly inspected: readonly InspectedState[]
  /** Records on their way to it. */
  readonly recordsInFlight: number
}

/** Reads the whole savepoint, operator after operator. Fails as `SavepointReader.keyed` does. */
export async function* inspectSavepoint(
  savepoint: SavepointReader,
  options: InspectOptions = {},
): AsyncGenerator<InspectedOperator> {
  for (const { id } of savepoint.operators) {
    const operator = operatorCalled(savepoint.manifest, id)
    const tallies = new Map(storedStates(operator).map((state) => [state.name, new Tally(state, options)]))
    for (const { keyed } of operator.subtasks) {
      for await (const entries of chainEntries(savepoint.snapshot, keyed)) {
        for (const entry of entries) tallies.get(entry.state.name)?.add(entry)
      }
    }
    let recordsInFlight = 0
    for await (const _ of savepoint.inFlight(id)) recordsInFlight++
    yield { ...factsOf(operator), inspected: [...tallies.values()].map((tally) => tally.result), recordsInFlight }
  }
}

class Tally {
  readonly #state: StoredState
  readonly #sampled: number
  readonly #ranked: number
  #keys = 0
  #timers = 0
  #bytes = 0
  /** The largest first. */
  #largest: readonly { readonly key: Key; readonly bytes: number }[] = []
  readonly #sample: { readonly key: Key; readonly value: unknown }[] = []

  constructor(state: StoredState, { sample = 3, largest = 3 }: InspectOptions) {
    this.#state = state
    this.#sampled = sample
    this.#ranked = largest
  }

  add({ key, content }: ChainEntry): void {
    const bytes = encodeTransient(content).length
    this.#keys++
    this.#bytes += bytes
    const isTimers = this.#state.kind === 'timers'
    if (isTimers) this.#timers += timestampsOf(content).length
    if (this.#sample.length < this.#sampled) {
      this.#sample.push({ key, value: isTimers ? timestampsOf(content) : content })
    }
    if (this.#largest.length === this.#ranked && bytes <= (this.#largest.at(-1)?.bytes ?? 0)) return
    this.#largest = [...this.#largest, { key, bytes }].toSorted((a, b) => b.bytes - a.bytes).slice(0, this.#ranked)
  }

  get result(): InspectedState {
    const timers = this.#state.kind === 'timers' ? this.#timers : undefined
    const [keys, bytes, largest, sample] = [this.#keys, this.#bytes, this.#largest, this.#sample]
    return { ...this.#state, keys, timers, bytes, largest, sample }
  }
}
