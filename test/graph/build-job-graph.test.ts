import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import type { BaseStream } from '../../src/program/base-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { graphOf, sink, source } from '../program/stub-endpoints.ts'

const same = (value: number) => value

describe('vertices', () => {
  it('are chains with the id of their head, sources first, then in program order', () => {
    const env = StreamEnvironment.create()
    const early = env.fromSource(source()).name('early').uid('early')
    early.keyBy(same).reduce(Math.max).name('max').uid('max').sinkTo(sink('maxima'))
    const late = env.fromSource(source()).name('late').uid('late')
    late.map(same).name('copy').sinkTo(sink('copies'))
    const { name, vertices } = graphOf(env)
    expect(name).toBe('job')
    expect(vertices.map((vertex) => vertex.name)).toEqual(['early', 'late -> copy -> copies', 'max -> maxima'])
    for (const vertex of vertices) expect(vertex.id).toBe(vertex.operators[0]!.id)
  })

  it('keep a forked chain as a tree, parents first, side outputs marked', () => {
    const env = StreamEnvironment.create()
    const late = outputTag<number>('late')
    const split = env
      .fromSource(source())
      .name('in')
      .process({ output: 0 as number, element: (n, ctx) => ctx.emit(n) })
      .name('split')
    split.map(String).name('text').sinkTo(sink('a'))
    split.getSideOutput(late).sinkTo(sink('b'))
    const [vertex, ...others] = graphOf(env).vertices
    expect(others).toEqual([])
    expect(vertex!.name).toBe('in -> split -> (text -> a, b)')
    expect(vertex!.operators.map(({ name, parent, sideOutput }) => [name, parent, sideOutput])).toEqual([
      ['in', undefined, undefined],
      ['split', 0, undefined],
      ['text', 1, undefined],
      ['a', 2, undefined],
      ['b', 1, 'late'],
    ])
  })

  it('take the parallelism of the operator, else of the program, else 1', () => {
    const parallelisms = (options: JobOptions, set?: number) => {
      const env = StreamEnvironment.create(options)
      const numbers = env.fromSource(source())
      if (set !== undefined) numbers.setParallelism(set)
      numbers.rebalance().sinkTo(sink())
      return graphOf(env).vertices.map(({ parallelism }) => parallelism)
    }
    expect(parallelisms({})).toEqual([1, 1])
    expect(parallelisms({ parallelism: 3 })).toEqual([3, 3])
    expect(parallelisms({ parallelism: 3 }, 5)).toEqual([5, 3])
  })

  it('give a source that cannot be split its own parallelism', () => {
    const env = StreamEnvironment.create({ parallelism: 4 })
    env.fromSource(source('list', 1)).sinkTo(sink())
    expect(graphOf(env).vertices.map(({ parallelism }) => parallelism)).toEqual([1, 4])
  })

  it('derive the maximum parallelism, or take what the operator or the program says', () => {
    const maxima = (options: JobOptions, set?: number) => {
      const env = StreamEnvironment.create(options)
      const out = env.fromSource(source()).rebalance().sinkTo(sink())
      if (set !== undefined) out.setMaxParallelism(set)
      return graphOf(env).vertices.map((vertex) => [vertex.maxParallelism, vertex.maxParallelismExplicit])
    }
    expect(maxima({ parallelism: 100 })).toEqual([
      [256, false],
      [256, false],
    ])
    expect(maxima({ maxParallelism: 64 })).toEqual([
      [64, true],
      [64, true],
    ])
    expect(maxima({ maxParallelism: 64 }, 7)).toEqual([
      [64, true],
      [7, true],
    ])
    expect(maxima({}, 7)).toEqual([
      [128, false],
      [7, true],
    ])
  })
})

describe('edges', () => {
  it('say which operator of the chain they leave, in program order', () => {
    const env = StreamEnvironment.create()
    const late = outputTag<number>('late')
    const split = env
      .fromSource(source())
      .uid('in')
      .process({ output: 0 as number, element: (n, ctx) => ctx.emit(n) })
    const keyed = split.keyBy(same).reduce(Math.max).uid('max')
    keyed.connect(split.getSideOutput(late).rebalance()).map(same, same).uid('both').sinkTo(sink())
    const { vertices, edges } = graphOf(env)
    const nameOf = new Map(vertices.map(({ id, operators }) => [id, operators[0]!.uid]))
    expect(edges.map((edge) => ({ ...edge, from: nameOf.get(edge.from), to: nameOf.get(edge.to) }))).toMatchObject([
      { from: 'in', fromOperator: 1, to: 'max', input: 0, partitioning: { type: 'hash', key: same } },
      { from: 'max', fromOperator: 0, to: 'both', input: 0, partitioning: { type: 'forward' }, sideOutput: undefined },
      { from: 'in', fromOperator: 1, to: 'both', input: 1, partitioning: { type: 'rebalance' }, sideOutput: 'late' },
    ])
  })
})

