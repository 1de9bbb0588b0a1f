import { describe, expect, it } from 'vitest'
import { isChained, whyNotChained } from '../../src/graph/chaining.ts'
import { buildStreamGraph } from '../../src/graph/stream-graph.ts'
import type { ChainingStrategy } from '../../src/graph/transformation.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import type { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { graphOf, sink, source } from '../program/stub-endpoints.ts'

const same = (value: number) => value
type Numbers = SingleOutputStreamOperator<number>

/** Why the edges of a program are not chained, after `build` was given a source. */
function reasons(build: (numbers: Numbers, env: StreamEnvironment) => void, options: JobOptions = {}) {
  const env = StreamEnvironment.create(options)
  build(env.fromSource(source()).name('numbers'), env)
  return graphOf(env).edges.map(({ partitioning, notChainedBecause }) => `${partitioning.type}: ${notChainedBecause}`)
}

describe('edges that are chained', () => {
  it('plain ones between equal parallelisms', () => {
    expect(
      reasons(
        (numbers) =>
          numbers
            .map(same)
            .filter(() => true)
            .sinkTo(sink()),
        { parallelism: 3 },
      ),
    ).toEqual([])
  })

  it('ones that must go on in the same subtask', () => {
    expect(reasons((numbers) => numbers.forward().map(same).sinkTo(sink()), { parallelism: 3 })).toEqual([])
  })

  it('several readers of one operator, and a side output', () => {
    const chained = (numbers: Numbers) => {
      const split = numbers.process({ element: (value, ctx) => ctx.emit(value) })
      split.sinkTo(sink())
      split.getSideOutput({ name: 'late' }).sinkTo(sink())
    }
    expect(reasons(chained)).toEqual([])
  })

  it('different maximum parallelisms, which only matter to the head', () => {
    expect(reasons((numbers) => numbers.map(same).setMaxParallelism(7).sinkTo(sink()))).toEqual([])
  })
})

describe('edges that are not chained say why', () => {
  it.each<[string, (numbers: Numbers, env: StreamEnvironment) => void, string[]]>([
    ['a key', (n) => n.keyBy(same).reduce(Math.max).sinkTo(sink()), ['hash: records are routed by key']],
    ['rebalance', (n) => n.rebalance().sinkTo(sink()), ['rebalance: records are dealt out in turn (rebalance)']],
    ['rescale', (n) => n.rescale().sinkTo(sink()), ['rescale: records are dealt out in turn among few (rescale)']],
    ['shuffle', (n) => n.shuffle().sinkTo(sink()), ['shuffle: records are dealt out by chance (shuffle)']],
    ['global', (n) => n.global().sinkTo(sink()), ['global: the first subtask gets every record (global)']],
    [
      'a function',
      (n) => n.partitionCustom(same, () => 0).sinkTo(sink()),
      ['custom: records are routed by a function (custom)'],
    ],
    ['broadcast', (n) => n.broadcast().sinkTo(sink()), ['broadcast: every subtask gets every record (broadcast)']],
    [
      'another parallelism, which makes it a rebalance',
      (n) => n.setParallelism(2).sinkTo(sink()).setParallelism(4),
      ['rebalance: the parallelism differs: 2 here, 4 there'],
    ],
    [
      'a union',
      (n, env) => n.union(env.fromSource(source())).map(same).name('all').sinkTo(sink()),
      ["forward: 'all' reads a union of 2 streams", "forward: 'all' reads a union of 2 streams"],
    ],
    [
      'a union of a stream with itself',
      (n) => n.union(n).sinkTo(sink('all')),
      ["forward: 'all' reads a union of 2 streams", "forward: 'all' reads a union of 2 streams"],
    ],
    [
      'two inputs',
      (n, env) => n.connect(env.fromSource(source())).map(same, same).name('both').sinkTo(sink()),
      ["forward: 'both' has two inputs", "forward: 'both' has two inputs"],
    ],
    [
      'a new chain',
      (n) => n.map(same).name('fresh').startNewChain().sinkTo(sink()),
      ["forward: 'fresh' starts a new chain"],
    ],
    [
      'disabled chaining, on both sides',
      (n) => n.map(same).name('alone').disableChaining().sinkTo(sink()),
      ["forward: chaining is disabled for 'alone'", "forward: chaining is disabled for 'alone'"],
    ],
    [
      'a source that is never chained',
      (n) => n.disableChaining().sinkTo(sink()),
      ["forward: chaining is disabled for 'numbers'"],
    ],
    [
      'a sink that is never chained',
      (n) => n.sinkTo(sink('out')).disableChaining(),
      ["forward: chaining is disabled for 'out'"],
    ],
  ])('%s', (_, build, expected) => {
    expect(reasons(build)).toEqual(expected)
  })

  it('chaining that is switched off', () => {
    expect(reasons((numbers) => numbers.sinkTo(sink()), { chaining: false })).toEqual([
      'forward: chaining is switched off for the whole program',
    ])
  })

  it('of two partitionings in a row the last one counts', () => {
    expect(reasons((numbers) => numbers.keyBy(same).rebalance().sinkTo(sink()))).toEqual([
      'rebalance: records are dealt out in turn (rebalance)',
    ])
    expect(reasons((numbers) => numbers.rebalance().keyBy(same).map(same).sinkTo(sink()))).toEqual([
      'hash: records are routed by key',
    ])
  })
})

describe('the strategies of both ends', () => {
  /** Is upstream → downstream chained, with upstream a source or the operator behind it? */
  const chained = (upstream: ChainingStrategy, downstream: ChainingStrategy, fromSource: boolean) => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same).sinkTo(sink())
    const { transformations, ...rest } = env.toProgram()
    const [from, to] = fromSource ? [1, 2] : [2, 3]
    const graph = buildStreamGraph({
      ...rest,
      transformations: transformations.map((one) => {
        const chaining = one.node === from ? upstream : one.node === to ? downstream : one.operator.chaining
        return { ...one, operator: { ...one.operator, chaining } }
      }),
    })
    const edge = graph.nodes[to - 1]!.inEdges[0]!
    expect(isChained(edge, graph)).toBe(whyNotChained(edge, graph) === undefined)
    return isChained(edge, graph)
  }

  it.each<[ChainingStrategy, ChainingStrategy, boolean, boolean]>([
    ['always', 'always', true, true],
    ['head', 'always', true, true],
    ['head-with-sources', 'always', true, true],
    ['never', 'always', false, false],
    ['always', 'head', false, false],
    ['always', 'never', false, false],
    ['always', 'head-with-sources', true, false],
    ['never', 'head-with-sources', false, false],
  ])('%s → %s: from a source %s, from another operator %s', (upstream, downstream, ofSource, ofOther) => {
    expect([chained(upstream, downstream, true), chained(upstream, downstream, false)]).toEqual([ofSource, ofOther])
  })
})
