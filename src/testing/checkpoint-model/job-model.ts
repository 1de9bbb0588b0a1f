/**
 * The job of the model: its chart, and what the job's actor does for it. It also is the process: when it starts it opens
 * the storage, and goes on from what it finds there.
 *
 * An attempt that is over within one step (`cancels` at once) hides nothing but that a subtask goes on for a while before
 * it hears that another has failed: what it could still do is put records into channels that are thrown away, and
 * acknowledge, which may just as well have happened before the failure.
 */
import type { SubtaskId } from '../../core/ids.ts'
import type { JobContext } from '../../machines/job/job-context.ts'
import type { JobEffect, JobEvent, JobMachineInput } from '../../machines/job/protocol.ts'
import type { PlainState } from '../../machines/step.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ActorModel, Message, Output, Turn } from '../explorer/system.ts'
import { decidedFirst } from './decided-first.ts'
import type { Content, ToJob } from './model-messages.ts'
import { type CheckpointModelOptions, isSlow, type SlowKind } from './model-options.ts'
import type { ProtocolCharts } from './protocol-parts.ts'
import type { SteppedChart } from './stepped-chart.ts'
import { inputsOf, outputOf, type Topology, taskPlanOf } from './topology.ts'

export interface JobModelState {
  readonly chart: PlainState<JobContext> | undefined
  readonly epoch: number
  /** What the process goes on from. */
  readonly initial: number | undefined
  readonly phase: 'none' | 'preparing' | 'deployed'
}

export interface JobSetting {
  readonly options: CheckpointModelOptions
  readonly topology: Topology
  readonly chart: SteppedChart<ProtocolCharts['job'], JobEffect>
}

const noJob: JobModelState = {
  chart: undefined,
  epoch: 0,
  initial: undefined,
  phase: 'none',
}

export function jobModel(setting: JobSetting): ActorModel<JobModelState, ToJob> {
  return {
    start: {
      state: noJob,
      outputs: [{ type: 'send', to: 'storage', message: { type: 'storage.open' }, immediate: true }],
    },
    receive(state, message) {
      const run = new JobRun(setting, state)
      run.receive(message)
      return run.turn
    },
  }
}

class JobRun {
  readonly #setting: JobSetting
  readonly #events: Omit<JobEvent, 'at' | 'random'>[] = []
  readonly #outputs: Output[] = []
  #state: JobModelState
  #running = false

  constructor(setting: JobSetting, state: JobModelState) {
    this.#setting = setting
    this.#state = state
  }

  get turn(): Turn<JobModelState> {
    return { state: this.#state, outputs: decidedFirst(this.#outputs) }
  }

  receive(message: ToJob): void {
    switch (message.type) {
      case 'storage.opened':
        this.#begin(message)
        return
      case 'attempt.prepared':
        this.#deploy(message)
        return
      case 'attempt.unprepared':
        if (message.attempt !== this.#attempt || this.#state.phase !== 'preparing') return
        this.#feed({
          type: 'job.crashed',
          failure: { code: 'STORAGE_FAILED', message: 'failed', restartable: true },
        } as never)
        return
      default:
        // Of a job that was over when its process began, nobody is there.
        if (this.#state.chart !== undefined) this.#feed(message)
    }
  }

  get #attempt(): number {
    return this.#state.chart!.context.attempt
  }

