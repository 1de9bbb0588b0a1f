/**
 * How a session is set up: made by hand in an application, or from configuration
 * (`configured-session.ts`). Owns no defaults of jobs (`core/limits.ts`) and touches no disk.
 */
import type { RuntimeOptions } from '../actors/real-host.ts'
import type { Plugin } from '../backends/plugin.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import type { CheckpointOptions, JobOptions, SavepointOptions } from '../program/options.ts'

export type LogLevel = 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string) => void

export type CheckpointStorageOptions = NonNullable<CheckpointOptions['storage']>

/** What configuration says about jobs. A program's own options win over it, field by field. */
export interface JobDefaults extends Omit<JobOptions, 'checkpoint' | 'savepoint'> {
  readonly checkpoint?: Omit<CheckpointOptions, 'storage'>
}

export interface SessionOptions {
  /** Where running jobs keep keyed state: `heapStateBackend` when left out, `lmdbStateBackend(…)` for more than fits in memory. */
  readonly stateBackend?: StateBackend
  /** Where checkpoints go when the program does not say. Default `jobmanager`. */
  readonly checkpointStorage?: CheckpointStorageOptions
  /** Where savepoints go when the program does not say. Default `jobmanager`. */
  readonly savepoints?: SavepointOptions
  /** Storages and savepoint stores of others, which paths and options name by their schemes. */
  readonly plugins?: readonly Plugin[]
  readonly defaults?: JobDefaults
  /** How the event loop is divided between the jobs and the application around them. */
  readonly runtime?: RuntimeOptions
  readonly log?: Log
}

/** What a job does about checkpoints once the program's options, the session's and the built-in ones are merged. */
export interface EffectiveCheckpointing {
  readonly mode: 'exactly-once' | 'at-least-once'
  /** Undefined: no periodic checkpoints. */
  readonly intervalMs: number | undefined
  readonly timeoutMs: number
  readonly minPauseMs: number
  readonly maxConcurrent: number
  readonly tolerableFailures: number
  readonly retention: NonNullable<CheckpointOptions['retention']>
  readonly afterTasksFinish: boolean
  readonly unaligned: { readonly alignedTimeoutMs: number } | undefined
  /** Does a checkpoint write only what has changed since the last one? */
  readonly incremental: boolean
  /** Its kind: `jobmanager`, `filesystem`, or the scheme of a plugin. */
  readonly storage: string
}
