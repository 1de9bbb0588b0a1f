/** A program is edited between two runs; its state follows the uids, and the plan had said so. */
import { describe, expect, it } from 'vitest'
import type { RestorePlan } from '../../src/deployment/restore-plan.ts'
import { parseStateMapping } from '../../src/deployment/state-mapping.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import type { SubmitOptions } from '../../src/job/session.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { changingProgram, type Shape, saysPerWord } from './changing-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const early = [' To', 'be ', 'OR', 'not', 'to', 'Be', 'question']
const late = ['that', ' is', 'The', 'Question', 'nobler', 'be']
/** Keys are first letters. */
const keysOf = (words: readonly string[]): number => new Set(words.map((word) => word.trim().toLowerCase()[0])).size

interface Edit {
  readonly before?: Shape
  readonly after: Shape
  readonly submit?: Pick<SubmitOptions, 'stateMapping' | 'allowNonRestoredState'>
  /** Outcomes of operators with state in the plan, where they are not `as-is`. */
  readonly planned?: Readonly<Record<string, string>>
  readonly verdict?: RestorePlan['verdict']
  /** Which records come from what begins anew. */
  readonly anew?: (text: string) => boolean
}

const generated = (shape: Shape, name: string): string =>
  buildJobGraph(changingProgram(new Feed<string>().source, [], shape).toProgram(), 'changing')
    .vertices.flatMap(({ operators }) => operators)
    .find((operator) => operator.name === name)!.id

const edits: Readonly<Record<string, Edit>> = {
  'nothing is edited': { after: {} },
  'an operator without state is added in front': { after: { before: ['same', 'trim', 'lower'] } },
  'operators without state are removed': { before: { before: ['same', 'trim', 'lower'] }, after: {} },
  'operators without state change places': { after: { before: ['lower', 'trim'] } },
  'an operator is inserted between state and sink': { after: { after: 'map' } },
  'an operator between state and sink is removed': { before: { after: 'map' }, after: {} },
  'an exchange is inserted between state and sink': { after: { after: 'rebalance' } },
  'an operator with state is added': { after: { after: 'stateful' }, planned: { after: 'new' } },
  'an operator with state is removed': {
    before: { after: 'stateful' },
    after: {},
    submit: { allowNonRestoredState: true },
    planned: { after: 'dropped' },
    verdict: 'drops-state',
  },
  'branches change places': { after: { second: 'first' } },
  'a branch with state is added': {
    before: { second: 'none' },
    after: {},
    planned: { second: 'new' },
    anew: (text) => text.includes(' in all '),
  },
  'a branch with state is removed': {
    after: { second: 'none' },
    submit: { allowNonRestoredState: true },
    planned: { second: 'dropped' },
    verdict: 'drops-state',
  },
  'chaining is switched off': { after: { chaining: false } },
  'chaining is switched on': { before: { chaining: false }, after: {} },
  'a chain is cut': { after: { newChain: 'trim' } },
  'an operator leaves its chain': { after: { alone: 'trim' } },
  'an operator with state leaves its chain': { before: { second: 'none' }, after: { second: 'none', alone: 'all' } },
  'an operator with state joins a chain': { before: { second: 'none', alone: 'all' }, after: { second: 'none' } },
  'chains, places and operators change at once': {
    after: { chaining: false, before: ['lower', 'same', 'trim'], second: 'first', after: 'map' },
  },
  'the parallelism changes with the chains': {
    before: { parallelism: 3 },
    after: { parallelism: 2, chaining: false },
    planned: { all: 'rescaled' },
  },
  'an operator gets another uid, with a mapping': {
    after: { allUid: 'every' },
    submit: { stateMapping: [{ from: 'all', to: 'every' }] },
  },
  'an operator gets a uid, and the id that it had': {
    before: { allUid: null },
    after: { allHash: generated({ allUid: null }, 'all'), after: 'map' },
  },
  'a state gets another name, with a mapping': {
    after: { countName: 'n' },
    submit: { stateMapping: [{ from: 'all/count', to: 'all/n' }] },
  },
  'a state moves to another operator, with a mapping': {
    after: { largestMoved: true },
    submit: { stateMapping: [{ from: 'all/largest', to: 'second/most' }] },
  },
  'nobody has a uid, and nothing is edited': { before: { uids: false }, after: { uids: false } },
}

const makeProcess = (seed: number) => new SimulatedProcess({ seed })

/** Reads some words, then the late ones, then lets the timers fire: what it says of each. */
async function uninterrupted(shape: Shape, words: readonly string[]) {
  const name = JSON.stringify([shape, words])
  const run = runs.get(name) ?? runToTheEnd(shape, words)
  runs.set(name, run)
  return run
}

const runs = new Map<string, ReturnType<typeof runToTheEnd>>()

async function runToTheEnd(shape: Shape, words: readonly string[]) {
  const output: string[] = []
  const feed = new Feed(words)
  const process = makeProcess(1)
  await process.submit(changingProgram(feed.source, output, shape, { checkpoint: { intervalMs: 100 } }))
  const says = saysPerWord(shape)
  await process.until(() => output.length === words.length * says)
  const first = output.splice(0)
  feed.push(...late)
  await process.until(() => output.length === late.length * says + keysOf([...words, ...late]))
  return { first: first.toSorted(), last: output }
}

