/** What the actors of the model say to each other, and what of a subtask is kept on the disk. */
import type { SnapshotKind } from '../../core/elements.ts'
import type { JobStatus } from '../../core/job-status.ts'
import type { CoordinatorEvent } from '../../machines/checkpoint-coordinator/protocol.ts'
import type { JobEvent } from '../../machines/job/protocol.ts'
import type { SavepointEvent } from '../../machines/savepoint-store/protocol.ts'
import type { BarrierFacts, SubtaskEvent } from '../../machines/subtask/protocol.ts'

/** Positions `first` to `last` of one stream. */
export interface Items {
  readonly stream: string
  readonly first: number
  readonly last: number
}

/** Output that is not known to be visible; `snapshot` is the first one that covers it. */
export interface Part {
  readonly snapshot: number
  readonly items: readonly Items[]
}

/** The state of one subtask in a snapshot. */
export interface Content {
  readonly ended: boolean
  /** Of a source: its position; of others: how much of each stream they have taken. */
  readonly counts: Readonly<Record<string, number>>
  /** Of a sink: output that restoring makes visible. */
  readonly parts: readonly Part[]
  /** Elements of each input that are part of the snapshot; empty when aligned. */
  readonly inFlight: readonly (readonly StreamRecord[])[]
}

export interface StreamRecord {
  readonly type: 'record'
  readonly attempt: number
  readonly stream: string
  readonly position: number
}

/** What travels between subtasks. */
export type ModelElement =
  | StreamRecord
  | ({ readonly type: 'barrier'; readonly attempt: number } & BarrierFacts)
  | { readonly type: 'cancel-checkpoint'; readonly attempt: number; readonly checkpointId: number }
  | { readonly type: 'end-of-data'; readonly attempt: number }
  | { readonly type: 'end-of-partition'; readonly attempt: number }

export interface Fired {
  readonly type: 'timer.fired'
  readonly name: string
}

interface InAttempt {
  readonly attempt: number
}

export type ToSubtask =
  | ModelElement
  /** Put into an input that is a queue of the receiver. */
  | ({ readonly type: 'element'; readonly element: ModelElement } & InAttempt)
  | Fired
  | ({
      readonly type: 'subtask.deployed'
      readonly epoch: number
      readonly restored: number | undefined
      readonly content: Content | undefined
      /** Had it finished before the snapshot? */
      readonly finished: boolean
      /** Records that the snapshot puts into its output. */
      readonly restoredInOutput: number
    } & InAttempt)
  | (Extract<SubtaskEvent, { type: 'checkpoint.triggered' }> & InAttempt)
  | (Extract<SubtaskEvent, { type: 'checkpoint.completed' | 'checkpoint.aborted' }> & InAttempt)
  | ({ readonly type: 'subtask.canceled' } & InAttempt)
  | { readonly type: 'subtask.crash' }
  /** Something that nobody waits for. */
  | { readonly type: 'stray'; readonly event: SubtaskEvent }
  | ({ readonly type: 'state.written'; readonly checkpointId: number; readonly stored: boolean } & InAttempt)

type Unstamped<Event> = Event extends unknown ? Omit<Event, 'at' | 'random'> : never

export type ToCoordinator =
  | Fired
  | {
      readonly type: 'coordinator.begins'
      readonly epoch: number
      readonly lastId: number
      readonly completed: readonly number[]
    }
  | Exclude<Unstamped<CoordinatorEvent>, { readonly type: 'timer.fired' }>

export type ToJob =
  | Fired
  | {
      readonly type: 'storage.opened'
      readonly epoch: number
      readonly lastId: number
      readonly completed: readonly number[]
      readonly newest: number | undefined
      /** Nothing is left to do: the job has ended for good. */
      readonly over: boolean
    }
  | {
      readonly type: 'attempt.prepared'
      readonly attempt: number
      readonly restored: number | undefined
      /** By subtask: the checkpoint whose content it is given. */
      readonly given: Readonly<Record<string, number>>
      readonly contents: Readonly<Record<string, Content>>
      readonly finished: readonly string[]
    }
  | { readonly type: 'attempt.unprepared'; readonly attempt: number }
  | Exclude<Unstamped<JobEvent>, { readonly type: 'timer.fired' }>

interface OfOwner {
  readonly epoch: number
}

export type ToStorage =
  | { readonly type: 'storage.open' }
  | ({
      readonly type: 'state.write'
      readonly checkpointId: number
      readonly subtask: string
      readonly content: Content
      readonly attempt: number
    } & OfOwner)
  | ({ readonly type: 'state.discard'; readonly checkpointId: number; readonly subtask: string } & OfOwner)
  | ({
      readonly type: 'manifest.put'
      readonly checkpointId: number
      readonly kind: SnapshotKind
      readonly subtasks: readonly string[]
      readonly finished: readonly string[]
    } & OfOwner)
  | ({
      readonly type: 'checkpoints.discard'
      readonly checkpointIds: readonly number[]
      /** Whose acknowledgements the coordinator was still waiting for when a subtask failed. */
      readonly unheard?: readonly string[]
    } & OfOwner)
  | ({ readonly type: 'attempt.prepare'; readonly attempt: number; readonly latest: number | undefined } & OfOwner)
  | ({ readonly type: 'storage.release'; readonly status: JobStatus } & OfOwner)
  | ({
      readonly type: 'savepoint.step'
      readonly key: string
      readonly step: 'reserve' | 'pin' | 'publish' | 'copy' | 'seal' | 'remove' | 'clear' | 'unpin'
      readonly checkpointId: number
      readonly savepoint: string
    } & OfOwner)

export type ToSavepoints =
  | { readonly type: 'savepoints.begin'; readonly epoch: number }
  | { readonly type: 'savepoint.create'; readonly checkpointId: number }
  | { readonly type: 'savepoint.dispose'; readonly savepoint: string; readonly checkpointId: number }
  | { readonly type: 'savepoint.stepped'; readonly key: string; readonly event: SavepointEvent }

export type ToClient =
  | Fired
  /** The process died: nobody will answer any more, and the next process is asked anew. */
  | { readonly type: 'process.died' }
  | {
      readonly type: 'request.answered'
      readonly requestId: string
      readonly checkpointId: number | undefined
      readonly savepoint: string | undefined
    }
  | { readonly type: 'disposal.answered'; readonly failed: boolean }
  | { readonly type: 'job.completed' }

export type ToWorld = {
  readonly type: 'commit'
  readonly subtask: string
  readonly parts: readonly Part[]
}
