/**
 * From the steps of machines to facts: what a run's control plane does, in the words that checkers understand.
 *
 * Orders are told before they are carried out, except a snapshot: what it flushes belongs before it. Attempts are
 * numbered through all processes of the run, so that no two have the same number.
 */
import type { SubtaskDescriptor } from '../../actors/subtask-descriptor.ts'
import type { StepSeen } from '../../actors/tap.ts'
import { isSavepoint, type SnapshotKind } from '../../core/elements.ts'
import type { CheckpointAnnouncement, CoordinatorEffect } from '../../machines/checkpoint-coordinator/protocol.ts'
import type { JobEffect } from '../../machines/job/protocol.ts'
import type { SubtaskEffect } from '../../machines/subtask/protocol.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ProcessParts } from './process-parts.ts'
import { restoredKeyGroups } from './restored-key-groups.ts'

export interface FactTelling {
  readonly tell: (fact: Fact) => void
  readonly labelOf: (name: string) => string
  /** The number, in the whole run, of an attempt of this process. */
  readonly attemptOf: (attempt: number) => number
  /** Of the run's own clock, which never goes back. */
  readonly now: () => number
  /** What a job of this process restores from that has no checkpoint of its own. */
  readonly restoredFrom: () => number | undefined
  readonly keyGroupsOf: ProcessParts['keyGroupsOf']
}

type OverHow = Extract<Fact, { readonly type: 'subtask.over' }>['how']
const ends: Readonly<Record<string, OverHow>> = { finished: 'finished', failed: 'failed', canceled: 'canceled' }

/** What of a coordinator's snapshot tells who takes part. */
interface CoordinatorView {
  readonly pending?: readonly {
    readonly id: number
    readonly snapshot: {
      readonly context: {
        readonly periodic: boolean
        readonly participants: readonly { readonly subtask: string }[]
      }
    }
  }[]
}

export class ControlFacts {
  readonly #to: FactTelling
  /** Of the attempt that was deployed last. */
  #descriptors = new Map<string, SubtaskDescriptor>()
  #restored: number | undefined
  #alive = new Set<string>()
  /** Requests that nobody has answered yet. */
  readonly #asked = new Set<string>()
  #over = false

  constructor(to: FactTelling) {
    this.#to = to
  }

  /** The checkpoint that the attempt deployed last restores from. */
  get restored(): number | undefined {
    return this.#restored
  }

