import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../../src/core/ids.ts'
import { murmur3x64128 } from '../../src/core/murmur3.ts'
import { assignOperatorIds, idOfUid } from '../../src/graph/operator-ids.ts'
import { buildStreamGraph } from '../../src/graph/stream-graph.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { idsOf, operatorsOf, sink, source } from '../program/stub-endpoints.ts'

const first = { unchained: 'bc764cd8ddf7a0cff126f51c16239658', chained: 'cbc357ccb763df2852fee8c4fc7d55f2' }
const twoChained = 'e3dfc0d7e9ecd8a43f85f0b68ebf3b80'
const same = (value: number) => value

describe('generated ids known from Flink', () => {
  it('a first node without chained outputs', () => {
    const env = StreamEnvironment.create({ parallelism: 2 })
    env.fromSource(source('numbers', 1)).sinkTo(sink())
    expect(idsOf(env)[0]).toBe(first.unchained)
  })

  it('a first node with one chained output', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).sinkTo(sink())
    expect(idsOf(env)[0]).toBe(first.chained)
  })

  it('a first node with two chained outputs', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source())
    numbers.sinkTo(sink())
    numbers.sinkTo(sink())
    expect(idsOf(env)[0]).toBe(twoChained)
  })

  it('six operators in a row, none chained', () => {
    const env = StreamEnvironment.create({ chaining: false })
    env.fromSource(source()).map(same).map(same).map(same).map(same).sinkTo(sink())
    expect(idsOf(env)).toEqual([
      first.unchained,
      '0a448493b4782967b150582570326227',
      'ea632d67b7d595e5b851708ae9ad79d6',
      '6d2677a0ecc3fd8df0b72ec675edf8f4',
      'ddb598ad156ed281023ba4eebbe487e3',
      '46f8730428df9ecd6d7318a02bdc405e',
    ])
  })

  it('an unchained source, then a map chained with its sink', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).rebalance().map(same).sinkTo(sink())
    expect(idsOf(env).slice(0, 2)).toEqual([first.unchained, '20ba6b65f97481d5570070de90e4e791'])
  })

  it('the word count: source, flatMap, keyed sum chained with its sink', () => {
    const env = StreamEnvironment.create({ parallelism: 4 })
    env
      .fromSource(source<string>('lines', 1))
      .flatMap((line) => line.split(' ').map((word) => ({ word, count: 1 })))
      .keyBy(({ word }) => word)
      .reduce((a, b) => ({ word: a.word, count: a.count + b.count }))
      .sinkTo(sink())
    expect(idsOf(env).slice(0, 3)).toEqual([
      first.unchained,
      '0a448493b4782967b150582570326227',
      'e70bbd798b564e0a50e10e343f1ac56b',
    ])
  })

  it('a source chained with a map, then by key a reduce chained with its sink', () => {
    const env = StreamEnvironment.create()
    env
      .fromSource(source())
      .map(same)
      .keyBy(same)
      .reduce((a, b) => a + b)
      .sinkTo(sink())
    expect(idsOf(env).slice(0, 3)).toEqual([
      first.chained,
      '7df19f87deec5680128845fd9a6ca18d',
      '90bea66de1c231edf33913ecd54406c1',
    ])
  })

  it('four operators in one chain', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same).map(same).sinkTo(sink())
    expect(idsOf(env)).toEqual([
      first.chained,
      '570f707193e0fe32f4d86d067aba243b',
      'ba40499bacce995f15693b1735928377',
      '3d05135cf7d8f1375d8f655ba9d20255',
    ])
  })

  it('two sources read by one sink: the order of its inputs counts', () => {
    const ids = (reversed: boolean) => {
      const env = StreamEnvironment.create()
      const a = env.fromSource(source())
      const b = env.fromSource(source())
      const merged = reversed ? b.union(a) : a.union(b)
      merged.sinkTo(sink())
      return idsOf(env)
    }
    const sources = [first.unchained, 'feca28aff5a3958840bee985ee7de4d3']
    expect(ids(false)).toEqual([...sources, 'b27f31f3e3a199a9981d185a455185be'])
    expect(ids(true)).toEqual([...sources, 'ea37e9ff53f14dbd7cbd100e25894db2'])
  })

  it('a diamond', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source())
    const a = numbers.map(same)
    const b = numbers.map(same)
    a.connect(b).map(same, same).sinkTo(sink()).disableChaining()
    expect(idsOf(env).slice(0, 4)).toEqual([
      twoChained,
      '55ed089c8063510c7ff35d8fe8aecfff',
      '03f86923ea4164263684d81917202071',
      '59b0b3044da85952c58db736d3466680',
    ])
  })

  it('a generated id behind a source with a uid', () => {
    const env = StreamEnvironment.create({ chaining: false })
    env.fromSource(source()).uid('source-id').map(same).sinkTo(sink())
    expect(idsOf(env).slice(0, 2)).toEqual(['bd9c186e89cc37a76d776844dfa8ccba', '0baed025e043be0f2d01c57db9b938c5'])
  })
})

