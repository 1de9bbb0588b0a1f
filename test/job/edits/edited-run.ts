/** One case: its program runs, is edited, and goes on, once or twice. What its plan says, what its submission does and what is then found agree. */
import { expect } from 'vitest'
import { StreamError } from '../../../src/core/errors.ts'
import type { RestorePlan } from '../../../src/deployment/restore-plan.ts'
import { mappingName, type StateMapping } from '../../../src/deployment/state-mapping.ts'
import type { SubmitOptions } from '../../../src/job/session.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import { applyEdit, type Edit } from './apply-edit.ts'
import { type BuiltProgram, buildProgram, type PlacedOperator, placedOperators } from './build-program.ts'
import { CasePlace } from './case-place.ts'
import { compareKept, comparePlan } from './compare-restore.ts'
import type { Edited } from './edited.ts'
import { expectRestore } from './expected-restore.ts'
import type { Mapping, StatePlace } from './expected-takes.ts'
import { firstRun, type KeptRun, keptRun } from './first-run.ts'
import { type Body, type ProgramSpec, statesOf } from './program-spec.ts'
import { type Case, withLeaves } from './random-program.ts'
import { SpecEndpoints } from './spec-endpoints.ts'
import { Witness } from './witness.ts'

/** What came of a case: codes of refusals, outcomes of operators. */
export async function runCase(drawn: Case): Promise<readonly string[]> {
  const place = new CasePlace(drawn)
  try {
    return await runIn(place, drawn)
  } finally {
    place.remove()
  }
}

async function runIn(place: CasePlace, drawn: Case): Promise<readonly string[]> {
  const ends: string[] = []
  let run: KeptRun | undefined = await firstRun(drawn, place)
  for (const [round, edits] of drawn.rounds.entries()) {
    const edited = await editedRun(place, drawn, run, { edits, round })
    ends.push(...edited.ends)
    if (edited.run === undefined) break
    run = edited.run
  }
  return ends
}

/** What came of one round, and what it left for the next if anything ran. */
interface EditedRun {
  readonly ends: readonly string[]
  readonly run?: KeptRun
}

async function editedRun(
  place: CasePlace,
  { allowed, backends }: Case,
  { program: old, placed: before, kept, start, path }: KeptRun,
  { edits, round }: { readonly edits: readonly Edit[]; readonly round: number },
): Promise<EditedRun> {
  const { program, mapping: asked } = editsOf(edits, old, before)
  const endpoints = new SpecEndpoints()
  const built = buildProgram(program, { endpoints, witness: new Witness(), options: place.options })
  const process = place.process(2 + round, backends[(round + 1) % 2]!)
  const placed = placedOrRefused(program, built)
  if (placed instanceof StreamError) return { ends: [await refusedAlike(process, built, start, placed)] }
  const mapping = [...asked, ...mappingsOf(old, before, placed)]
  const submit = { ...start, allowNonRestoredState: allowed, stateMapping: mapping.map(asText) }

  const expected = expectRestore(kept, placed, { mapping, allowed })
  const plan = (await process.session.planRestore(built.env, submit))!
  expect(plan.snapshot.path).toBe(path)
  expect(plan.path).toBe(start.fromSavepoint ?? path)
  comparePlan(plan, expected)
  const refusal = plan.problems[0]
  if (refusal !== undefined) {
    await refusedAlike(process, built, submit, refusal)
    return { ends: plan.problems.map(({ code }) => code) }
  }
  const observed = await process.submit(built.env, submit)
  await process.until(() => observed.job.currentStatus === 'RUNNING' || observed.job.endedAt !== undefined)
  expect(observed.of('task-failed').map(({ error }) => error.message)).toEqual([])
  const after = await process.settle(observed.job.triggerSavepoint(place.request))
  compareKept(await place.read(after), expected)
  const warned = observed.job.warnings.some((text) => text.includes('is dropped'))
  expect(warned).toBe(expected.verdict === 'drops-state')
  // What was restored is fit for use.
  endpoints.release(6 + 2 * round)
  await process.until(() => endpoints.drained)
  const left = await process.settle(observed.job.stop(place.request))
  expect([...process.crashes, ...observed.of('task-failed')]).toEqual([])
  const ends = new Set(expected.operators.map(({ outcome }) => outcome))
  return { ends: [...ends, ...(warned ? ['dropped'] : [])], run: await keptRun(place, program, placed, left) }
}

function placedOrRefused(program: ProgramSpec, built: BuiltProgram): readonly PlacedOperator[] | StreamError {
  try {
    return placedOperators(program, built)
  } catch (error) {
    if (error instanceof StreamError) return error
    throw error
  }
}

/** Nothing runs, and the plan had said why. */
async function refusedAlike(
  { session }: SimulatedProcess,
  { env }: BuiltProgram,
  submit: SubmitOptions,
  { code, message }: RestorePlan['problems'][number],
): Promise<string> {
  const refused = await session.submit(env, submit).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refused).toBeInstanceOf(StreamError)
  expect(refused).toMatchObject({ code, message })
  expect(session.jobs()).toEqual([])
  return code
}

function editsOf(edits: readonly Edit[], program: ProgramSpec, placed: readonly PlacedOperator[]): Edited {
  const before = new Map(placed.map(({ spec, id }) => [spec.key, { uid: spec.uid, id }]))
  const start: Edited = { program: unmapped(program), mapping: [], before }
  const edited = edits.reduce(applyEdit, start)
  return { ...edited, program: withLeaves(edited.program) }
}

/** A mapping says where state was in the last program, not in one before. */
const unmapped = (program: ProgramSpec): ProgramSpec => ({
  ...program,
  operators: program.operators.map((one) => ({ ...one, body: unmappedBody(one.body), mapped: false })),
})

const unmappedBody = (body: Body): Body =>
  body.type === 'keyed' ? { ...body, states: body.states.map((state) => ({ ...state, mapped: false })) } : body

const nameOf = ({ spec, id }: PlacedOperator): string => spec.uid ?? id

/** Where everything that is mapped was, and where it is now. */
const mappingsOf = (
  first: ProgramSpec,
  before: readonly PlacedOperator[],
  placed: readonly PlacedOperator[],
): readonly Mapping[] =>
  placed.flatMap((operator) => {
    const { key, mapped, body } = operator.spec
    const was = before.find(({ spec }) => spec.key === key)
    const states = statesOf(body).flatMap((state): Mapping[] => {
      const owner = first.operators.find((one) => statesOf(one.body).some((other) => other.key === state.key))
      if (!state.mapped || owner === undefined) return []
      const { name } = statesOf(owner.body).find((other) => other.key === state.key)!
      if (owner.key === key && name === state.name) return []
      const from = before.find(({ spec }) => spec.key === owner.key)!
      return [{ from: { operator: nameOf(from), state: name }, to: { operator: nameOf(operator), state: state.name } }]
    })
    if (was === undefined || !mapped || was.id === operator.id) return states
    return [{ from: { operator: nameOf(was) }, to: { operator: nameOf(operator) } }, ...states]
  })

function asText({ from, to }: Mapping): StateMapping {
  const side = ({ operator, state }: StatePlace) =>
    state === undefined ? mappingName(operator) : `${mappingName(operator)}/${mappingName(state)}`
  return { from: side(from), to: side(to) }
}
