/**
 * One run of a simulated job from its first process to its end, or to the first thing that is wrong.
 *
 * A process ends when its job does, or dies before; the next one resumes. A run is over when the job has finished and
 * was not stopped to be resumed.
 */
import { StreamError } from '../../core/errors.ts'
import type { JobId } from '../../core/ids.ts'
import { Random } from '../../core/random.ts'
import { buildJobGraph } from '../../graph/build-job-graph.ts'
import { type EffectiveOptions, effectiveOptions } from '../../job/effective-options.ts'
import type { SessionJob } from '../../job/session.ts'
import type { StreamEnvironment } from '../../program/environment.ts'
import type { JobResult } from '../../program/job-handle.ts'
import { checkers as allCheckers } from '../checkers/all-checkers.ts'
import { ActorLabels } from './actor-labels.ts'
import { RecordingChooser } from './chooser.ts'
import { describedPlan } from './described-plan.ts'
import { faultNames, faultRates } from './fault-kinds.ts'
import { ReplayChooser } from './replay-chooser.ts'
import { RunJournal } from './run-journal.ts'
import { type MountedDisk, SimulatedDisk } from './simulated-disk.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedJob, SimulationOptions, SimulationReport } from './simulation-options.ts'
import { SimulationRun } from './simulation-run.ts'
import { makeStrategy, strategyOf } from './strategies.ts'
import { StoredFacts, WatchedStorages } from './watched-storages.ts'

export const jobId = '0'.repeat(31).concat('1') as JobId

export const recordsDefault = 160
const maxStepsDefault = 200_000
const processesMax = 40
const parallelismMax = 4
/** More failures of one process than all faults of a run can bring about: the program fails by itself. */
const failuresMax = 100
/** Microtasks between the last step and the promise of a caller who waits through a few functions. */
const settlingTurns = 50

export interface KeptRun {
  readonly report: SimulationReport
  readonly journal: RunJournal
}

export async function runSimulation(job: SimulatedJob, options: SimulationOptions, steps = false): Promise<KeptRun> {
  const life = new RunLife(job, options, steps)
  await life.run()
  return { report: life.report(), journal: life.journal }
}

class RunLife {
  readonly journal: RunJournal
  readonly #job: SimulatedJob
  readonly #options: SimulationOptions
  readonly #random: Random
  readonly #chooser: RecordingChooser
  readonly #run: SimulationRun
  readonly #strategy: SimulationReport['strategy']
  readonly #disk = new SimulatedDisk()
  readonly #known = new StoredFacts()
  readonly #actionsTaken = new Map<string, number>()
  readonly #abortedBy = new Map<string, number>()
  #memory: WatchedStorages | undefined
  #nowMs = 0
  #steps = 0
  #attempts = 0
  #processes = 0
  /** Draws the parallelism of each process; undefined where it stays. */
  readonly #parallelisms: Random | undefined
  #rescaled = 0
  /** The subtasks of the process before. */
  #subtasks: string | undefined
  #restores = 0
  #completed = 0
  #savepoints = 0
  /** Did the job that ended last end by a stop? */
  #stopped = false
  #mode: 'exactly-once' | 'at-least-once' = 'exactly-once'

