/**
 * The names of part files, and what they tell: whose part it is, and which incarnation of its owner wrote it.
 *
 * The owner is one subtask of one operator of one job. An owner has many incarnations: the epoch rises with every process
 * that takes the job over, the attempt with every restart in it. Two of them may be alive at once, so the name of a
 * pending part has its incarnation: what a writer names is its own for good, and what is older than it can be told.
 */
import type { EndpointContext } from '../operators/endpoints.ts'

/** A closed part: its name in `.pending`, and its size. */
export interface Part {
  readonly name: string
  readonly bytes: number
}

export interface PartName {
  readonly owner: string
  readonly epoch: number
  readonly attempt: number
  readonly counter: number
}

const pendingName = /^([0-9a-f]{32}-[0-9a-f]{32}-\d+)-(\d+)\.(\d+)-(\d+)$/
const markerName = /^([0-9a-f]{32}-[0-9a-f]{32}-\d+)\.committed-(\d+)$/
const ownerName = /^([0-9a-f]{32})-([0-9a-f]{32})-(\d+)$/
const padded = (counter: number): string => String(counter).padStart(8, '0')

export const ownerOf = ({
  jobId,
  operatorId,
  subtaskIndex,
}: Pick<EndpointContext, 'jobId' | 'operatorId' | 'subtaskIndex'>): string => `${jobId}-${operatorId}-${subtaskIndex}`

/** The subtask index in the name of an owner. */
export const ownerIndexOf = (owner: string): number => Number(ownerName.exec(owner)?.[3])

/** Does this subtask answer for that owner now? Of all subtasks of a sink exactly one does. */
export const isHeirOf = (owner: string, { subtaskIndex, parallelism }: EndpointContext): boolean =>
  ownerIndexOf(owner) % parallelism === subtaskIndex

/** Is it the owner of a subtask, that there is or was, of this sink in this job? */
export const isOfSink = (owner: string, { jobId, operatorId }: EndpointContext): boolean =>
  owner === ownerOf({ jobId, operatorId, subtaskIndex: ownerIndexOf(owner) })

export const isOwnerName = (name: string): boolean => ownerName.test(name)

export const partNameOf = ({ owner, epoch, attempt, counter }: PartName): string =>
  `${owner}-${epoch}.${attempt}-${padded(counter)}`

/** Undefined when it is no name of a pending part. */
export function parsePartName(name: string): PartName | undefined {
  const [, owner, epoch, attempt, counter] = pendingName.exec(name) ?? []
  if (owner === undefined) return undefined
  return { owner, epoch: Number(epoch), attempt: Number(attempt), counter: Number(counter) }
}

/** Whether `part` was written by an earlier incarnation than `than`: only then may that one clean it up. */
export const isOlder = (part: PartName, than: { readonly epoch: number; readonly attempt: number }): boolean =>
  part.epoch < than.epoch || (part.epoch === than.epoch && part.attempt < than.attempt)

/** The name without the incarnation: owners that restore one state commit one part under one name. */
export function committedNameOf({ owner, counter }: PartName): string {
  const [, job = '', operator = '', subtask = ''] = ownerName.exec(owner) ?? []
  return `part-${job.slice(0, 6)}-${operator.slice(0, 6)}-${subtask}-${padded(counter)}`
}

/** For a part whose name another incarnation has taken: with the incarnation. */
export const asideNameOf = (part: PartName): string => `${committedNameOf(part)}-${part.epoch}.${part.attempt}`

export const markerNameOf = (owner: string, counter: number): string => `${owner}.committed-${padded(counter)}`

export function parseMarkerName(name: string): { readonly owner: string; readonly counter: number } | undefined {
  const [, owner, counter] = markerName.exec(name) ?? []
  return owner === undefined ? undefined : { owner, counter: Number(counter) }
}
