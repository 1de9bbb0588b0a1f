/**
 * The actor of a job's checkpoint coordinator: messages in, the pure composition of its charts, effects out.
 *
 * Owns the bytes of a decision (manifests to storage, messages to subtasks). Decides nothing: when a checkpoint starts,
 * completes or aborts is `machines/checkpoint-coordinator`.
 */
import type { JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { isSavepoint, type SavepointTarget } from '../core/elements.ts'
import { asStreamError, assert, messageOf } from '../core/errors.ts'
import { type CheckpointId, type JobId, roleAddress, type SubtaskId, subtaskAddress } from '../core/ids.ts'
import {
  type CoordinatorLogic,
  coordinatorInitial,
  stepCoordinator,
} from '../machines/checkpoint-coordinator/coordinator.ts'
import { isForGood } from '../machines/checkpoint-coordinator/coordinator-context.ts'
import type {
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
} from '../machines/checkpoint-coordinator/protocol.ts'
import { buildManifest, type ManifestPlan } from './build-manifest.ts'
import { type EffectHandlers, MachineDriver } from './effect-handlers.ts'
import type { CoordinatorMessage } from './job-messages.ts'
import type { Actor, Self } from './kernel.ts'
import { savepointsAddress } from './savepoint-actor.ts'
import { SteadyTime } from './steady-time.ts'
import type { Tap } from './tap.ts'

export interface CoordinatorServices {
  readonly config: CoordinatorConfig
  readonly plan: ManifestPlan
  readonly checkpoints: JobCheckpoints
  /** Completed checkpoints to begin with, oldest first: those of the process that died. */
  readonly completed: readonly CheckpointId[]
  /** The highest id ever used, also by the snapshot restored from. */
  readonly lastId: CheckpointId | 0
  /** Hears of each savepoint that is about to be published, before anyone else does. */
  readonly publishing?: ((checkpoint: CheckpointId, target: SavepointTarget) => void) | undefined
  readonly tap: Tap
  /** Other charts than the true ones. */
  readonly logic?: CoordinatorLogic | undefined
}

const trueLogic: CoordinatorLogic = { initial: coordinatorInitial, step: stepCoordinator }

export class CoordinatorActor implements Actor<CoordinatorMessage> {
  readonly #self: Self
  readonly #jobId: JobId
  readonly #services: CoordinatorServices
  readonly #time: SteadyTime
  readonly #driver
  /** Where stored manifests are, until their savepoint is published. */
  readonly #paths = new Map<CheckpointId, string>()
  #attempt = 0

  constructor(self: Self, jobId: JobId, services: CoordinatorServices) {
    this.#self = self
    this.#jobId = jobId
    this.#services = services
    this.#time = new SteadyTime(self.host)
    const logic = services.logic ?? trueLogic
    const first = logic.initial(services.config, { lastId: services.lastId, completed: services.completed })
    this.#driver = new MachineDriver<typeof first.snapshot, CoordinatorEvent, CoordinatorEffect>({
      address: () => self.address,
      attempt: () => this.#attempt,
      first,
      step: logic.step,
      handlers: this.#handlers,
      tap: services.tap,
    })
  }

  receive(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'storage.cleaned':
        if (message.failed !== undefined) this.#self.host.log('warn', message.failed)
        this.#feed(message)
        return
      case 'manifest.written':
        this.#stored(message.snapshot)
        return
      default:
        this.#feed(message as Omit<CoordinatorEvent, 'at' | 'random'>)
    }
  }

  #feed(event: Omit<CoordinatorEvent, 'at' | 'random'>): void {
    const { host } = this.#self
    if (event.type === 'job.running') this.#attempt = (event as { attempt: number } & typeof event).attempt
    this.#driver.feed({ ...event, at: this.#time.now(), random: host.random.next() } as CoordinatorEvent)
  }

  #stored(snapshot: StoredSnapshot): void {
    const { checkpointId, kind } = snapshot.manifest
    if (isSavepoint(kind)) this.#paths.set(checkpointId, snapshot.path)
    this.#feed({ type: 'manifest.stored', checkpointId, path: snapshot.path } as CoordinatorMessage & CoordinatorEvent)
  }

  #toSubtasks(subtasks: readonly SubtaskId[], message: object): void {
    for (const subtask of subtasks) this.#self.send(subtaskAddress(this.#jobId, subtask), message)
  }

  #toClient(message: object): void {
    this.#self.send(roleAddress(this.#jobId, 'client'), message)
  }

  #crashJob(code: string, message: string, restartable: boolean): void {
    const failure = { code, message, restartable }
    this.#self.send(roleAddress(this.#jobId, 'job'), { type: 'job.crashed', failure })
  }

  #clean(checkpointIds: readonly CheckpointId[]): void {
    const kept: CheckpointId[] = []
    this.#self.io(
      'clean',
      async () => {
        for (const id of checkpointIds) if (!(await this.#services.checkpoints.discard(id))) kept.push(id)
      },
      (): CoordinatorMessage => ({ type: 'storage.cleaned', checkpointIds, kept, failed: undefined }),
      (thrown): CoordinatorMessage => ({
        type: 'storage.cleaned',
        checkpointIds,
        kept,
        failed: `Checkpoint files could not be removed and stay until the next sweep: ${messageOf(thrown)}`,
      }),
    )
  }

  readonly #handlers: EffectHandlers<CoordinatorEffect> = {
    triggerBarrier: ({ subtasks, timestamp, ...facts }) => {
      const trigger = { type: 'checkpoint.triggered', timestamp: this.#time.timeOfDay(timestamp), ...facts }
      this.#toSubtasks(subtasks, trigger)
    },
    putManifest: ({ timestamp, ...facts }) => {
      const { checkpointId } = facts
      const params = { ...facts, timestamp: this.#time.timeOfDay(timestamp) }
      this.#self.io(
        `store checkpoint ${checkpointId}`,
        () => this.#services.checkpoints.putManifest(buildManifest(this.#services.plan, params)),
        (snapshot): CoordinatorMessage => ({ type: 'manifest.written', snapshot }),
        (thrown): CoordinatorMessage => {
          const { code, message } = asStreamError(thrown, 'STORAGE_FAILED', `Checkpoint ${checkpointId} was not stored`)
          return { type: 'manifest.failed', checkpointId, code, message }
        },
      )
    },
    publishSavepoint: ({ checkpointId, target }) => {
      const checkpointPath = this.#paths.get(checkpointId)
      assert(checkpointPath !== undefined, `checkpoint ${checkpointId} is published before it is stored`)
      this.#paths.delete(checkpointId)
      this.#services.publishing?.(checkpointId, target)
      const message = { type: 'savepoint.create', jobId: this.#jobId, checkpointId, checkpointPath, target }
      this.#self.send(savepointsAddress, message)
    },
    notifyComplete: ({ subtasks, checkpointId }) =>
      this.#toSubtasks(subtasks, { type: 'checkpoint.completed', checkpointId }),
    notifyAborted: ({ subtasks, checkpointId, latestCompleted }) =>
      this.#toSubtasks(subtasks, { type: 'checkpoint.aborted', checkpointId, latestCompleted }),
    discard: ({ checkpointId }) => this.#clean([checkpointId]),
    retire: ({ checkpointIds }) => this.#clean(checkpointIds),
    reply: (params) => this.#toClient({ type: 'request.answered', ...params }),
    settled: ({ latest }) => {
      this.#self.send(roleAddress(this.#jobId, 'job'), { type: 'checkpoints.settled', latest })
    },
    failJob: ({ code, message }) => this.#crashJob(code, message, !isForGood(code)),
    announce: (announced) => {
      const announcement = { ...announced, at: this.#time.timeOfDay(announced.at) }
      this.#toClient({ type: 'checkpoint.announced', announcement })
    },
    'timer.set': ({ name, delayMs }) => this.#self.setTimer(name, delayMs),
    'timer.clear': ({ name }) => this.#self.clearTimer(name),
    report: () => {},
  }
}