  /** Ids of the subtasks of the attempt that was deployed last. */
  get subtasks(): readonly string[] {
    return [...this.#descriptors.keys()]
  }

  /** The channels of an attempt are being made. */
  deployed(descriptors: readonly SubtaskDescriptor[]): void {
    const { tell, attemptOf, labelOf } = this.#to
    const [first] = descriptors
    if (first === undefined) return
    this.#descriptors = new Map(descriptors.map((descriptor) => [descriptor.id, descriptor]))
    this.#alive = new Set(descriptors.map(({ id }) => labelOf(id)))
    this.#restored = descriptors.find(({ restore }) => restore !== undefined)?.restore?.checkpointId
    tell({ type: 'attempt.began', attempt: attemptOf(first.attempt), restored: this.#restored })
    const { keyGroupsOf } = this.#to
    const writtenOf = (operator: string, parallelism: number) =>
      this.#restored === undefined ? undefined : keyGroupsOf(this.#restored, operator, parallelism)
    for (const fact of restoredKeyGroups(descriptors, attemptOf(first.attempt), labelOf, writtenOf)) tell(fact)
  }

  step({ address, attempt, event, effects, snapshot }: StepSeen): void {
    const role = address.slice(address.lastIndexOf('/') + 1)
    if (role === 'job') this.#job(effects as readonly JobEffect[])
    else if (role === 'coordinator') {
      this.#coordinatorHeard(event)
      for (const effect of effects as readonly CoordinatorEffect[])
        this.#coordinatorOrders(effect, attempt, snapshot as CoordinatorView)
    } else if (role !== 'savepoints') {
      const subtask = address.slice(address.indexOf('/') + 1)
      this.#subtaskHeard(event, subtask, attempt)
      for (const effect of effects as readonly SubtaskEffect[]) this.#subtaskOrders(effect, subtask, attempt)
    }
  }

  /** An effect was carried out. */
  carriedOut({ address, attempt, effects }: StepSeen, index: number): void {
    const effect = effects[index] as SubtaskEffect
    if (effect.type !== 'takeSnapshot') return
    const { checkpointId, kind, ended } = effect.params
    const subtask = this.#to.labelOf(address)
    this.#to.tell({ type: 'snapshot.taken', attempt: this.#to.attemptOf(attempt), subtask, checkpointId, kind, ended })
  }

  /** A message was sent to an actor. */
  sent(message: { readonly type: string }): void {
    const { tell } = this.#to
    if (message.type === 'checkpoint.requested') {
      const { requestId: request, kind } = message as unknown as { requestId: string; kind: SnapshotKind }
      if (!isSavepoint(kind)) return
      this.#asked.add(request)
      tell({ type: 'savepoint.asked', request, kind })
    }
    // Its client hears that the job is over, and answers all who wait.
    this.#over = this.#over || message.type === 'job.completed'
    if (this.#over) for (const request of this.#asked) this.#answer(request, undefined)
  }

  #answer(request: string, checkpointId: number | undefined): void {
    if (this.#asked.delete(request)) this.#to.tell({ type: 'savepoint.answered', request, checkpointId })
  }

  #job(effects: readonly JobEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'complete') continue
      const { status } = effect.params
      // A job that failed is taken up again by the next process of the run.
      if (status === 'FINISHED' || status === 'CANCELED' || status === 'SUSPENDED')
        this.#to.tell({ type: 'job.over', status })
    }
  }

  #coordinatorHeard(event: StepSeen['event']): void {
    if (event.type !== 'subtask.acknowledged') return
    const { checkpointId, attempt, subtask } = event as unknown as {
      checkpointId: number
      attempt: number
      subtask: string
    }
    const { tell, attemptOf, labelOf } = this.#to
    const heard = { checkpointId, attempt: attemptOf(attempt), subtask: labelOf(subtask) }
    tell({ type: 'acknowledgement.heard', ...heard })
  }

  #coordinatorOrders(effect: CoordinatorEffect, attempt: number, view: CoordinatorView): void {
    const { tell, labelOf } = this.#to
    switch (effect.type) {
      case 'announce':
        this.#announced(effect.params, attempt, view)
        return
      case 'putManifest':
        tell({ type: 'manifest.ordered', checkpointId: effect.params.checkpointId })
        return
      case 'notifyComplete':
      case 'notifyAborted': {
        const { checkpointId } = effect.params
        const type = effect.type === 'notifyComplete' ? 'completion.told' : 'abortion.told'
        tell({ type, checkpointId, subtasks: effect.params.subtasks.map(labelOf) })
        return
      }
      case 'settled':
        tell({ type: 'settled', latest: effect.params.latest ?? this.#to.restoredFrom() })
        return
      case 'reply': {
        const { requestId, outcome } = effect.params
        this.#answer(requestId, outcome.type === 'completed' ? outcome.checkpointId : undefined)
        return
      }
      default:
    }
  }

  #announced(announcement: CheckpointAnnouncement, attempt: number, view: CoordinatorView): void {
    const { tell, now, attemptOf, labelOf } = this.#to
    const at = now()
    switch (announcement.type) {
      case 'triggered': {
        const { checkpointId, kind } = announcement
        const context = view.pending?.find(({ id }) => id === checkpointId)?.snapshot.context
        const participants = context?.participants.map(({ subtask }) => labelOf(subtask)) ?? []
        const periodic = context?.periodic ?? false
        tell({ type: 'triggered', checkpointId, kind, attempt: attemptOf(attempt), periodic, participants, at })
        return
      }
      case 'completed':
        tell({ type: 'completed', checkpointId: announcement.checkpointId, kind: announcement.kind, at })
        return
      case 'aborted': {
        const { checkpointId, kind, reason } = announcement
        tell({ type: 'aborted', checkpointId, kind, reason, at })
        return
      }
      default:
    }
  }

  #subtaskHeard(event: StepSeen['event'], id: string, attempt: number): void {
    const of = { attempt: this.#to.attemptOf(attempt), subtask: this.#to.labelOf(id) }
    const { checkpointId } = event as unknown as { checkpointId: number }
    switch (event.type) {
      case 'snapshot.stored':
        this.#to.tell({ type: 'snapshot.durable', ...of, checkpointId })
        return
      case 'checkpoint.completed':
        this.#to.tell({ type: 'completion.heard', ...of, checkpointId })
        return
      case 'checkpoint.aborted':
        this.#to.tell({ type: 'abortion.heard', ...of, checkpointId })
        return
      case 'data.ended':
        this.#to.tell({ type: 'data.ended', ...of })
        return
      default:
    }
  }

  #subtaskOrders(effect: SubtaskEffect, id: string, localAttempt: number): void {
    const { tell, labelOf } = this.#to
    const attempt = this.#to.attemptOf(localAttempt)
    const of = { attempt, subtask: labelOf(id) }
    switch (effect.type) {
      case 'openOperators':
        tell({ type: 'subtask.began', ...of, restored: this.#restoredBy(id) })
        return
      case 'blockInput': {
        const input = this.#descriptors.get(id)?.inputs[effect.params.channel]
        if (input !== undefined) tell({ type: 'input.blocked', attempt, channel: labelOf(input.channel) })
        return
      }
      case 'unblockInputs':
        tell({ type: 'inputs.unblocked', ...of })
        return
      case 'discardSnapshot':
        tell({ type: 'snapshot.discarded', ...of, checkpointId: effect.params.checkpointId })
        return
      case 'acknowledge':
        tell({ type: 'acknowledged', ...of, checkpointId: effect.params.checkpointId })
        return
      case 'decline':
        tell({ type: 'declined', ...of, checkpointId: effect.params.checkpointId })
        return
      case 'reportStatus': {
        const how = ends[effect.params.status]
        if (how !== undefined) this.#subtaskOver(of, how)
        return
      }
      default:
    }
  }

  /** A subtask without state of its own counts as restored from where the others are. */
  #restoredBy(id: string): number | undefined {
    return this.#descriptors.get(id)?.restore?.checkpointId ?? this.#restored
  }

  #subtaskOver(of: { readonly attempt: number; readonly subtask: string }, how: OverHow): void {
    this.#to.tell({ type: 'subtask.over', ...of, how })
    if (!this.#alive.delete(of.subtask) || this.#alive.size > 0) return
    this.#to.tell({ type: 'attempt.over', attempt: of.attempt })
  }
}
