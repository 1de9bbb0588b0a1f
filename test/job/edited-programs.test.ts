/**
 * Random programs, random edits, random submissions: what is restored is what a model restores, and the plan had said so.
 * A seed that fails becomes a line of `changed-programs.test.ts`.
 */
import { expect, it } from 'vitest'
import { Random } from '../../src/core/random.ts'
import { mappingText } from '../../src/deployment/state-mapping.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { emptyModel, fire, type Model, type Move, movesFit, operatorsOf, restore, say } from './changing-model.ts'
import { changingProgram, type Shape } from './changing-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const early = [' To', 'be ', 'OR', 'not', 'to', 'Be', 'question']
const late = ['that', ' is', 'The', 'Question', 'nobler', 'be']
const checkpoint = { intervalMs: 100 }
const seeds = Array.from({ length: 60 }, (_, i) => i + 1)

/** One of these. */
const pick = <const T>(random: Random, ...choices: readonly T[]): T => random.pick(choices)

function shapeOf(random: Random): Shape {
  const second = pick(random, undefined, 'first', 'none', undefined)
  const optional = {
    after: pick(random, undefined, 'map', 'rebalance', 'stateful'),
    second,
    newChain: pick(random, undefined, undefined, 'trim'),
    alone: pick(random, undefined, undefined, 'trim', 'all'),
    allUid: pick(random, 'all', 'all', 'every', null),
  }
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Shape),
    before: pick(random, ['trim', 'lower'], ['lower', 'trim'], ['same', 'trim', 'lower'], ['trim', 'same', 'lower']),
    countName: pick(random, 'count', 'count', 'n'),
    largestMoved: second !== 'none' && pick(random, true, false, false),
    chaining: pick(random, true, true, false),
    parallelism: pick(random, 1, 2, 3),
  }
}

/** The uid of the operator with all states, or its id. */
function identityOf(shape: Shape): string {
  if (shape.allUid !== null) return shape.allUid ?? 'all'
  const { vertices } = buildJobGraph(changingProgram(new Feed<string>().source, [], shape).toProgram(), 'changing')
  return vertices.flatMap(({ operators }) => operators).find(({ name }) => name === 'all')!.id
}

/** Often such that they fit. */
function movesOf(random: Random, from: string, to: string, models: readonly [Model, Model]): readonly Move[] {
  const candidates = [
    `${from}=${to}`,
    `${from}=second`,
    `second=${to}`,
    `${from}/count=${to}/n`,
    `${from}/n=${to}/count`,
    `${from}/largest=second/most`,
    `second/most=${to}/largest`,
    `${from}/count=second/total`,
    `nobody=${to}`,
  ].map((text): Move => {
    const [source = '', target = ''] = text.split('=')
    return [source.split('/') as [string, string?], target.split('/') as [string, string?]]
  })
  const fitting = candidates.filter((move) => movesFit(...models, [move]))
  const likely = fitting.length > 0 && random.next() < 0.8 ? fitting : candidates
  return Array.from({ length: pick(random, 0, 0, 1, 1, 1, 2) }, () => random.pick(likely))
}

/** How often each verdict came, started or not: a property that is never put to the test holds always. */
const ways = new Map<string, number>()

it.each(seeds)('is restored as planned, and as a model restores it (seed %i)', async (seed) => {
  const random = new Random(seed)
  const [before, after] = [shapeOf(random), shapeOf(random)]
  const identities = [identityOf(before), identityOf(after)] as const
  const [saved, model] = [emptyModel(before, identities[0]), emptyModel(after, identities[1])]
  const moves = movesOf(random, ...identities, [saved, model])
  const stateMapping = moves.map(([from, to]) => ({ from: from.join('/'), to: to.join('/') }))
  const allowNonRestoredState = pick(random, true, false)
  const said = say(saved, before, early)

  const output: string[] = []
  const feed = new Feed(early)
  const process = new SimulatedProcess({ seed })
  const { job } = await process.submit(changingProgram(feed.source, output, before, { checkpoint }))
  await process.until(() => output.length === said.length)
  expect(output.toSorted()).toEqual(said.toSorted())
  const fromSavepoint = await process.settle(job.stop())
  output.length = 0

  const submit = { fromSavepoint, stateMapping, allowNonRestoredState }
  const program = changingProgram(feed.source, output, after, { checkpoint })
  const plan = (await process.session.planRestore(program, submit))!
  const about = `${stateMapping.map(mappingText).join(' ')} ${JSON.stringify([before, after])}`
  const way = `${plan.verdict} ${plan.starts}`
  ways.set(way, (ways.get(way) ?? 0) + 1)
  if (!plan.starts) {
    const [problem] = plan.problems
    await expect(process.session.submit(program, submit), about).rejects.toMatchObject({ ...problem })
  }
  expect(plan.verdict === 'impossible', about).toBe(!movesFit(saved, model, moves))
  if (plan.verdict === 'impossible') return
  const lost = restore(saved, model, moves)
  expect(plan.verdict, about).toBe(lost.length === 0 ? 'lossless' : 'drops-state')
  const dropped = plan.operators.flatMap(({ uid, id, from, states }) =>
    states
      .filter(({ outcome, kind }) => outcome === 'dropped' && kind !== 'timers')
      .map(({ name }) => `${(from ?? { uid }).uid ?? from?.id ?? id}/${name}`),
  )
  expect(dropped.toSorted(), about).toEqual(lost.toSorted())
  expect(plan.starts, about).toBe(lost.length === 0 || allowNonRestoredState)
  if (!plan.starts) return
  const fresh = plan.operators.flatMap(({ states }) =>
    states.filter(({ outcome }) => outcome === 'new').map(({ name }) => name),
  )
  const empty = operatorsOf(model).flatMap(({ states }) =>
    [...states].flatMap(([name, state]) => (state.size === 0 ? [name] : [])),
  )
  expect(fresh.toSorted(), about).toEqual(empty.toSorted())

  await process.submit(program, submit)
  feed.push(...late)
  const expected = [...say(model, after, late), ...fire(model, after)]
  await process.until(() => output.length >= expected.length)
  await process.pass(3 * checkpoint.intervalMs)
  expect(output.toSorted(), about).toEqual(expected.toSorted())
  expect(process.crashes).toEqual([])
})

it('has been through every verdict', () => {
  expect([...ways.keys()].toSorted()).toEqual([
    'drops-state false',
    'drops-state true',
    'impossible false',
    'lossless true',
  ])
  expect(Math.min(...ways.values())).toBeGreaterThan(5)
})
