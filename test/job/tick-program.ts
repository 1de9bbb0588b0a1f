/** Records with times of their own, marks that say how far event time has come, and a program with a timer for each record. */
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import type { Operator, OperatorContext, OperatorFactory } from '../../src/operators/operator.ts'
import { mapState } from '../../src/operators/state-descriptors.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import type { ProgramBuilder } from '../../src/program/program-builder.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

/** A record of a key at a time, or (without a key) the word that event time has come to `at`. */
export interface Tick {
  readonly key?: string
  readonly at: number
}

class Marking implements Operator {
  #context!: OperatorContext

  open(context: OperatorContext): void {
    this.#context = context
  }

  batch(_input: 0 | 1, { values }: RecordBatch): void {
    const { output } = this.#context
    for (const tick of values as readonly Tick[]) {
      if (tick.key === undefined) output.watermark(tick.at)
      else output.emit(recordBatch([tick], [tick.at]))
    }
  }

  endOfData(): void {}

  snapshot() {
    return { state: undefined, keyed: undefined, durable: undefined }
  }

  close(): void {}
}

const marking: OperatorFactory = {
  kind: 'marking',
  stateful: false,
  inputCount: 1,
  chaining: 'always',
  keyed: false,
  create: () => new Marking(),
}

type KeyedTick = Tick & { readonly key: string }

/** Gives the records their times, and makes watermarks of the marks, exactly where they are. */
export function timed(stream: DataStream<Tick>): SingleOutputStreamOperator<KeyedTick> {
  const { builder } = stream as unknown as { readonly builder: ProgramBuilder }
  return builder.apply<KeyedTick>(marking, stream.upstreams).setParallelism(1)
}

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
