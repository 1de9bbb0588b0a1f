/**
 * What the two charts of the coordinator say to each other; nothing outside this folder sees it.
 *
 * The coordinator's chart decides when a checkpoint begins and what follows from its end. The chart of one pending
 * checkpoint decides whether it completes. `coordinator.ts` carries the messages between them.
 */
import type { Alignment, SavepointTarget, SnapshotKind } from '../../core/elements.ts'
import type { CheckpointId } from '../../core/ids.ts'
import type { CheckpointPlan } from './checkpoint-plan.ts'
import type { CheckpointFailureReason, CoordinatorEffect, CoordinatorEvent, RequestOutcome } from './protocol.ts'
import type { CheckpointRequest } from './request-decider.ts'

type EventOf<Type extends CoordinatorEvent['type']> = Extract<CoordinatorEvent, { readonly type: Type }>
type EffectOf<Type extends CoordinatorEffect['type']> = Extract<CoordinatorEffect, { readonly type: Type }>

/** What a pending checkpoint begins with. */
export interface PendingInput {
  readonly id: CheckpointId
  readonly kind: SnapshotKind
  readonly alignment: Alignment | undefined
  readonly periodic: boolean
  readonly timestamp: number
  readonly attempt: number
  readonly requestId: string | undefined
  readonly target: SavepointTarget
  readonly timeoutMs: number
  readonly plan: CheckpointPlan
}

export type PendingEvent =
  | EventOf<
      | 'subtask.acknowledged'
      | 'subtask.declined'
      | 'subtask.finished'
      | 'manifest.stored'
      | 'manifest.failed'
      | 'savepoint.published'
      | 'savepoint.failed'
      | 'storage.cleaned'
      | 'job.stopping'
      | 'job.ended'
      | 'timer.fired'
    >
  /** A newer checkpoint is complete, so this one is of no use. */
  | { readonly type: 'checkpoint.subsumed'; readonly by: CheckpointId; readonly at: number }

/** How a pending checkpoint ended: the last thing its chart says. */
export type Conclusion =
  | {
      readonly type: 'checkpoint.completed'
      readonly checkpointId: CheckpointId
      readonly kind: SnapshotKind
      /** Every subtask had reached the end of its data when it took its snapshot. */
      readonly coversEnd: boolean
      readonly at: number
    }
  | ({
      readonly type: 'checkpoint.aborted'
      readonly checkpointId: CheckpointId
      readonly kind: SnapshotKind
      /** The order to remove its files has been answered already; else it goes out in this step. */
      readonly removed: boolean
      readonly at: number
    } & Abortion)

export interface Abortion {
  readonly reason: CheckpointFailureReason
  readonly code: string
  readonly message: string
}

export type PendingEffect =
  | EffectOf<
      | 'triggerBarrier'
      | 'putManifest'
      | 'publishSavepoint'
      | 'notifyComplete'
      | 'discard'
      | 'retire'
      | 'announce'
      | 'timer.set'
      | 'timer.clear'
      | 'report'
    >
  /** `coordinator.ts` adds the newest restore point. */
  | { readonly type: 'notifyAborted'; readonly params: Omit<EffectOf<'notifyAborted'>['params'], 'latestCompleted'> }
  /** Becomes a `reply` if somebody asked for this checkpoint. */
  | {
      readonly type: 'answer'
      readonly params: { readonly requestId: string | undefined; readonly outcome: RequestOutcome }
    }
  | { readonly type: 'conclude'; readonly params: Conclusion }

export type MainEvent = CoordinatorEvent | Conclusion

export type MainEffect =
  | EffectOf<'settled' | 'failJob' | 'retire' | 'announce' | 'timer.set' | 'timer.clear' | 'report'>
  | { readonly type: 'begin'; readonly params: PendingInput }
  /** Give this event to these pending checkpoints, in the order of their ids. */
  | {
      readonly type: 'tell'
      readonly params: { readonly checkpointIds: readonly CheckpointId[]; readonly event: PendingEvent }
    }
  /** For each of these requests, becomes a failed `reply` to whoever waits for one, else the announcement `dropped`. */
  | {
      readonly type: 'refuse'
      readonly params: { readonly requests: readonly CheckpointRequest[]; readonly why: Abortion; readonly at: number }
    }