describe.each(Object.entries(edits))('when %s', (_title, edit) => {
  const { before = {}, after, submit = {}, planned = {}, verdict = 'lossless', anew = () => false } = edit

  it.each(['savepoint', 'checkpoint'] as const)('state goes on from a %s as if nothing had been', async (from) => {
    // A checkpoint is found again on disk, a savepoint in what both processes share.
    const storage = from === 'savepoint' ? undefined : { kind: 'filesystem' as const, dir: temporaryDir() }
    const checkpoint = { intervalMs: 100, ...(storage && { storage }) }
    const output: string[] = []
    const feed = new Feed(early)
    const first = makeProcess(1)
    const { job } = await first.submit(changingProgram(feed.source, output, before, { checkpoint }))
    await first.until(() => output.length === early.length * saysPerWord(before))
    // After the checkpoint the process is not stepped any more: it is dead.
    const start =
      from === 'savepoint'
        ? { fromSavepoint: await first.settle(job.stop()) }
        : await first.settle(job.triggerCheckpoint()).then(() => ({ resume: true }))
    const said = output.splice(0).toSorted()

    const second = new SimulatedProcess({ seed: 2, storages: first.storages })
    const program = changingProgram(feed.source, output, after, { checkpoint })
    const plan = await second.session.planRestore(program, { ...start, ...submit })
    expect(plan).toMatchObject({ verdict, starts: true })
    expect(plan?.warnings.length).toBe(after.uids === false ? 4 : 0)
    const outcomes = (plan?.operators ?? []).filter(({ outcome }) => outcome !== 'stateless' && outcome !== 'as-is')
    expect(Object.fromEntries(outcomes.map(({ name, outcome }) => [name, outcome]))).toEqual(planned)
    const observed = await second.submit(program, { ...start, ...submit })
    expect(observed.job.warnings.filter((text) => text.includes('is dropped')).length).toBe(
      verdict === 'lossless' ? 0 : 1,
    )
    feed.push(...late)
    await second.until(() => output.length === late.length * saysPerWord(after) + keysOf([...early, ...late]))
    await second.pass(3 * checkpoint.intervalMs)
    const becomes = await uninterrupted(after, early)
    const fresh = await uninterrupted(after, [])
    const expected = [...becomes.last.filter((text) => !anew(text)), ...fresh.last.filter(anew)]
    expect(said).toEqual((await uninterrupted(before, early)).first)
    expect(output.toSorted()).toEqual(expected.toSorted())
    expect([...first.crashes, ...second.crashes, ...observed.of('restarting')]).toEqual([])
  })
})

describe('state of an operator without a uid', () => {
  it('is not found after an edit, and the plan says what to type so that it is', async () => {
    const before: Shape = { allUid: null }
    const after: Shape = { allUid: null, before: ['same', 'trim', 'lower'] }
    const output: string[] = []
    const feed = new Feed(early)
    const process = makeProcess(1)
    const checkpoint = { intervalMs: 100 }
    const { job } = await process.submit(changingProgram(feed.source, output, before, { checkpoint }))
    await process.until(() => output.length === early.length * saysPerWord(before))
    const fromSavepoint = await process.settle(job.stop())
    output.length = 0

    const program = changingProgram(feed.source, output, after, { checkpoint })
    const plan = await process.session.planRestore(program, { fromSavepoint })
    expect(plan).toMatchObject({ verdict: 'drops-state', starts: false })
    const lost = plan!.operators.at(-1)!
    expect(lost).toMatchObject({ name: 'all', outcome: 'dropped', id: generated(before, 'all') })
    const refused = process.submit(program, { fromSavepoint })
    await expect(refused).rejects.toMatchObject({ code: plan!.problems[0]!.code, message: plan!.problems[0]!.message })

    const [move, uidHash] = lost.remedies.map(({ type }) => type)
    expect(uidHash).toBe(`.setUidHash('${lost.id}')`)
    expect(move).toBe(`--map-state ${lost.id}=${generated(after, 'all')}`)
    const stateMapping = [parseStateMapping(move!.replace('--map-state ', ''))]
    expect(await process.session.planRestore(program, { fromSavepoint, stateMapping })).toMatchObject({
      verdict: 'lossless',
    })
    await process.submit(program, { fromSavepoint, stateMapping })
    feed.push(...late)
    await process.until(() => output.length === late.length * saysPerWord(after) + keysOf([...early, ...late]))
    expect(output.toSorted()).toEqual((await uninterrupted(after, early)).last.toSorted())
  })
})

describe('a job that resumes with a mapping', () => {
  it('keeps to it when it fails before its own first checkpoint', async () => {
    const storage = { kind: 'filesystem' as const, dir: temporaryDir() }
    const restart = { strategy: 'fixed-delay' as const, attempts: 1, delayMs: 1 }
    const output: string[] = []
    const feed = new Feed(early)
    const first = makeProcess(1)
    const { job } = await first.submit(
      changingProgram(feed.source, output, {}, { checkpoint: { intervalMs: 100, storage } }),
    )
    await first.until(() => output.length === early.length * saysPerWord({}))
    await first.settle(job.triggerCheckpoint())
    output.length = 0

    let left = 1
    const look = (word: string) => {
      if (word === 'nobler' && left-- > 0) throw new Error('once')
    }
    const after: Shape = { allUid: 'every', countName: 'n' }
    const stateMapping = ['all=every', 'all/count=every/n'].map(parseStateMapping)
    const second = makeProcess(2)
    const options = { restart, checkpoint: { intervalMs: 300, storage } }
    const observed = await second.submit(changingProgram(feed.source, output, { ...after, look }, options), {
      resume: true,
      stateMapping,
    })
    expect(observed.job.id).toBe(job.id)
    feed.push(...late)
    await second.until(() => observed.of('restarting').length === 1)
    expect(observed.completed).toEqual([])
    await second.until(() => output.length === late.length * saysPerWord(after) + keysOf([...early, ...late]))
    expect(output.toSorted()).toEqual((await uninterrupted(after, early)).last.toSorted())
  })
})
