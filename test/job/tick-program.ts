/** Records with times of their own, marks that say how far event time has come, and a program with a timer for each record. */
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import { mapState } from '../../src/operators/state-descriptors.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

/** A record of a key at a time, or (without a key) the word that event time has come to `at`. */
export interface Tick {
  readonly key?: string
  readonly at: number
}

type KeyedTick = Tick & { readonly key: string }

const marks = WatermarkStrategy.forGenerator<Tick>(() => ({
  onEvent({ key, at }, _timestamp, output) {
    if (key === undefined) output.emitWatermark(at)
  },
})).withTimestampAssigner(({ at }) => at)

/** Gives the records their times, and makes watermarks of the marks, exactly where they are. */
export const timed = (stream: DataStream<Tick>): SingleOutputStreamOperator<KeyedTick> =>
  stream
    .assignTimestampsAndWatermarks(marks)
    .setParallelism(1)
    .filter((tick): tick is KeyedTick => tick.key !== undefined)
    .setParallelism(1)

/** Sets a timer for each record that is not late, and says when it fires, and which were late. */
export function tickProgram(source: Source<Tick>, sink: Sink<string>, options: JobOptions = {}): StreamEnvironment {
  const env = StreamEnvironment.create({ name: 'ticks', batchRecords: 2, ...options })
  timed(env.fromSource(source).uid('in'))
    .uid('time')
    .keyBy(({ key }) => key)
    .process({
      output: '' as string,
      state: { waiting: mapState<number, number>() },
      element({ key, at }, ctx) {
        if (at <= ctx.currentWatermark) {
          ctx.emit(`${key} late ${at}`)
          return
        }
        const { waiting } = ctx.state
        waiting.put(at, (waiting.get(at) ?? 0) + 1)
        ctx.timers.registerEventTime(at)
      },
      timer(at, ctx) {
        ctx.emit(`${ctx.key} ${at}: ${ctx.state.waiting.get(at)}`)
        ctx.state.waiting.remove(at)
      },
    })
    .uid('timers')
    .sinkTo(sink)
    .uid('out')
  return env
}

/** What the program says of these ticks, in an order that does not depend on subtasks; `drained`: to the end of time. */
export function expectedTicks(ticks: readonly Tick[], drained: boolean): string[] {
  const said: string[] = []
  const waiting = new Map<string, { readonly key: string; readonly at: number; count: number }>()
  let watermark = Number.NEGATIVE_INFINITY
  const fire = () => {
    for (const [id, { key, at, count }] of [...waiting]) {
      if (at > watermark) continue
      waiting.delete(id)
      said.push(`${key} ${at}: ${count}`)
    }
  }
  for (const { key, at } of ticks) {
    if (key === undefined) {
      watermark = Math.max(watermark, at)
      fire()
    } else if (at <= watermark) said.push(`${key} late ${at}`)
    else {
      const id = `${key} ${at}`
      waiting.set(id, { key, at, count: (waiting.get(id)?.count ?? 0) + 1 })
    }
  }
  if (drained) {
    watermark = Number.POSITIVE_INFINITY
    fire()
  }
  return said.toSorted()
}