  #set(change: Partial<JobModelState>): void {
    this.#state = { ...this.#state, ...change }
  }

  #send(to: string, message: object, slow?: SlowKind): void {
    const waits = slow !== undefined && isSlow(this.#setting.options, slow, to)
    this.#outputs.push({ type: 'send', to, message: message as Message, ...(!waits && { immediate: true as const }) })
  }

  #tell(fact: Fact): void {
    this.#outputs.push({ type: 'fact', fact })
  }

  #begin({ epoch, lastId, completed, newest, over }: Extract<ToJob, { type: 'storage.opened' }>): void {
    if (over) return
    const { options, topology } = this.#setting
    const restart: JobMachineInput['restart'] =
      options.restarts === 0
        ? { strategy: 'none' }
        : { strategy: 'fixed-delay', attempts: options.restarts, delayMs: 1 }
    const subtasks = topology.subtasks as readonly SubtaskId[]
    const { state: chart } = this.#setting.chart.start({ restart, subtasks, firstAttempt: 0 })
    this.#set({ ...noJob, chart, epoch, initial: newest })
    this.#send('coordinator', { type: 'coordinator.begins', epoch, lastId, completed })
    this.#send('savepoints', { type: 'savepoints.begin', epoch })
    this.#feed({ type: 'job.submitted' })
  }

  #feed(event: Omit<JobEvent, 'at' | 'random'>): void {
    this.#events.push(event)
    if (this.#running) return
    this.#running = true
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const stamped = { ...next, at: 0, random: 0 } as JobEvent
      const { state, effects } = this.#setting.chart.step(this.#state.chart!, stamped)
      this.#set({ chart: state })
      for (const effect of effects) this.#carryOut(effect)
    }
    this.#running = false
  }

  #deploy({ attempt, restored, given, contents, finished }: Extract<ToJob, { type: 'attempt.prepared' }>): void {
    if (attempt !== this.#attempt || this.#state.phase !== 'preparing') return
    this.#set({ phase: 'deployed' })
    this.#tell({ type: 'attempt.began', attempt, restored })
    const { epoch } = this.#state
    // The last ones first: a channel's end is there before something is put into it.
    for (const subtask of this.#setting.topology.subtasks.toReversed()) {
      const content = contents[subtask]
      const over = finished.includes(subtask)
      const restoredInOutput = inFlightFrom(this.#setting.topology, contents, subtask)
      const from = given[subtask] ?? restored
      const order = { type: 'subtask.deployed', attempt, epoch, restored: from, content, finished: over }
      this.#send(subtask, { ...order, restoredInOutput })
    }
  }

  #end(): void {
    this.#tell({ type: 'attempt.over', attempt: this.#attempt })
    this.#set({ phase: 'none' })
  }

  #carryOut(effect: JobEffect): void {
    const { topology } = this.#setting
    const { epoch } = this.#state
    switch (effect.type) {
      case 'deploy': {
        const { attempt, latest } = effect.params
        this.#set({ phase: 'preparing' })
        const wanted = latest ?? this.#state.initial
        this.#send('storage', { type: 'attempt.prepare', attempt, latest: wanted, epoch }, 'starts')
        return
      }
      case 'startCheckpoints': {
        const { attempt, finished, ended } = effect.params
        this.#send('coordinator', { type: 'job.running', attempt, plan: taskPlanOf(topology, finished) }, 'orders')
        for (const subtask of ended) this.#send('coordinator', { type: 'subtask.ended', subtask, attempt }, 'orders')
        return
      }
      case 'tellEnd': {
        const { status, ...who } = effect.params
        this.#send('coordinator', { type: `subtask.${status}`, ...who }, 'orders')
        return
      }
      case 'stopCheckpoints':
        this.#send(
          'coordinator',
          { type: 'job.stopping', message: 'stopped', failedSubtask: effect.params.failedSubtask },
          'orders',
        )
        return
      case 'cancelSubtasks': {
        const { attempt } = effect.params
        const there = this.#state.phase === 'deployed'
        this.#set({ phase: there ? 'deployed' : 'none' })
        for (const subtask of topology.subtasks) {
          if (there) this.#send(subtask, { type: 'subtask.canceled', attempt }, 'cancels')
          else this.#feed({ type: 'subtask.reported', subtask, attempt, status: 'canceled' } as never)
        }
        return
      }
      case 'reportRestart':
        this.#end()
        return
      case 'release': {
        const { status } = effect.params
        if (this.#state.phase !== 'none') this.#end()
        this.#send('coordinator', { type: 'job.ended' }, 'orders')
        this.#send('storage', { type: 'storage.release', status, epoch })
        return
      }
      case 'complete':
        this.#tell({ type: 'job.over', status: effect.params.status as Extract<Fact, { type: 'job.over' }>['status'] })
        this.#send('client', { type: 'job.completed' })
        return
      case 'timer.set':
      case 'timer.clear':
        this.#outputs.push({ type: effect.type, name: effect.params.name })
        return
      case 'reportStatus':
      case 'report':
        return
    }
  }
}

/** How many records a snapshot puts into the output of a subtask: they are part of the state of its receiver. */
function inFlightFrom(topology: Topology, contents: Readonly<Record<string, Content>>, subtask: string): number {
  const to = outputOf(topology, subtask)
  if (to === undefined) return 0
  return contents[to]?.inFlight[inputsOf(topology, to).indexOf(subtask)]?.length ?? 0
}
