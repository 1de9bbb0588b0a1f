/** A program with keyed state of every kind and a timer for each record, and what it says of some records. */
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'

/** When every timer is due: far from when a simulated process begins. */
export const timersDue = 3_600_000

/** Emits for each record how much each state has, and for each timer that it fired. */
export function everyKind(source: Source<string>, sink: Sink<string>, options: JobOptions): StreamEnvironment {
  const env = StreamEnvironment.create({ name: 'every kind', batchRecords: 4, ...options })
  env
    .fromSource(source)
    .uid('in')
    .keyBy((key) => key)
    .process({
      output: '' as string,
      state: {
        value: valueState(0),
        list: listState<number>(),
        map: mapState<string, number>(),
        sum: reducingState<number>((a, b) => a + b),
        mean: aggregatingState({
          createAccumulator: () => [0, 0] as readonly [number, number],
          add: (one: number, [sum, count]: readonly [number, number]) => [sum + one, count + 1] as const,
          getResult: ([sum, count]: readonly [number, number]) => sum / count,
        }),
      },
      element(key, ctx) {
        const { value, list, map, sum, mean } = ctx.state
        value.update(value.value() + 1)
        list.add(value.value())
        map.put(`entry ${value.value()}`, value.value())
        sum.add(value.value())
        mean.add(value.value())
        ctx.timers.registerProcessingTime(timersDue - value.value())
        ctx.emit(line(key, value.value(), [list.get().length, [...map.keys()].length, sum.get()!, mean.get()!]))
      },
      timer: (timestamp, ctx) => ctx.emit(`${String(ctx.key)} timer ${timersDue - timestamp}`),
    })
    .uid('states')
    .sinkTo(sink)
    .uid('out')
  return env
}

const line = (key: string, count: number, facts: readonly number[]): string => `${key} ${count}: ${facts.join(' ')}`

/** What one run without an end in between says of these records, sorted. */
export function expectedLines(records: readonly string[]): string[] {
  const counts = new Map<string, number>()
  return records
    .flatMap((key) => {
      const n = (counts.get(key) ?? 0) + 1
      counts.set(key, n)
      return [line(key, n, [n, n, (n * (n + 1)) / 2, (n + 1) / 2]), `${key} timer ${n}`]
    })
    .toSorted()
}
