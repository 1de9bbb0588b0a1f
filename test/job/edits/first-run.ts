/** The first run of a case: its program reads some records, then leaves a snapshot, which keeps what the functions had in hand. */
import { expect } from 'vitest'
import type { SubmitOptions } from '../../../src/job/session.ts'
import type { ObservedJob, SimulatedProcess } from '../simulated-process.ts'
import { buildProgram, type PlacedOperator, placedOperators } from './build-program.ts'
import type { CasePlace } from './case-place.ts'
import { type KeptOperator, mapContent } from './kept-state.ts'
import type { ProgramSpec } from './program-spec.ts'
import type { Case } from './random-program.ts'
import { SpecEndpoints } from './spec-endpoints.ts'
import { Witness } from './witness.ts'

type Stamped = readonly [usedMs: number, value: unknown]

/** A run that has left a snapshot. */
export interface KeptRun {
  readonly program: ProgramSpec
  readonly placed: readonly PlacedOperator[]
  readonly kept: readonly KeptOperator[]
  /** How the next run starts from it. */
  readonly start: SubmitOptions
  /** Of the snapshot, as plans tell it. */
  readonly path: string
}

export async function firstRun(drawn: Case, place: CasePlace): Promise<KeptRun> {
  const endpoints = new SpecEndpoints()
  const witness = new Witness()
  const built = buildProgram(drawn.program, { endpoints, witness, options: place.options })
  const placed = placedOperators(drawn.program, built)
  const process = place.process(1, drawn.backends[0])
  const observed = await process.submit(built.env)
  await observed.is('RUNNING')
  endpoints.release(3)
  await process.until(() => endpoints.drained)
  if (drawn.incremental) {
    await process.settle(observed.job.triggerCheckpoint())
    endpoints.release(2)
    await process.until(() => endpoints.drained)
  }
  const run = await keptRun(place, drawn.program, placed, await leaveSnapshot(drawn, process, place, observed))
  compareWitness(run.kept, placed, witness)
  expect(process.crashes).toEqual([])
  return drawn.from === 'checkpoint' ? { ...run, start: { resume: true } } : run
}

export const keptRun = async (
  place: CasePlace,
  program: ProgramSpec,
  placed: readonly PlacedOperator[],
  path: string,
): Promise<KeptRun> => ({
  program,
  placed,
  kept: await place.read(path),
  start: { fromSavepoint: path },
  path: (await place.storages.find(path)).path,
})

/** After it the process is not stepped any more: it is dead. */
async function leaveSnapshot(
  { from }: Case,
  process: SimulatedProcess,
  { request }: CasePlace,
  observed: ObservedJob,
): Promise<string> {
  const { job } = observed
  if (from === 'stop') return process.settle(job.stop(request))
  if (from === 'savepoint') return process.settle(job.triggerSavepoint(request))
  const id = await process.settle(job.triggerCheckpoint())
  const completed = () => observed.of('checkpoint-completed').find(({ checkpointId }) => checkpointId === id)
  await process.until(() => completed() !== undefined)
  return completed()!.path
}

function compareWitness(kept: readonly KeptOperator[], placed: readonly PlacedOperator[], witness: Witness): void {
  const found = new Witness()
  for (const { id, states, timers, lists } of kept) {
    const { key, body } = placed.find((one) => one.id === id)!.spec
    if (body.type !== 'keyed' && body.type !== 'unkeyed') continue
    for (const [name, { kind, ttl, entries }] of states) {
      // Functions do not see when a value was used.
      const seen = (content: unknown) => (ttl ? mapContent(kind, content, (value) => (value as Stamped)[1]) : content)
      for (const [of, content] of entries) found.sawState(key, name, of, seen(content))
    }
    for (const [of, times] of timers ?? []) for (const atMs of times) found.sawTimer(key, of, atMs)
    for (const [name, { parts }] of lists) {
      for (const [subtask, items] of parts.entries()) found.sawList(key, name, subtask, items)
    }
  }
  expect({ ...found }).toEqual({ ...witness })
}
