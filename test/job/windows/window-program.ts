/** The program of a drawn window: what it says of each window that fires is what `batch-windows.ts` computes. */
import type { Sink, Source } from '../../../src/operators/endpoints.ts'
import { outputTag } from '../../../src/operators/output-tag.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'
import {
  eventTimeSessionWindows,
  globalWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/operators/windows/assigners.ts'
import { countTrigger, purgingTrigger } from '../../../src/operators/windows/triggers.ts'
import type { Window, WindowAssigner } from '../../../src/operators/windows/window.ts'
import type { DataStream } from '../../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../../src/program/environment.ts'
import type { JobOptions } from '../../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../../src/program/single-output-stream-operator.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { firedLine, lateLine } from './batch-windows.ts'
import { type AssignerSpec, type Entry, type Item, isEntry, type Time, type WindowSpec } from './window-case.ts'

/** What a window has collected, as a list: it shows every record that is lost or comes twice. */
interface Collected {
  readonly key: string
  readonly entries: readonly Entry[]
}

const joined = ({ key, entries }: Collected, other: Collected): Collected => ({
  key,
  entries: [...entries, ...other.entries],
})

const collecting = {
  createAccumulator: (): readonly Collected[] => [],
  add: (value: Collected, accumulator: readonly Collected[]) => [...accumulator, value],
  getResult: (accumulator: readonly Collected[]) => accumulator.reduce(joined),
}
const merging = { ...collecting, merge: (a: readonly Collected[], b: readonly Collected[]) => [...a, ...b] }

/** `gapOf`: how long the session lasts that a record begins, where records say so themselves. */
export function assignerOf<T>(spec: AssignerSpec, gapOf: (value: T) => number): WindowAssigner<T> {
  switch (spec.type) {
    case 'tumbling':
      return tumblingEventTimeWindows(spec.size, { offsetMs: spec.offset })
    case 'sliding':
      return slidingEventTimeWindows(spec.size, spec.slide, { offsetMs: spec.offset })
    case 'session':
      return eventTimeSessionWindows(spec.gap)
    case 'own gaps':
      return eventTimeSessionWindows(gapOf)
    case 'global':
      return globalWindows()
  }
}

const strategyOf = (time: Time): WatermarkStrategy<Item> =>
  (time.type === 'bounded'
    ? WatermarkStrategy.forBoundedOutOfOrderness<Item>(time.ms)
    : WatermarkStrategy.forGenerator<Item>(() => ({
        onEvent(item, _timestamp, output) {
          if (!isEntry(item)) output.emitWatermark(item.mark)
        },
      }))
  ).withTimestampAssigner((item) => (isEntry(item) ? item.at : item.mark))

/** A stream of event time. `parallelism`: where there is one reader, what belongs to it. */
export function timed(
  env: StreamEnvironment,
  source: Source<Item>,
  time: Time,
  uid = 'in',
): SingleOutputStreamOperator<Entry> {
  const read = env.fromSource(source).uid(uid)
  const timed = read.assignTimestampsAndWatermarks(strategyOf(time)).name(`time of ${uid}`)
  const entries = timed.filter(isEntry)
  if (source.parallelism !== undefined) for (const stream of [timed, entries]) stream.setParallelism(source.parallelism)
  return entries
}

const late = outputTag<Collected>('late')

/** Says what each window gives, and what came too late for all of its own. */
export function windowProgram(
  spec: WindowSpec,
  source: Source<Item>,
  time: Time,
  options: JobOptions,
  sink: Sink<string>,
): StreamEnvironment {
  const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 0, ...options })
  const entries = timed(env, source, time)
  const values = entries.map((entry): Collected => ({ key: spec.all ? 'all' : entry.key, entries: [entry] }))
  if (source.parallelism !== undefined) values.setParallelism(source.parallelism)
  const results = compute(values, spec).uid('windows')
  const said = results.process({
    output: '' as string,
    element: (result, ctx) =>
      ctx.emit(
        typeof result === 'string'
          ? `${result} @${ctx.timestamp}`
          : firedLine(result.key, undefined, result.entries, ctx.timestamp!),
      ),
  })
  const tooLate = results.getSideOutput(late).map(({ entries: [entry] }) => lateLine(entry!))
  const sinks = [said.sinkTo(sink).uid('out'), tooLate.sinkTo(sink).uid('late')]
  if (spec.all) for (const one of [said, tooLate, ...sinks]) one.setParallelism(1)
  return env
}

function compute(values: DataStream<Collected>, spec: WindowSpec): SingleOutputStreamOperator<Collected | string> {
  const assigner = assignerOf(spec.assigner, ({ entries }: Collected) => entries[0]!.gap)
  const cut: WindowedStream<Collected, string | null> = spec.all
    ? values.windowAll(assigner)
    : values.keyBy(({ key }) => key).window(assigner)
  const triggered = spec.count === undefined ? cut : cut.trigger(purgingTrigger(countTrigger(spec.count)))
  const windows = triggered.allowedLateness(spec.latenessMs).sideOutputLateData(late)
  const bounded = (result: Collected, key: string | null, window: Window) =>
    firedLine(key ?? 'all', window, result.entries)
  switch (spec.computation) {
    case 'aggregate':
      return windows.aggregate(merging)
    case 'aggregate without merge':
      return windows.aggregate(collecting)
    case 'aggregate, then a function':
      return windows.aggregate(merging, bounded)
    case 'reduce':
      return windows.reduce(joined)
    case 'reduce, then a function':
      return windows.reduce(joined, bounded)
    case 'all elements':
      return windows.process({
        output: '' as string,
        process: (elements, ctx) => ctx.emit(bounded(elements.reduce(joined), ctx.key, ctx.window)),
      })
  }
}
