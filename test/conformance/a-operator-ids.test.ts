/** What Flink's own tests ask of operator ids, in their order. The ids themselves are in `test/graph/operator-ids.test.ts`. */
import { describe, expect, it } from 'vitest'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { graphOf, idsOf, operatorsOf, sink, source } from '../program/stub-endpoints.ts'

const same = (value: number) => value
const sum = (a: number, b: number) => a + b
const distinct = (ids: readonly string[]) => new Set(ids).size

function multiSource(): StreamEnvironment {
  const env = StreamEnvironment.create({ parallelism: 4 })
  const a = env
    .fromSource(source())
    .map(same)
    .filter((n) => n > 0)
  const b = env.fromSource(source()).map(same)
  const c = a.union(b).keyBy(same).reduce(sum)
  c.sinkTo(sink())
  c.connect(env.fromSource(source()).rebalance()).map(same, same).sinkTo(sink())
  return env
}

const byOperator = (env: StreamEnvironment, name: string) => operatorsOf(env).find((one) => one.name === name)!.id

describe('operator ids', () => {
  it('A1 the same program built twice has the same ids', () => {
    expect(idsOf(multiSource())).toEqual(idsOf(multiSource()))
    expect(idsOf(multiSource())).toHaveLength(10)
  })

  it('A2 two identical unchained sources have different ids', () => {
    const env = StreamEnvironment.create({ chaining: false })
    env.fromSource(source()).sinkTo(sink())
    env.fromSource(source()).sinkTo(sink())
    const [a, , b] = idsOf(env)
    expect(a).not.toBe(b)
  })

  it('A3 unchaining behind a source changes the id of the source', () => {
    const idOfSource = (unchained: boolean) => {
      const env = StreamEnvironment.create()
      const mapped = env.fromSource(source()).map(same)
      if (unchained) mapped.startNewChain()
      mapped.sinkTo(sink())
      return idsOf(env)[0]
    }
    expect(idOfSource(true)).not.toBe(idOfSource(false))
  })

  it('A4 unchaining behind a head in the middle changes the id of that head', () => {
    const idOfHead = (unchained: boolean) => {
      const env = StreamEnvironment.create()
      const filtered = env
        .fromSource(source())
        .map(same)
        .name('head')
        .startNewChain()
        .filter(() => true)
      if (unchained) filtered.startNewChain()
      filtered.sinkTo(sink())
      return byOperator(env, 'head')
    }
    expect(idOfHead(true)).not.toBe(idOfHead(false))
  })

  it('A5 two identical branches of one source have different ids', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source())
    numbers.map(same).keyBy(same).reduce(sum).sinkTo(sink())
    numbers.map(same).keyBy(same).reduce(sum).sinkTo(sink())
    expect(distinct(idsOf(env))).toBe(7)
    expect(distinct(graphOf(env).vertices.map(({ id }) => id))).toBe(3)
  })

  it('A6 the name of an operator does not change its id', () => {
    const ids = (name: string) => {
      const env = StreamEnvironment.create()
      env.fromSource(source()).name(name).map(same).name(`${name}-2`).sinkTo(sink()).name(`${name}-3`)
      return idsOf(env)
    }
    expect(ids('one')).toEqual(ids('another'))
  })

  it('A7 a uid keeps the id although operators are inserted before and behind', () => {
    const ids = (inserted: boolean) => {
      const env = StreamEnvironment.create()
      const numbers = env.fromSource(source()).name('source').uid('source')
      const more = inserted
        ? numbers
            .map(same)
            .keyBy(same)
            .reduce(sum)
            .filter((n) => n > 1)
        : numbers
      more.sinkTo(sink()).name('sink0').uid('sink0')
      more.rebalance().sinkTo(sink()).name('sink1').uid('sink1')
      return ['source', 'sink0', 'sink1'].map((name) => byOperator(env, name))
    }
    expect(ids(true)).toEqual(ids(false))
    expect(ids(true)).toEqual([
      'e5a72f353fc1e6bbf3bd96a41384998c',
      'a6a07ae9a1017db5630956d43b349a63',
      'cc9780c0642784af2274a40b24d6acc9',
    ])
  })

  it('A8 a uid given twice is refused when the job graph is built', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).uid('source').map(same).uid('source').sinkTo(sink())
    expect(() => graphOf(env)).toThrow(expect.objectContaining({ code: 'UID_DUPLICATE' }))
  })

  it('A9 a uid inside a chain is accepted', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same).uid('map').sinkTo(sink())
    expect(graphOf(env).vertices).toHaveLength(1)
    expect(operatorsOf(env)[1]).toMatchObject({ id: '23ab3a59b17e9c45f95cff4c728611fc', uid: 'map', parent: 0 })
  })

  it('A10 a uid on the head of a chain is accepted and is the id of the vertex', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).uid('source').map(same).sinkTo(sink())
    expect(graphOf(env).vertices.map(({ id }) => id)).toEqual(['e5a72f353fc1e6bbf3bd96a41384998c'])
  })

  it('A11 a uid hash is the alternative id, beside the generated one', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).sinkTo(sink()).setUidHash('AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD')
    const plain = StreamEnvironment.create()
    plain.fromSource(source()).sinkTo(sink())
    expect(operatorsOf(env)[1]).toMatchObject({
      id: idsOf(plain)[1],
      alternativeId: 'aaaaaaaabbbbbbbbccccccccdddddddd',
    })
  })

  it('A12 a uid hash on every operator of a chain is accepted', () => {
    const env = StreamEnvironment.create()
    const hash = (digit: string) => digit.repeat(32)
    env.fromSource(source()).setUidHash(hash('a')).map(same).setUidHash(hash('b')).sinkTo(sink()).setUidHash(hash('c'))
    expect(graphOf(env).vertices).toHaveLength(1)
    expect(operatorsOf(env).map(({ alternativeId }) => alternativeId)).toEqual([hash('a'), hash('b'), hash('c')])
  })

  it('A13 without generated uids an operator without uid is refused by name', () => {
    const env = StreamEnvironment.create({ autoGeneratedUids: false })
    env.fromSource(source()).uid('source').map(same).name('clean').sinkTo(sink()).uid('sink')
    expect(() => graphOf(env)).toThrow(
      expect.objectContaining({ code: 'UID_MISSING', message: expect.stringContaining("'clean' (map, node 2)") }),
    )
  })

  it('A14 without generated uids a uid or a uid hash suffices, and keyBy needs none', () => {
    const env = StreamEnvironment.create({ autoGeneratedUids: false })
    const hash = '0123456789abcdef0123456789abcdef'
    env.fromSource(source()).uid('source').keyBy(same).reduce(sum).setUidHash(hash).sinkTo(sink()).uid('sink')
    expect(operatorsOf(env)).toHaveLength(3)
  })
})
