import { describe, expect, it } from 'vitest'
import { parsePlan, planJson } from '../../src/graph/plan-json.ts'
import { planMermaid } from '../../src/graph/plan-mermaid.ts'
import { planText } from '../../src/graph/plan-text.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { graphOf, sink, source } from '../program/stub-endpoints.ts'

const late = outputTag<string>('late')

function wordCount() {
  const env = StreamEnvironment.create({ parallelism: 2 })
  const words = env
    .fromSource(source<string>('lines'))
    .uid('lines')
    .process({ output: '' as string, element: (line, ctx) => ctx.emit(line) })
    .name('split')
    .setDescription('line by line')
  words.getSideOutput(late).sinkTo(sink('rejected'))
  const counts = words
    .keyBy((word) => word)
    .process({
      output: 0 as number,
      state: { count: valueState(0) },
      element: (_, ctx) => ctx.emit(ctx.state.count.value()),
    })
    .name('count')
    .setMaxParallelism(64)
  counts
    .connect(env.fromSource(source('rules', 1)).uid('rules').broadcast())
    .map(String, String)
    .name('join')
    .sinkTo(sink('out', true))
    .uid('out')
    .setUidHash('ab'.repeat(16))
  return graphOf(env)
}

describe('planText', () => {
  it('shows vertices, operators, ids, edges with reasons, and warnings', () => {
    expect(planText(wordCount())).toMatchInlineSnapshot(`
      "Job 'job': 7 operators in 4 vertices

       1  lines -> split -> rejected  parallelism 2 of at most 128
            lines                                   source         stateful  eae5c6d2bc3e7d57a36526fbb842351e  uid 'lines'
            └ split                                 process                  07aaff3883101a3a42d470eaf76a9252  generated
              └ rejected (from side output 'late')  sink                     80efa5ffd80672520a322ea66b2a1370  generated
            split → 3            hash       records are routed by key

       2  rules                       parallelism 1 of at most 128
            rules                                   source         stateful  e635e88f2157f1386a91248eacaad37a  uid 'rules'
            rules → 4 (input 2)  broadcast  every subtask gets every record (broadcast)

       3  count                       parallelism 2 of at most 64 (set)
            count                                   keyed-process  stateful  b73910357abd3536b058fac23963ed45  generated
            count → 4 (input 1)  forward    'join' has two inputs

       4  join -> out                 parallelism 2 of at most 128
            join                                    co-map                   a14c4a60481be7ff5db722b8a8924abb  generated
            └ out                                   sink           stateful  4d648856f35492026b8f75b0a6ec795e  uid 'out', or abababababababababababababababab

      Warnings
        ! Operator 'count' (keyed-process) keeps state but has no uid. Its generated id b73910357abd3536b058fac23963ed45 may change with the program, and a savepoint would then not match. Add to it: .uid('count')"
    `)
  })

  it('counts in words and needs no warnings', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).uid('in').sinkTo(sink())
    const text = planText(graphOf(env))
    expect(text).toContain("Job 'job': 2 operators in 1 vertex\n")
    expect(text).not.toContain('Warnings')
  })

  it('keeps control characters of names away from the terminal', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).name('a\u001b[31m\nb').uid('c\rd').sinkTo(sink())
    expect(planText(graphOf(env))).not.toMatch(/[^\P{Cc}\n]/u)
  })
})

describe('planJson', () => {
  it('loses nothing but the functions on its way through text', () => {
    const graph = wordCount()
    const plan = planJson(graph)
    expect(parsePlan(JSON.stringify(plan))).toEqual(plan)
    expect(plan.vertices.map(({ id }) => id)).toEqual(graph.vertices.map(({ id }) => id))
    expect(plan.vertices[0]!.operators.map(({ description }) => description)).toEqual([
      undefined,
      'line by line',
      undefined,
    ])
    expect(plan.vertices[0]!.operators[2]).toEqual({
      id: graph.vertices[0]!.operators[2]!.id,
      alternativeId: null,
      uid: null,
      name: 'rejected',
      node: 3,
      kind: 'sink',
      stateful: false,
      inputCount: 1,
      chaining: 'always',
      parent: 1,
      sideOutput: 'late',
    })
    expect(plan.edges[0]).toMatchObject({ partitioning: 'hash', notChainedBecause: 'records are routed by key' })
    expect(plan.warnings).toEqual(graph.warnings)
  })

  it.each<[string, (plan: ReturnType<typeof draft>) => void, string]>([
    [
      'another format',
      (plan) => Object.assign(plan, { format: 2 }),
      'A plan has 2 at plan.format: expected the number 1.',
    ],
    ['a missing name', (plan) => delete plan.name, 'plan.name'],
    ['a list that is none', (plan) => Object.assign(plan, { edges: {} }), 'plan.edges'],
    ['a vertex that is none', (plan) => (plan.vertices as unknown[]).push(7), 'A plan has 7 at plan.vertices[4]'],
    ['a warning that is none', (plan) => Object.assign(plan, { warnings: [1] }), 'plan.warnings[0]'],
    [
      'a parallelism with a fraction',
      (plan) => Object.assign((plan.vertices as object[])[1]!, { parallelism: 1.5 }),
      'plan.vertices[1].parallelism',
    ],
    [
      'a negative node',
      (plan) => Object.assign((plan.vertices as { operators: object[] }[])[0]!.operators[0]!, { node: -1 }),
      'plan.vertices[0].operators[0].node: expected an integer from 0',
    ],
    [
      'a partitioning that does not exist',
      (plan) => Object.assign((plan.edges as object[])[0]!, { partitioning: 'random' }),
      'plan.edges[0].partitioning: expected one of forward, rebalance, rescale, shuffle, global, broadcast, hash, custom',
    ],
    [
      'a flag that is text',
      (plan) => Object.assign((plan.vertices as object[])[0]!, { maxParallelismExplicit: 'no' }),
      'plan.vertices[0].maxParallelismExplicit: expected true or false',
    ],
  ])('refuses %s', (_, damage, message) => {
    const plan = draft()
    damage(plan)
    expect(() => parsePlan(JSON.stringify(plan))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) }),
    )
  })

  it('refuses what is not JSON', () => {
    expect(() => parsePlan('{')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  const draft = (): Record<string, unknown> => JSON.parse(JSON.stringify(planJson(wordCount())))
})

describe('planMermaid', () => {
  it('draws vertices as boxes, chains as plain arrows, edges with their partitioning', () => {
    expect(planMermaid(wordCount())).toMatchInlineSnapshot(`
      "flowchart LR
        subgraph v1["1 · parallelism 2"]
          n1[("lines")]
          n2["split"]
          n3["rejected"]
          n1 --> n2
          n2 -->|"late"| n3
        end
        subgraph v2["2 · parallelism 1"]
          n5[("rules")]
        end
        subgraph v3["3 · parallelism 2"]
          n4[("count")]
        end
        subgraph v4["4 · parallelism 2"]
          n6["join"]
          n7[("out")]
          n6 --> n7
        end
        n2 -->|"hash"| n4
        n4 -->|"forward"| n6
        n5 -->|"broadcast"| n6"
    `)
  })

  it('escapes what would end a label', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).name('a "b" <c> #1\n').uid('d"').sinkTo(sink())
    expect(planMermaid(graphOf(env))).toContain('n1[("a #quot;b#quot; #lt;c#gt; #35;1 <br/>uid d#quot;")]')
  })
})
