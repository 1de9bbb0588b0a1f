/** What a caller without types says about a submission or its plan, checked before anything is looked for. */
import { StreamError } from '../core/errors.ts'
import { parseJobId } from '../core/ids.ts'
import type { StateMapping } from '../deployment/state-mapping.ts'
import { claimModes, parseClaimMode } from './claim-mode.ts'
import { knownOptions, shownValue } from './known-options.ts'
import type { SubmitOptions } from './session.ts'

/** Every one of them; the compiler tells when one is forgotten. */
const names: Readonly<Record<keyof SubmitOptions, true>> = {
  name: true,
  fromSavepoint: true,
  allowNonRestoredState: true,
  stateMapping: true,
  resume: true,
  claimMode: true,
  jobId: true,
  defaults: true,
}

/** Fails with `ARGUMENT_INVALID`, `JOB_ID_INVALID`. */
export function checkSubmitOptions(options: unknown): void {
  const known = Object.keys(names) as (keyof SubmitOptions)[]
  const given: Readonly<Record<string, unknown>> = knownOptions<SubmitOptions>(options, 'a submission', known)
  const { name, fromSavepoint, stateMapping, claimMode, jobId } = given
  if (name !== undefined && typeof name !== 'string') throw invalid('name', name, 'a text')
  if (jobId !== undefined) parseJobId(String(jobId))
  // An empty text comes from a form that nobody filled in, or a variable that is not set.
  if (fromSavepoint !== undefined && (typeof fromSavepoint !== 'string' || fromSavepoint === '')) {
    throw invalid('fromSavepoint', fromSavepoint, 'the path of a savepoint or checkpoint, or no such option')
  }
  for (const flag of ['allowNonRestoredState', 'resume']) {
    if (given[flag] !== undefined && typeof given[flag] !== 'boolean') throw invalid(flag, given[flag], 'true or false')
  }
  if (claimMode !== undefined && parseClaimMode(claimMode) !== claimMode) {
    throw invalid('claimMode', claimMode, `${claimModes.expected}, in this spelling`)
  }
  if (stateMapping !== undefined) checkMappings(stateMapping)
}

const mappingForm = "{ from: 'operator', to: 'operator' } or { from: 'operator/state', to: 'operator/state' }"

function checkMappings(mappings: unknown): void {
  if (!Array.isArray(mappings)) throw invalid('stateMapping', mappings, `a list of ${mappingForm}`)
  for (const [index, mapping] of mappings.entries()) {
    const wrong = () => invalid(`stateMapping[${index}]`, mapping, mappingForm)
    if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping)) throw wrong()
    const { from, to } = knownOptions<StateMapping>(mapping, `stateMapping[${index}]`, ['from', 'to'])
    if (typeof from !== 'string' || typeof to !== 'string') throw wrong()
  }
}

const invalid = (name: string, value: unknown, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${name} is ${shownValue(value)}: expected ${expected}.`)
