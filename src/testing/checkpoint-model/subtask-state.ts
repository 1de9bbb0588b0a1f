/** The state of one subtask of the model: its chart, and a data plane that only counts. */
import type { PlainState } from '../../machines/step.ts'
import type { SubtaskContext } from '../../machines/subtask/situation.ts'
import type { Content, Items, ModelElement, Part, StreamRecord } from './model-messages.ts'

export interface SubtaskState {
  /** Undefined: no actor is there. */
  readonly chart: PlainState<SubtaskContext> | undefined
  readonly attempt: number
  readonly epoch: number
  /** Does it take elements or poll? */
  readonly consuming: boolean
  readonly blocked: readonly number[]
  readonly restored: number | undefined
  readonly base: Content | undefined
  /** Records taken of each stream (of a source: given), since the job began. */
  readonly counts: Readonly<Record<string, number>>
  /** Records put into the output, and taken from each input, in this attempt. */
  readonly sent: number
  readonly taken: readonly number[]
  /** Output since the last snapshot, and what is sealed and not known to be visible. */
  readonly open: readonly Items[]
  readonly sealed: readonly Part[]
  /** Savepoints that commit nothing, until they are over. */
  readonly savepoints: readonly number[]
  /** Of a sink that is over: its acknowledged snapshots whose completion it did not hear of. */
  readonly unnotified: readonly number[]
  /** Commits that take their time, oldest first. */
  readonly commits: readonly number[]
  /** What waits on each input, where barriers may overtake. */
  readonly queues: readonly (readonly Queued[])[]
  /** The unaligned checkpoint that records what is consumed, and of which inputs. */
  readonly recording: { readonly checkpointId: number; readonly channels: readonly number[] } | undefined
  /** What was recorded, by checkpoint and input. */
  readonly recorded: readonly Recorded[]
  /** The snapshot that was taken and is not yet written, while its inputs are recorded. */
  readonly unwritten: { readonly checkpointId: number; readonly content: Content } | undefined
  /** The checkpoint whose alignment may time out. */
  readonly timesOut: number | undefined
}

/** `overtook`: how many elements a barrier was put before. */
export type Queued = ModelElement & { readonly overtook?: number }

export interface Recorded {
  readonly checkpointId: number
  readonly channel: number
  /** Which record of the channel is the first. */
  readonly first: number
  readonly records: readonly StreamRecord[]
}

export const noSubtask: SubtaskState = {
  chart: undefined,
  attempt: -1,
  epoch: 0,
  consuming: false,
  blocked: [],
  restored: undefined,
  base: undefined,
  counts: {},
  sent: 0,
  taken: [],
  open: [],
  sealed: [],
  savepoints: [],
  unnotified: [],
  commits: [],
  queues: [],
  recording: undefined,
  recorded: [],
  unwritten: undefined,
  timesOut: undefined,
}

export const emptyContent: Content = { ended: false, counts: {}, parts: [], inFlight: [] }

/** One more item, joined to the range that it continues. */
export function withItem(items: readonly Items[], stream: string, position: number): readonly Items[] {
  const index = items.findIndex((range) => range.stream === stream && range.last + 1 === position)
  if (index >= 0) return items.with(index, { ...items[index]!, last: position })
  return [...items, { stream, first: position, last: position }].toSorted((a, b) =>
    a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.first - b.first,
  )
}
