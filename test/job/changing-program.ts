/**
 * A small program that can be edited: words are cleaned and go into an operator with every kind of keyed state and timers, and
 * into a second one. What it says of a word depends on all words of that key so far and on nothing else, so that two runs can be
 * compared however they were interrupted.
 */

import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../src/backends/state-backend.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import type { Source } from '../../src/operators/endpoints.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclarations,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

/** When timers fire: long after the words have been read. */
export const timersAt = 1_000

type Step = 'trim' | 'lower' | 'same'

export interface Shape {
  /** Operators without state in front, in this order. */
  readonly before?: readonly Step[]
  /** What stands between the states and the sink. */
  readonly after?: 'map' | 'rebalance' | 'stateful'
  readonly uids?: boolean
  /** Of the operator with all states; it has none when this is null. */
  readonly allUid?: string | null
  readonly allHash?: string
  /** Of the state with the count in that operator. */
  readonly countName?: string
  /** Is the largest length kept in the second operator? */
  readonly largestMoved?: boolean
  /** The second operator; its branch may be built first. */
  readonly second?: 'none' | 'first'
  readonly chaining?: boolean
  /** Which operator starts a chain of its own, or is alone in one. */
  readonly newChain?: 'trim'
  readonly alone?: 'trim' | 'all'
  readonly parallelism?: number
  /** Sees every word that is trimmed; may throw. */
  readonly look?: (word: string) => void
}

const cleaning: Readonly<Record<Step, (word: string) => string>> = {
  trim: (word) => word.trim(),
  lower: (word) => word.toLowerCase(),
  same: (word) => word,
}

/** How many records it says of each word before timers. */
export const saysPerWord = ({ second }: Shape): number => (second === 'none' ? 1 : 2)

export function changingProgram(
  source: Source<string>,
  output: string[],
  shape: Shape,
  options: JobOptions = {},
): StreamEnvironment {
  const { before = ['trim', 'lower'], uids = true, second, chaining = true } = shape
  const env = StreamEnvironment.create({ name: 'changing', batchRecords: 2, chaining, ...options })
  const named = <Stream extends SingleOutputStreamOperator<string>>(stream: Stream, uid: string): Stream =>
    (uids ? stream.uid(uid) : stream).name(uid)
  let cleaned: SingleOutputStreamOperator<string> = named(env.fromSource(source), 'words')
  for (const step of before) {
    const clean = (word: string) => {
      if (step === 'trim') shape.look?.(word)
      return cleaning[step](word)
    }
    cleaned = named(cleaned.map(clean), step)
    if (step === shape.newChain) cleaned.startNewChain()
    if (step === shape.alone) cleaned.disableChaining()
  }
  const branches = [
    () =>
      shape.allUid === null
        ? allStates(cleaned, shape).name('all')
        : named(allStates(cleaned, shape), shape.allUid ?? 'all'),
    ...(second === 'none' ? [] : [() => named(secondOf(cleaned, shape), 'second')]),
  ]
  if (second === 'first') branches.reverse()
  const [first, other] = branches.map((branch) => branch())
  const said = other === undefined ? first! : first!.union(other)
  const sink = afterwards(said, shape, named).sinkTo(toArray(output)).name('out')
  if (uids) sink.uid('out')
  return env
}

function afterwards(
  said: DataStream<string>,
  { after }: Shape,
  named: (stream: SingleOutputStreamOperator<string>, uid: string) => DataStream<string>,
): DataStream<string> {
  if (after === 'rebalance') return said.rebalance()
  if (after === 'map') return named(said.map(cleaning.same), 'after')
  if (after !== 'stateful') return said
  const passed = said
    .keyBy((text) => text)
    .process({
      output: '',
      state: { seen: valueState(0) },
      element(text, ctx) {
        ctx.state.seen.update(1)
        ctx.emit(text)
      },
    })
  return named(passed, 'after')
}

interface AllStates {
  readonly lengths: ListState<number>
  readonly letters: MapState<string, number>
  readonly largest: ReducingState<number> | undefined
  readonly mean: AggregatingState<number, number>
}

const largest = reducingState<number>((a, b) => Math.max(a, b))

function allStates(words: SingleOutputStreamOperator<string>, shape: Shape): SingleOutputStreamOperator<string> {
  const { countName = 'count', largestMoved = false } = shape
  const state: StateDeclarations = {
    [countName]: valueState(0),
    lengths: listState<number>(),
    letters: mapState<string, number>(),
    ...(largestMoved ? {} : { largest }),
    mean: aggregatingState({
      createAccumulator: () => ({ sum: 0, n: 0 }),
      add: (value: number, { sum, n }: { sum: number; n: number }) => ({ sum: sum + value, n: n + 1 }),
      getResult: ({ sum, n }) => sum / n,
    }),
  }
  const countOf = (states: unknown) => (states as Readonly<Record<string, ValueState<number>>>)[countName]!
  const text = (key: string, states: unknown) => {
    const { lengths, letters, mean, largest: most } = states as AllStates
    const shown = [...letters.entries()].map(([letter, n]) => `${letter}${n}`).toSorted()
    const all = [countOf(states).value(), lengths.get().join('+'), shown.join(''), mean.get()]
    return `${key}: ${[...all, ...(most === undefined ? [] : [most.get()])].join(' ')}`
  }
  const process = words
    .keyBy((word) => word[0]!)
    .process({
      output: '',
      state,
      element(word, ctx) {
        const states = ctx.state as unknown as AllStates
        countOf(ctx.state).update(countOf(ctx.state).value() + 1)
        states.lengths.add(word.length)
        for (const letter of word) states.letters.put(letter, (states.letters.get(letter) ?? 0) + 1)
        states.largest?.add(word.length)
        states.mean.add(word.length)
        ctx.timers.registerProcessingTime(timersAt)
        ctx.emit(text(ctx.key, ctx.state))
      },
      timer: (_at, ctx) => ctx.emit(`timer of ${text(ctx.key, ctx.state)}`),
    })
  if (shape.allHash !== undefined) process.setUidHash(shape.allHash)
  if (shape.parallelism !== undefined) process.setParallelism(shape.parallelism)
  return shape.alone === 'all' ? process.disableChaining() : process
}

function secondOf(
  words: SingleOutputStreamOperator<string>,
  { largestMoved }: Shape,
): SingleOutputStreamOperator<string> {
  return words
    .keyBy((word) => word[0]!)
    .process({
      output: '',
      state: { total: valueState(0), ...(largestMoved === true ? { most: largest } : {}) },
      element(word, ctx) {
        const { total, most } = ctx.state as { total: ValueState<number>; most?: ReducingState<number> }
        total.update(total.value() + word.length)
        most?.add(word.length)
        ctx.emit(`${ctx.key} in all ${total.value()}${most === undefined ? '' : `, at most ${most.get()}`}`)
      },
    })
}
