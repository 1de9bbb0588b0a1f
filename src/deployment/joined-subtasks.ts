/**
 * Which subtasks an edge joins: the same of both ends, all with all, or, to rescale, each of the fewer with its share of the
 * more, divided as Flink does. Tests: test/deployment/joined-subtasks.test.ts.
 */
import type { JobEdge, JobVertex } from '../graph/job-graph.ts'

type Joined = Pick<JobEdge, 'partitioning'>
type End = Pick<JobVertex, 'parallelism'>

/** The subtasks of `from` that send to subtask `receiver` of `to`. */
export const sendersTo = (edge: Joined, receiver: number, from: End, to: End): number[] =>
  indexes(from).filter((sender) => areJoined(edge, sender, receiver, from, to))

/** The subtasks of `to` that subtask `sender` of `from` sends to. */
export const receiversFrom = (edge: Joined, sender: number, from: End, to: End): number[] =>
  indexes(to).filter((receiver) => areJoined(edge, sender, receiver, from, to))

function areJoined({ partitioning }: Joined, sender: number, receiver: number, from: End, to: End): boolean {
  switch (partitioning.type) {
    case 'forward':
      return sender === receiver
    case 'rescale':
      return from.parallelism <= to.parallelism
        ? Math.floor((receiver * from.parallelism) / to.parallelism) === sender
        : Math.ceil(((sender + 1) * to.parallelism) / from.parallelism) - 1 === receiver
    default:
      return true
  }
}

const indexes = ({ parallelism }: End): number[] => Array.from({ length: parallelism }, (_, index) => index)
