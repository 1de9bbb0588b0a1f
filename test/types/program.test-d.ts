import type { Observable } from 'rxjs'
import { describe, expectTypeOf, it } from 'vitest'
import type { MapState, ValueState } from '../../src/backends/state-backend.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import type { KeyedProcessContext } from '../../src/operators/keyed-context.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import type { ElementOf } from '../../src/program/base-stream.ts'
import type { ConnectedStreams, KeyedConnectedStreams } from '../../src/program/connected-streams.ts'
import type { DataStream } from '../../src/program/data-stream.ts'
import type { DataStreamSink } from '../../src/program/data-stream-sink.ts'
import { isStreamEnvironment, StreamEnvironment } from '../../src/program/environment.ts'
import type { JobEvent, JobHandle, JobResult, JobStatus, SavepointRequest } from '../../src/program/job-handle.ts'
import type { KeyedStream } from '../../src/program/keyed-stream.ts'
import type { JobOptions } from '../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'

declare const texts: Source<string>
declare const anything: Sink<unknown>
declare const env: StreamEnvironment

interface WordCount {
  readonly word: string
  readonly count: number
}

describe('the word count', () => {
  it('is inferred from end to end', () => {
    const words = env
      .fromSource(texts)
      .uid('lines')
      .flatMap((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
      .name('split')
    expectTypeOf(words).toEqualTypeOf<SingleOutputStreamOperator<string>>()
    const keyed = words.keyBy((word) => word)
    expectTypeOf(keyed).toEqualTypeOf<KeyedStream<string, string>>()
    const counts = keyed.process({
      output: {} as WordCount,
      state: { count: valueState<number>(0) },
      element(word, ctx) {
        expectTypeOf(word).toEqualTypeOf<string>()
        expectTypeOf(ctx.key).toEqualTypeOf<string>()
        expectTypeOf(ctx.state.count).toEqualTypeOf<ValueState<number>>()
        expectTypeOf(ctx.emit).parameter(0).toEqualTypeOf<WordCount>()
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.emit({ word, count: ctx.state.count.value() })
      },
    })
    expectTypeOf(counts.uid('count')).toEqualTypeOf<SingleOutputStreamOperator<WordCount>>()
    expectTypeOf(counts.sinkTo(anything).uid('out')).toEqualTypeOf<DataStreamSink>()
  })

  it('emits unknown records when it does not say which', () => {
    const counts = env
      .fromSource(texts)
      .keyBy((word) => word)
      .process({
        state: { count: valueState<number>(0) },
        element(word, ctx) {
          expectTypeOf(ctx.state.count).toEqualTypeOf<ValueState<number>>()
          ctx.emit({ word, count: ctx.state.count.value() })
        },
      })
    expectTypeOf(counts).toEqualTypeOf<SingleOutputStreamOperator<unknown>>()
    counts.sinkTo(anything)
  })

  it('takes the type of records from an annotated context too', () => {
    const counts = env
      .fromSource(texts)
      .keyBy((word) => word)
      .process({
        element(word, ctx: KeyedProcessContext<string, WordCount, Record<never, never>>) {
          ctx.emit({ word, count: 1 })
        },
      })
    expectTypeOf(counts).toEqualTypeOf<SingleOutputStreamOperator<WordCount>>()
  })
})

describe('state', () => {
  it('gives each declaration its handle, in every callback', () => {
    env
      .fromSource(texts)
      .keyBy((word) => word.length)
      .process({
        output: '' as string,
        state: {
          seen: listState<string>(),
          byDay: mapState<string, number>(),
          longest: reducingState<string>((a, b) => (a.length > b.length ? a : b)),
          mean: aggregatingState({
            createAccumulator: () => ({ sum: 0, n: 0 }),
            add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
            getResult: ({ sum, n }) => sum / n,
          }),
        },
        element(_, ctx) {
          expectTypeOf(ctx.key).toEqualTypeOf<number>()
          expectTypeOf(ctx.state.seen.get()).toEqualTypeOf<readonly string[]>()
          expectTypeOf(ctx.state.byDay).toEqualTypeOf<MapState<string, number>>()
          expectTypeOf(ctx.state.longest.get()).toEqualTypeOf<string | undefined>()
          expectTypeOf(ctx.state.mean.add).parameter(0).toEqualTypeOf<number>()
          ctx.timers.registerProcessingTime(ctx.now() + 1_000)
        },
        timer(timestamp, ctx) {
          expectTypeOf(timestamp).toEqualTypeOf<number>()
          expectTypeOf(ctx.state.mean.get()).toEqualTypeOf<number | undefined>()
          ctx.emit(String(ctx.key))
        },
      })
  })

  it('has no handle that was not declared, and takes no value of another type', () => {
    env
      .fromSource(texts)
      .keyBy((word) => word)
      .process({
        state: { count: valueState<number>(0) },
        element(word, ctx) {
          // @ts-expect-error a count is a number
          ctx.state.count.update(word)
          // @ts-expect-error nothing of this name is declared
          ctx.state.total
        },
      })
    env
      .fromSource(texts)
      .keyBy((word) => word)
      .process({
        element(_, ctx) {
          // @ts-expect-error nothing is declared
          ctx.state.count
        },
      })
    env.fromSource(texts).process({
      element(_, ctx) {
        // @ts-expect-error a stream that is not keyed has no state
        ctx.state
      },
    })
  })
})

describe('streams', () => {
  it('have the type of what they carry', () => {
    const lines = env.fromSource(texts)
    expectTypeOf(lines.map((line) => line.length)).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    expectTypeOf(lines.flatMap((line) => new Set([line.length]))).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    expectTypeOf(lines.filter((line) => line !== '')).toEqualTypeOf<SingleOutputStreamOperator<string>>()
    expectTypeOf(lines.filter((line): line is 'a' => line === 'a')).toEqualTypeOf<SingleOutputStreamOperator<'a'>>()
    expectTypeOf(lines.rebalance()).toEqualTypeOf<DataStream<string>>()
    expectTypeOf(lines.keyBy((line) => line).rescale()).toEqualTypeOf<DataStream<string>>()
    const routed = lines.partitionCustom(
      (line) => line.length,
      (length, partitions) => {
        expectTypeOf(length).toEqualTypeOf<number>()
        return length % partitions
      },
    )
    expectTypeOf(routed).toEqualTypeOf<DataStream<string>>()
    expectTypeOf(lines.keyBy((line) => line.length).reduce((a, b) => a + b)).toEqualTypeOf<
      SingleOutputStreamOperator<string>
    >()
    expectTypeOf<ElementOf<typeof lines>>().toEqualTypeOf<string>()
  })

  it('of several types become a union of types', () => {
    const lines = env.fromSource(texts)
    const lengths = lines.map((line) => line.length)
    expectTypeOf(lines.union(lengths, lines)).toEqualTypeOf<DataStream<string | number>>()
    expectTypeOf(lines.union(lines)).toEqualTypeOf<DataStream<string>>()
  })

  it('side by side keep their types', () => {
    const lines = env.fromSource(texts)
    const lengths = lines.map((line) => line.length)
    const connected = lines.connect(lengths)
    expectTypeOf(connected).toEqualTypeOf<ConnectedStreams<string, number>>()
    expectTypeOf(
      connected.map(
        (line) => line,
        (length) => length,
      ),
    ).toEqualTypeOf<SingleOutputStreamOperator<string | number>>()
    const keyed = lines.keyBy((line) => line.length).connect(lengths.keyBy((length) => length))
    expectTypeOf(keyed).toEqualTypeOf<KeyedConnectedStreams<string, number, number>>()
    expectTypeOf(
      connected.keyBy(
        (line) => line.length,
        (length) => length,
      ),
    ).toEqualTypeOf<KeyedConnectedStreams<string, number, number>>()
    const paired = keyed.process({
      output: {} as WordCount,
      state: { word: valueState<string | undefined>(undefined) },
      element1(line, ctx) {
        expectTypeOf(line).toEqualTypeOf<string>()
        ctx.state.word.update(line)
      },
      element2(length, ctx) {
        expectTypeOf(length).toEqualTypeOf<number>()
        expectTypeOf(ctx.key).toEqualTypeOf<number>()
        ctx.emit({ word: ctx.state.word.value() ?? '', count: length })
      },
    })
    expectTypeOf(paired).toEqualTypeOf<SingleOutputStreamOperator<WordCount>>()
  })

  it('of side outputs have the type of their tag', () => {
    const late = outputTag<Date>('late')
    const lines = env.fromSource(texts).process({
      output: 0 as number,
      element(line, ctx) {
        ctx.emit(line.length)
        // @ts-expect-error the tag is for dates
        ctx.sideOutput(late, line)
        // @ts-expect-error the output is numbers
        ctx.emit(line)
      },
    })
    expectTypeOf(lines).toEqualTypeOf<SingleOutputStreamOperator<number>>()
    expectTypeOf(lines.getSideOutput(late)).toEqualTypeOf<DataStream<Date>>()
  })

  it('refuse what cannot be', () => {
    const lines = env.fromSource(texts)
    // @ts-expect-error an object is no key
    lines.keyBy((line) => ({ line }))
    // @ts-expect-error an undefined is no key
    lines.keyBy((line) => line.match(/a/)?.[0])
    // @ts-expect-error a union has no operator that could have a uid
    lines.union(lines).uid('both')
    // @ts-expect-error a keyed stream has no operator that could have a uid
    lines.keyBy((line) => line).uid('keyed')
    // @ts-expect-error reduce needs a key
    lines.reduce((a: string) => a)
    // @ts-expect-error the keys of both sides have one type
    lines.keyBy((line) => line).connect(lines.keyBy((line) => line.length))
    // @ts-expect-error an environment is made with create
    new StreamEnvironment({})
  })
})

describe('environment and handle', () => {
  it('have their types', async () => {
    expectTypeOf(StreamEnvironment.create).parameter(0).toEqualTypeOf<JobOptions | undefined>()
    expectTypeOf(env.execute).returns.resolves.toEqualTypeOf<JobHandle>()
    const job = await env.execute('job')
    expectTypeOf(job.status).toEqualTypeOf<Observable<JobStatus>>()
    expectTypeOf(job.events).toEqualTypeOf<Observable<JobEvent>>()
    expectTypeOf(job.done).resolves.toEqualTypeOf<JobResult>()
    expectTypeOf(job.triggerSavepoint).parameters.toEqualTypeOf<[target?: string | SavepointRequest | undefined]>()
    const loaded: unknown = env
    if (isStreamEnvironment(loaded)) expectTypeOf(loaded).toEqualTypeOf<StreamEnvironment>()
  })

  it('refuse options that do not exist', () => {
    StreamEnvironment.create({ checkpoint: { storage: { kind: 'filesystem', dir: 'c' } } })
    // @ts-expect-error filesystem checkpoints need a directory
    StreamEnvironment.create({ checkpoint: { storage: { kind: 'filesystem' } } })
    // @ts-expect-error fixed delay needs its delay
    StreamEnvironment.create({ restart: { strategy: 'fixed-delay', attempts: 3 } })
    // @ts-expect-error no option has this name
    StreamEnvironment.create({ paralelism: 2 })
  })
})
