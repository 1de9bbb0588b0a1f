/** What a simulation is asked for and what it answers. */
import type { Charts } from '../../actors/charts.ts'
import type { SubtaskDescriptor } from '../../actors/subtask-descriptor.ts'
import type { JobCheckpoints } from '../../backends/checkpoint-storage.ts'
import type { StreamEnvironment } from '../../program/environment.ts'
import type { Checker } from '../checkers/checker.ts'
import type { Fact } from '../checkers/facts.ts'
import type { FaultName, FaultSettings } from './fault-kinds.ts'
import type { RunProblem } from './run-journal.ts'
import type { SimulationRun } from './simulation-run.ts'
import type { StrategyName } from './strategies.ts'
import type { WatchedChannel } from './watched-channel.ts'

/** The program, built anew for each process. It may depend on what `run` says, and on nothing else that changes. */
export type SimulatedJob = (run: SimulationRun) => StreamEnvironment

/** What a mutant puts in place of a part of the runtime. */
export interface SimulationMutation {
  readonly charts?: Charts
  /** Changes what holds a job's checkpoints, beneath what watches it. */
  readonly checkpoints?: (inner: JobCheckpoints) => JobCheckpoints
  /** The channels between subtasks. */
  readonly channel?: typeof WatchedChannel
  /** What is deployed, with what it restores. */
  readonly descriptors?: (descriptors: readonly SubtaskDescriptor[]) => readonly SubtaskDescriptor[]
  /** What the job claims to be, to checkers and to the check of its output, whatever its program says. */
  readonly claims?: 'exactly-once' | 'at-least-once'
}

export interface SimulationOptions {
  readonly seed: number
  /** Default `portfolio`: one of the strategies, by seed. */
  readonly strategy?: StrategyName | 'portfolio'
  /** Which faults strike, how often at most, or none at all. Default: all, at their usual rates. */
  readonly faults?: FaultSettings | false
  /** How many records the program is asked to bring. Default 160. */
  readonly records?: number
  /** Checkpoints on a simulated disk (true), in memory (false); default: every third seed on disk. */
  readonly disk?: boolean
  /** Does each process after the first run the program at a parallelism of its own? Default: every fourth seed. */
  readonly rescale?: boolean
  /** The choices of an earlier run, to be made again: those that cannot be made are skipped. */
  readonly choices?: readonly string[]
  /** Default: all of them. */
  readonly checkers?: readonly Checker[]
  /** Run it twice and compare the two, step by step. Default true. */
  readonly twice?: boolean
  readonly mutation?: SimulationMutation
  /** Hears every fact, in order. */
  readonly onFact?: (fact: Fact) => void
  /** Steps of all processes together, at most; more are a problem. Default 200,000. */
  readonly maxSteps?: number
}

export interface SimulationReport {
  readonly seed: number
  readonly rescales: boolean
  readonly strategy: StrategyName | 'replay'
  /** What is wrong with the run; empty when nothing is. */
  readonly problems: readonly RunProblem[]
  /** Every choice that was made where there was one. */
  readonly choices: readonly string[]
  readonly steps: number
  /** Steps of machines. */
  readonly transitions: number
  /** Over every step of every machine: equal for equal runs. */
  readonly hash: number
  readonly faults: ReadonlyMap<FaultName, number>
  readonly facts: ReadonlyMap<Fact['type'], number>
  /** How many facts each checker has heard. */
  readonly heard: ReadonlyMap<string, number>
  readonly completed: number
  readonly abortedBy: ReadonlyMap<string, number>
  /** Attempts that began from a checkpoint. */
  readonly restores: number
  readonly processes: number
  /** Of these, those that ran the program with other numbers of subtasks than the one before. */
  readonly rescaled: number
  readonly savepoints: number
  readonly records: number
}
