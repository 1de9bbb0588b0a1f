import { describe, expect, it } from 'vitest'
import { isSourceFactory } from '../../src/operators/endpoints.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { WatermarkStrategy } from '../../src/operators/time/watermark-strategy.ts'
import { ConnectedStreams, KeyedConnectedStreams } from '../../src/program/connected-streams.ts'
import { DataStream } from '../../src/program/data-stream.ts'
import { DataStreamSink } from '../../src/program/data-stream-sink.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { KeyedStream } from '../../src/program/keyed-stream.ts'
import { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { sink, source } from './stub-endpoints.ts'

const same = (value: number) => value
const start = () => {
  const env = StreamEnvironment.create()
  return { env, numbers: env.fromSource(source()) }
}
const last = (env: StreamEnvironment) => env.toProgram().transformations.at(-1)!
const factory = (env: StreamEnvironment) => last(env).operator as OperatorFactory

describe('calls that add an operator', () => {
  it.each<[string, (env: StreamEnvironment) => unknown, string, boolean]>([
    ['fromSource', (env) => env.fromSource(source()), 'source', false],
    ['map', (env) => env.fromSource(source()).map(same), 'map', false],
    ['flatMap', (env) => env.fromSource(source()).flatMap((n) => [n]), 'flat-map', false],
    ['filter', (env) => env.fromSource(source()).filter(() => true), 'filter', false],
    [
      'assignTimestampsAndWatermarks',
      (env) => env.fromSource(source()).assignTimestampsAndWatermarks(WatermarkStrategy.noWatermarks()),
      'timestamps',
      false,
    ],
    ['process', (env) => env.fromSource(source()).process({ element: () => {} }), 'process', false],
    [
      'keyed process',
      (env) =>
        env
          .fromSource(source())
          .keyBy(same)
          .process({ element: () => {} }),
      'keyed-process',
      true,
    ],
    ['reduce', (env) => env.fromSource(source()).keyBy(same).reduce(Math.max), 'reduce', true],
    ['sinkTo', (env) => env.fromSource(source()).sinkTo(sink()), 'sink', false],
  ])('%s', (_, call, kind, keyed) => {
    const env = StreamEnvironment.create()
    const result = call(env)
    expect(result).toBeInstanceOf(kind === 'sink' ? DataStreamSink : SingleOutputStreamOperator)
    expect(factory(env)).toMatchObject({ kind, keyed })
    expect(factory(env).create).toBeTypeOf('function')
  })

  it('number nodes from 1 and name them after their kind, endpoints after the endpoint', () => {
    const { env, numbers } = start()
    numbers.map(same).sinkTo(sink('file'))
    expect(env.toProgram().transformations.map(({ node, name }) => [node, name])).toEqual([
      [1, 'numbers'],
      [2, 'map'],
      [3, 'file'],
    ])
  })
})

describe('calls that add none', () => {
  it('union keeps the partitioning of each stream, and doubles a stream with itself', () => {
    const { env, numbers } = start()
    const other = env.fromSource(source())
    numbers.union(other.rebalance(), numbers).map(same)
    expect(last(env).inputs).toMatchObject([
      { from: 1, input: 0, partitioning: { type: 'forward' } },
      { from: 2, input: 0, partitioning: { type: 'rebalance' } },
      { from: 1, input: 0, partitioning: { type: 'forward' } },
    ])
  })

  it('getSideOutput reads the tag of the operator', () => {
    const { env, numbers } = start()
    const tag = outputTag<string>('late')
    const late = numbers.process({ element: (_, ctx) => ctx.sideOutput(tag, 'x') }).getSideOutput(tag)
    expect(late).toBeInstanceOf(DataStream)
    late.keyBy((text) => text).reduce((a) => a)
    expect(last(env).inputs).toMatchObject([{ from: 2, sideOutput: 'late', partitioning: { type: 'hash' } }])
  })
})

describe('two inputs', () => {
  it.each<[string, (streams: ConnectedStreams<number, string>) => unknown, string, boolean]>([
    ['map', (streams) => streams.map(same, Number), 'co-map', false],
    [
      'flatMap',
      (streams) =>
        streams.flatMap(
          (n) => [n],
          (s) => [Number(s)],
        ),
      'co-flat-map',
      false,
    ],
    ['process', (streams) => streams.process({ element1: () => {}, element2: () => {} }), 'co-process', false],
    [
      'keyed process',
      (streams) =>
        streams.keyBy(same, Number).process({ state: { a: valueState(0) }, element1: () => {}, element2: () => {} }),
      'keyed-co-process',
      true,
    ],
  ])('%s', (_, call, kind, keyed) => {
    const { env, numbers } = start()
    const connected = numbers.connect(env.fromSource(source<string>()).rebalance())
    expect(connected).toBeInstanceOf(ConnectedStreams)
    call(connected)
    expect(factory(env)).toMatchObject({ kind, keyed, inputCount: 2, stateful: keyed })
    expect(last(env).inputs).toMatchObject([
      { from: 1, input: 0, partitioning: { type: keyed ? 'hash' : 'forward' } },
      { from: 2, input: 1, partitioning: { type: keyed ? 'hash' : 'rebalance' } },
    ])
  })

  it('routes each side by its own key', () => {
    const { env, numbers } = start()
    numbers
      .connect(env.fromSource(source<string>()))
      .keyBy(same, Number)
      .process({ element1: () => {}, element2: () => {} })
    expect(last(env).inputs.map(({ partitioning }) => partitioning)).toEqual([
      { type: 'hash', key: same },
      { type: 'hash', key: Number },
    ])
  })

  it('keeps the keys of two keyed streams', () => {
    const { env, numbers } = start()
    const byLength = (text: string) => text.length
    const texts = env.fromSource(source<string>())
    const connected = numbers.keyBy(same).connect(texts.keyBy(byLength))
    expect(connected).toBeInstanceOf(KeyedConnectedStreams)
    connected.process({ element1: () => {}, element2: () => {} })
    expect(last(env).inputs.map(({ partitioning }) => partitioning)).toEqual([
      { type: 'hash', key: same },
      { type: 'hash', key: byLength },
    ])
  })

  it('numbers all streams of a union as one input', () => {
    const { env, numbers } = start()
    numbers.union(numbers).connect(numbers).map(same, same)
    expect(last(env).inputs.map(({ input }) => input)).toEqual([0, 0, 1])
  })
})

describe('settings', () => {
  const settings = {
    name: 'nice',
    uid: 'nice-uid',
    uidHash: 'ab'.repeat(16),
    parallelism: 3,
    maxParallelism: 9,
    description: 'nicer',
  }
  const apply = <S extends SingleOutputStreamOperator<number> | DataStreamSink>(on: S): S =>
    on
      .name('nice')
      .uid('nice-uid')
      .setUidHash('ab'.repeat(16))
      .setParallelism(3)
      .setMaxParallelism(9)
      .setDescription('nicer')
      .startNewChain()
      .disableChaining() as S

  it('go to the operator that made the stream, not to the one after it', () => {
    const { env, numbers } = start()
    const mapped = numbers.map(same)
    mapped.map(same)
    expect(apply(mapped)).toBe(mapped)
    const [source1, map1, map2] = env.toProgram().transformations
    expect(map1).toMatchObject({ ...settings, node: 2, operator: { kind: 'map', chaining: 'never' } })
    for (const other of [source1, map2]) expect(other).toMatchObject({ uid: undefined, parallelism: undefined })
  })

  it('go to a sink', () => {
    const { env, numbers } = start()
    apply(numbers.sinkTo(sink()))
    expect(last(env)).toMatchObject({ ...settings, operator: { kind: 'sink', chaining: 'never' } })
  })

  it('startNewChain leaves the rest of the operator as it was', () => {
    const { env, numbers } = start()
    numbers.startNewChain()
    expect(last(env).operator.chaining).toBe('head')
    expect(isSourceFactory(last(env).operator)).toBe(true)
    expect(factory(env).create()).toBeDefined()
  })

  it.each<[string, (stream: SingleOutputStreamOperator<number>) => unknown]>([
    ['UID_INVALID', (stream) => stream.uid('')],
    ['UID_INVALID', (stream) => stream.uid(7 as unknown as string)],
    ['OPERATOR_ID_INVALID', (stream) => stream.setUidHash('abc')],
    ['ARGUMENT_INVALID', (stream) => stream.name('')],
    ['ARGUMENT_INVALID', (stream) => stream.setDescription('')],
    ['PARALLELISM_INVALID', (stream) => stream.setParallelism(0)],
    ['PARALLELISM_INVALID', (stream) => stream.setParallelism(1.5)],
    ['MAX_PARALLELISM_INVALID', (stream) => stream.setMaxParallelism(32_769)],
  ])('%s is thrown at the call, and nothing changes', (code, call) => {
    const { env, numbers } = start()
    const before = env.toProgram()
    expect(() => call(numbers)).toThrow(expect.objectContaining({ code }))
    expect(env.toProgram()).toEqual(before)
  })

  it('a source that cannot be split keeps its parallelism', () => {
    const env = StreamEnvironment.create({ parallelism: 4 })
    const list = env.fromSource(source('list', 1)).uid('list').setParallelism(1)
    expect(last(env).parallelism).toBe(1)
    expect(() => list.setParallelism(2)).toThrow(
      expect.objectContaining({
        code: 'PARALLELISM_INVALID',
        message: expect.stringContaining("'list' (source, node 1)"),
      }),
    )
  })
})

describe('mistakes that the compiler did not see', () => {
  const wrong = undefined as never

  it.each<[string, (numbers: SingleOutputStreamOperator<number>) => unknown]>([
    ['map', (numbers) => numbers.map(wrong)],
    ['flatMap', (numbers) => numbers.flatMap(wrong)],
    ['filter', (numbers) => numbers.filter(wrong)],
    ['keyBy', (numbers) => numbers.keyBy(wrong)],
    ['keyBy', (numbers) => numbers.connect(numbers).keyBy(same, wrong)],
    ['keyBy', (numbers) => numbers.connect(numbers).keyBy(wrong, same)],
    ['reduce', (numbers) => numbers.keyBy(same).reduce(wrong)],
    ['process', (numbers) => numbers.process(wrong)],
    ['process', (numbers) => numbers.keyBy(same).process({} as never)],
    ['process', (numbers) => numbers.connect(numbers).process({ element1: same } as never)],
    [
      'process',
      (numbers) =>
        numbers
          .keyBy(same)
          .connect(numbers.keyBy(same))
          .process({} as never),
    ],
    ['map', (numbers) => numbers.connect(numbers).map(same, wrong)],
    ['map', (numbers) => numbers.connect(numbers).map(wrong, same)],
    ['flatMap', (numbers) => numbers.connect(numbers).flatMap(wrong, wrong)],
    ['flatMap', (numbers) => numbers.connect(numbers).flatMap((n) => [n], wrong)],
    ['sinkTo', (numbers) => numbers.sinkTo({ kind: 'x' } as never)],
  ])('%s without its function', (call, mistake) => {
    const { env, numbers } = start()
    expect(() => mistake(numbers)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(`^${call} was given`) }),
    )
    expect(env.toProgram().transformations).toHaveLength(1)
  })

  it('streams of two environments', () => {
    const [{ numbers }, other] = [start(), start()]
    for (const call of [
      () => numbers.union(other.numbers),
      () => numbers.connect(other.numbers),
      () => numbers.keyBy(same).connect(other.numbers.keyBy(same)),
    ]) {
      expect(call).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining('another environment') }),
      )
    }
  })

  it('state on a stream that is not keyed', () => {
    const { numbers } = start()
    const definition = { state: { count: valueState(0) }, element: () => {} }
    expect(() => numbers.process(definition)).toThrow(expect.objectContaining({ code: 'STATE_ACCESS_INVALID' }))
  })

  it('are caught on keyed streams too, which stay keyed until the next call', () => {
    expect(start().numbers.keyBy(same)).toBeInstanceOf(KeyedStream)
    expect(
      start()
        .numbers.keyBy(same)
        .filter(() => true),
    ).not.toBeInstanceOf(KeyedStream)
  })
})