describe('what is refused', () => {
  it('a program without a sink', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).map(same)
    expect(() => buildJobGraph(env.toProgram(), 'nothing')).toThrow(
      expect.objectContaining({ code: 'PROGRAM_EMPTY', message: expect.stringContaining("'nothing'") }),
    )
  })

  it.each<[string, JobOptions, number | undefined]>([
    ['PARALLELISM_INVALID', { parallelism: 200, maxParallelism: 128 }, undefined],
    ['PARALLELISM_INVALID', { parallelism: 8 }, 4],
    ['MAX_PARALLELISM_INVALID', { maxParallelism: 40_000 }, undefined],
  ])('%s for %j with a maximum of %s on the map', (code, options, max) => {
    const env = StreamEnvironment.create(options)
    const map = env.fromSource(source()).map(same).name('mapper')
    if (max !== undefined) map.setMaxParallelism(max)
    map.sinkTo(sink())
    expect(() => graphOf(env)).toThrow(expect.objectContaining({ code }))
    if (max !== undefined) expect(() => graphOf(env)).toThrow("'mapper' (map, node 2)")
  })
})

/** A program drawn from numbers: each step applies an operator to streams drawn from those so far. */
const steps = fc.array(fc.tuple(fc.nat(6), fc.nat(), fc.nat(), fc.boolean()), {
  minLength: 1,
  maxLength: 25,
  size: 'max',
})

function draw(drawn: readonly (readonly [number, number, number, boolean])[], chaining: boolean): JobGraph {
  const env = StreamEnvironment.create({ chaining, parallelism: 2 })
  const streams: BaseStream<number>[] = [env.fromSource(source())]
  for (const [kind, first, second, parallel] of drawn) {
    const [a, b] = [streams[first % streams.length]!, streams[second % streams.length]!]
    const made =
      kind === 0
        ? env.fromSource(source())
        : kind === 1
          ? a.union(b).filter(() => true)
          : kind === 2
            ? a.rebalance().connect(b).map(same, same)
            : kind === 3
              ? a.keyBy(same).reduce(Math.max)
              : a.map(same)
    if (parallel) made.setParallelism(3)
    if (kind === 6) made.startNewChain()
    streams.push(made)
  }
  streams.at(-1)!.sinkTo(sink())
  return graphOf(env)
}

describe('any program', () => {
  it('INV-JG-1, INV-JG-2: has each operator once, parents first, edges into heads, in topological order', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (drawn, chaining) => {
        const graph = draw(drawn, chaining)
        const operators = graph.vertices.flatMap((vertex) => vertex.operators)
        expect(new Set(operators.map(({ node }) => node)).size).toBe(operators.length)
        expect(new Set(operators.map(({ id }) => id)).size).toBe(operators.length)
        for (const vertex of graph.vertices) {
          expect(vertex.id).toBe(vertex.operators[0]!.id)
          for (const [position, { parent }] of vertex.operators.entries()) {
            if (position === 0) expect(parent).toBeUndefined()
            else expect(parent).toBeLessThan(position)
          }
        }
        const place = new Map(graph.vertices.map(({ id }, index) => [id, index]))
        for (const edge of graph.edges) expect(place.get(edge.from)!).toBeLessThan(place.get(edge.to)!)
        for (const edge of graph.edges)
          expect(graph.vertices[place.get(edge.from)!]!.operators[edge.fromOperator]).toBeDefined()
        const inputs = operators.reduce((sum, { operator }) => sum + operator.inputCount, 0)
        const chained = operators.length - graph.vertices.length
        expect(graph.edges.length + chained).toBeGreaterThanOrEqual(inputs)
        const kinds = graph.vertices.map(({ operators: [head] }) => head!.operator.inputCount === 0)
        expect(kinds).toEqual(kinds.toSorted((a, b) => Number(b) - Number(a)))
      }),
      { numRuns: 200 },
    )
  })

  it('is built the same each time', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const strip = (graph: JobGraph) => JSON.stringify(graph)
        expect(strip(draw(drawn, true))).toBe(strip(draw(drawn, true)))
      }),
      { numRuns: 50 },
    )
  })
})