  constructor(job: SimulatedJob, options: SimulationOptions, steps: boolean) {
    const {
      seed,
      records = recordsDefault,
      disk = seed % 3 === 0,
      rescale = seed % 4 === 1,
      choices,
      faults,
      onFact,
    } = options
    this.#job = job
    this.#options = options
    this.#random = new Random(seed)
    this.#parallelisms = rescale ? this.#random.fork('parallelism') : undefined
    this.#run = new SimulationRun(seed, records, disk, rescale)
    this.journal = new RunJournal(options.checkers ?? allCheckers, {
      steps,
      trace: (fact) => {
        if (fact.type === 'aborted') this.#abortedBy.set(fact.reason, (this.#abortedBy.get(fact.reason) ?? 0) + 1)
        if (fact.type === 'completed') this.#completed++
        if (fact.type === 'attempt.began') this.#stopped = false
        if (fact.type === 'completed' && fact.kind === 'stop-suspend') this.#stopped = true
        if (fact.type === 'completed' && fact.kind !== 'checkpoint') this.#savepoints++
        if (fact.type === 'attempt.began' && fact.restored !== undefined) this.#restores++
        onFact?.(fact)
      },
    })
    if (choices !== undefined) {
      this.#strategy = 'replay'
      this.#chooser = new RecordingChooser(new ReplayChooser(choices), () => Number.POSITIVE_INFINITY, faultNames)
      return
    }
    this.#strategy = strategyOf(seed, options.strategy ?? 'portfolio')
    const { chooser, rates } = makeStrategy(this.#strategy, this.#random.fork('strategy'), faultRates(faults))
    this.#chooser = new RecordingChooser(chooser, (fault) => rates[fault].most, faultNames)
  }

  async run(): Promise<void> {
    const { journal } = this
    while (!journal.failed && (await this.#oneProcess())) {
      if (this.#processes === processesMax)
        journal.problem('end', `The job has not ended in ${processesMax} processes.`)
    }
    if (journal.isEndless) journal.end()
    if (journal.failed) return
    journal.end()
    for (const problem of this.#run.world.problems(this.#mode)) journal.problem('output', problem)
  }

  /** Runs the next process until it is over. Returns whether another one has to go on. */
  async #oneProcess(): Promise<boolean> {
    const first = this.#processes++ === 0
    this.#run.reset()
    if (!first && this.#parallelisms !== undefined) this.#run.parallelism = this.#parallelisms.int(1, parallelismMax)
    const environment = this.#job(this.#run)
    const effective = effectiveOptions(environment, {}, {}, true)
    const labels = this.#describe(effective, first)
    const mount = this.#disk.mount()
    const process = new SimulatedProcess(
      {
        run: this.#run,
        jobId,
        labels,
        journal: this.journal,
        chooser: this.#chooser,
        random: new Random(this.#options.seed).fork(`process ${this.#processes}`),
        startMs: this.#nowMs,
        timeoutMs: effective.coordinator.timeoutMs,
        attemptsBefore: this.#attempts,
        disk: mount,
        onDisk: effective.storage.kind === 'filesystem',
        restoredFrom: () => this.#known.newest,
        keyGroupsOf: (...of) => this.#known.keyGroups(...of),
        storages: (clock) => this.#storages(mount, clock, labels),
        mutation: this.#options.mutation ?? {},
      },
      this.#actionsTaken,
    )
    const job = await this.#submit(process, environment, first)
    if (job === undefined) return false
    await this.#live(process, job)
    this.#nowMs = process.scheduler.clock.now() + 1
    this.#attempts += process.attempt + 1
    mount.die()
    process.dispose()
    if (this.journal.failed) return false
    if (process.dead === 'store-tears') this.#disk.losePower()
    if (process.dead !== undefined || process.crashed) {
      this.journal.tell({ type: 'process.died' })
      return true
    }
    const result = await job.done
    if (result.error?.code === 'SAVEPOINT_NOT_WITHDRAWN') {
      this.journal.tell({ type: 'process.died' })
      return true
    }
    return this.#goesOn(result)
  }

  #describe({ coordinator, checkpointing, program, name }: EffectiveOptions, first: boolean): ActorLabels {
    const graph = buildJobGraph(program, name)
    const labels = new ActorLabels(jobId, graph)
    const { claims = checkpointing.mode } = this.#options.mutation ?? {}
    this.#mode = claims
    const plan = describedPlan(graph, labels)
    const before = this.#subtasks
    this.#subtasks = plan.subtasks.join()
    if (!first) {
      if (this.#subtasks === before) return labels
      this.#rescaled++
      this.journal.tell({ type: 'run.rescaled', ...plan })
      return labels
    }
    this.journal.tell({
      type: 'run.began',
      maxConcurrent: coordinator.maxConcurrent,
      savepointsMax: coordinator.savepointsMax,
      minPauseMs: coordinator.minPauseMs,
      retained: coordinator.retained,
      mode: claims,
      ...plan,
      outputs: Object.fromEntries(this.#run.world.expected),
    })
    return labels
  }

  #storages(fs: MountedDisk, clock: { now(): number }, labels: ActorLabels): WatchedStorages {
    const make = () =>
      new WatchedStorages({ tell: this.journal.tell, labelOf: labels.of }, this.#known, {
        fs,
        clock,
        mutation: this.#options.mutation?.checkpoints,
      })
    if (this.#run.storage.kind === 'filesystem') return make()
    this.#memory ??= make()
    return this.#memory
  }

  /** Resumes, or begins when there is nothing to resume. Undefined: the job had noted its end before it died. */
  async #submit(
    { session }: SimulatedProcess,
    environment: StreamEnvironment,
    first: boolean,
  ): Promise<SessionJob | undefined> {
    const begin = () => session.submit(environment, { jobId })
    if (first) return begin()
    try {
      return await session.submit(environment, { jobId, resume: true })
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      if (error.code === 'CHECKPOINT_NOT_FOUND') return begin()
      if (error.code === 'JOB_FINISHED') this.journal.tell({ type: 'job.over', status: 'FINISHED' })
      else this.journal.problem('restore', `The job could not be resumed: ${error.message}`)
      return undefined
    }
  }

  async #live(process: SimulatedProcess, job: SessionJob): Promise<void> {
    const { journal } = this
    const { maxSteps = maxStepsDefault } = this.#options
    process.runs(job)
    const failures: string[] = []
    job.events.subscribe((event) => {
      if (event.type === 'task-failed') failures.push(event.error.message)
    })
    while (job.endedAt === undefined && process.dead === undefined && !journal.failed) {
      if (++this.#steps > maxSteps) {
        journal.problem('end', `The job has not ended within ${maxSteps} steps: it is ${job.currentStatus}.`)
        return
      }
      if (failures.length > failuresMax) {
        journal.problem('failures', `The job fails again and again, not by a fault: ${failures.at(-1)}`)
        return
      }
      if (await process.scheduler.step()) continue
      for (let turn = 0; turn < settlingTurns; turn++) await Promise.resolve()
      if (job.endedAt === undefined && process.scheduler.kernel.readyCount === 0) {
        journal.problem('end', `Nothing can happen any more, and the job is ${job.currentStatus}.`)
        return
      }
    }
  }

  /** A job that was stopped with a savepoint is resumed; one that reached its end is over. */
  #goesOn({ status, error }: JobResult): boolean {
    if (status !== 'FINISHED') {
      this.journal.problem('end', `The job ended ${status}: ${error?.message ?? 'nobody knows why'}`)
      return false
    }
    return this.#stopped
  }

  report(): SimulationReport {
    const { facts, hashes, problems } = this.journal
    const heard = (this.#options.checkers ?? allCheckers).map(({ name, hears }): [string, number] => [
      name,
      hears.reduce((sum, type) => sum + (facts.get(type) ?? 0), 0),
    ])
    return {
      seed: this.#options.seed,
      rescales: this.#parallelisms !== undefined,
      strategy: this.#strategy,
      problems,
      choices: this.#chooser.choices,
      steps: this.#steps,
      transitions: hashes.length,
      hash: hashes.at(-1) ?? 0,
      faults: this.#chooser.struck,
      facts,
      heard: new Map(heard),
      completed: this.#completed,
      abortedBy: this.#abortedBy,
      restores: this.#restores,
      processes: this.#processes,
      rescaled: this.#rescaled,
      savepoints: this.#savepoints,
      records: this.#run.records,
    }
  }
}