describe('the walk', () => {
  /** Any id by the published rule: the count once per node and per chained output, then the inputs mixed in. */
  const byRule = (assigned: number, chainedOutputs: number, ...inputs: string[]) => {
    const fed = new Int32Array(1 + chainedOutputs).fill(assigned)
    const hash = murmur3x64128(new Uint8Array(fed.buffer))
    for (const input of inputs) {
      for (let i = 0; i < 16; i++) {
        hash[i] = ((hash[i]! * 37) & 255) ^ Number.parseInt(input.slice(2 * i, 2 * i + 2), 16)
      }
    }
    return bytesToHex(hash)
  }

  it('comes back to a node whose inputs were not all known, and counts it last', () => {
    const env = StreamEnvironment.create({ chaining: false })
    const numbers = env.fromSource(source())
    const short = numbers.map(same)
    const long = numbers.map(same).map(same)
    short.union(long).sinkTo(sink())
    const [src, a, b, c, join] = idsOf(env)
    expect(a).toBe(byRule(1, 0, src!))
    expect(b).toBe(byRule(2, 0, src!))
    expect(c).toBe(byRule(3, 0, b!))
    expect(join).toBe(byRule(4, 0, a!, c!))
  })

  it('does not wait for the inputs of a node that has a uid', () => {
    const env = StreamEnvironment.create({ chaining: false })
    const numbers = env.fromSource(source())
    const short = numbers.map(same)
    const long = numbers.map(same).map(same)
    const join = short.union(long).map(same).uid('join')
    join.sinkTo(sink())
    const [, , , c, joined, out] = idsOf(env)
    expect(joined).toBe(idOfUid('join'))
    expect(c).toBe(byRule(4, 0, idsOf(env)[2]!))
    expect(out).toBe(byRule(5, 0, joined!))
  })

  it('counts only direct chained outputs', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source())
    numbers.map(same).map(same).sinkTo(sink())
    numbers.rebalance().sinkTo(sink())
    expect(idsOf(env)[0]).toBe(byRule(0, 1))
  })

  it('leaves a source that nobody reads out of the count', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source('unused'))
    env.fromSource(source()).sinkTo(sink())
    expect(operatorsOf(env).map(({ node }) => node)).toEqual([2, 3])
    expect(idsOf(env)[0]).toBe(first.chained)
  })
})

describe('refused ids', () => {
  const program = (env: StreamEnvironment) => () => assignOperatorIds(buildStreamGraph(env.toProgram()))

  it('names both operators that have one uid', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same).name('clean').uid('same').map(same).name('enrich').uid('same').sinkTo(sink())
    expect(program(env)).toThrow(
      expect.objectContaining({
        code: 'UID_DUPLICATE',
        message: expect.stringMatching(/'clean' \(map, node 2\) and 'enrich' \(map, node 3\) both have the uid 'same'/),
      }),
    )
  })

  it('names both operators that have one uid hash', () => {
    const hash = '0123456789abcdef0123456789abcdef'
    const env = StreamEnvironment.create()
    env.fromSource(source()).setUidHash(hash).map(same).setUidHash(hash.toUpperCase()).sinkTo(sink())
    expect(program(env)).toThrow(
      expect.objectContaining({
        code: 'UID_DUPLICATE',
        message: expect.stringContaining(`(map, node 2) both have the operator id ${hash}`),
      }),
    )
  })

  it('refuses a uid hash that is the id of another operator, even a generated one', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same).setUidHash(first.chained).sinkTo(sink())
    expect(program(env)).toThrow(expect.objectContaining({ code: 'UID_DUPLICATE' }))
  })

  it('accepts a uid hash that is the id of its own operator', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).setUidHash(first.chained).sinkTo(sink())
    expect(operatorsOf(env)[0]).toMatchObject({ id: first.chained, alternativeId: first.chained })
  })

  it('refuses an empty uid and a uid hash that is not 32 hex digits, also when it was not set by a stream', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).sinkTo(sink())
    const { transformations, ...rest } = env.toProgram()
    const withFirst = (settings: object) => () =>
      assignOperatorIds(
        buildStreamGraph({
          ...rest,
          transformations: [{ ...transformations[0]!, ...settings }, ...transformations.slice(1)],
        }),
      )
    expect(withFirst({ uid: '' })).toThrow(expect.objectContaining({ code: 'UID_INVALID' }))
    expect(withFirst({ uid: 7 })).toThrow(expect.objectContaining({ code: 'UID_INVALID' }))
    expect(withFirst({ uidHash: 'abc' })).toThrow(expect.objectContaining({ code: 'OPERATOR_ID_INVALID' }))
  })
})
