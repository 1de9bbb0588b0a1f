/** What `tidemark run` and `info` may say about a job, as data. Owns the checks that need no job. */
import { resolve } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { parseStateMapping } from '../deployment/state-mapping.ts'
import { type ClaimMode, parseClaimMode } from '../job/claim-mode.ts'
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import type { SubmitOptions } from '../job/session.ts'
import type { Invocation } from './command.ts'
import { type Flag, UsageError } from './flags.ts'
import { pathFrom } from './job-argument.ts'

export const parallelismFlag: Flag = {
  names: ['-p', '--parallelism'],
  value: 'needed',
  valueName: 'n',
  about: 'Subtasks of each operator that sets none; the program goes before it.',
}

export interface JobToRun {
  /** Absolute path of the job file. */
  readonly file: string
  readonly args: readonly string[]
  readonly submit: SubmitOptions
}

/** Reads the job file, its arguments and the options of its submission. Fails with `UsageError`. */
export function jobToRun(invocation: Invocation): JobToRun {
  const { flags, context } = invocation
  const [file, ...args] = flags.args
  if (file === undefined) throw new UsageError('Missing job file: name the TypeScript or JavaScript file of the job.')
  readParallelism(invocation)
  const given = flags.value('--fromSavepoint')
  const { configuration } = invocation
  const path = given ?? configuration.get(keys.restorePath)
  const resume = flags.has('--resume')
  const claimMode = claimModeOf(flags.value('--claimMode')) ?? configuration.get(keys.claimMode)
  if (given !== undefined && resume) {
    throw new UsageError('Options -s and --resume exclude each other: each says where the job goes on from.')
  }
  const name = flags.value('--name')
  const stateMapping = flags.values('--map-state').map(parseStateMapping)
  return {
    file: resolve(context.cwd, file),
    args,
    submit: {
      ...(name === undefined ? {} : { name }),
      ...(path === undefined || resume ? {} : { fromSavepoint: pathFrom(context.cwd, path), claimMode }),
      allowNonRestoredState: flags.has('--allowNonRestoredState') || configuration.get(keys.allowNonRestored),
      resume,
      ...(stateMapping.length === 0 ? {} : { stateMapping }),
    },
  }
}

/** `-p` is configuration under a shorter name. */
export function readParallelism(invocation: Invocation): void {
  const parallelism = invocation.flags.value('--parallelism')
  if (parallelism === undefined) return
  if (!/^[1-9]\d{0,5}$/.test(parallelism)) {
    throw new UsageError(`The parallelism must be a positive number, but got "${parallelism}".`)
  }
  invocation.configure('parallelism.default', parallelism, '-p')
}

function claimModeOf(text: string | undefined): ClaimMode | undefined {
  try {
    return text === undefined ? undefined : parseClaimMode(text)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}
