/**
 * What had finished in a snapshot is not run again, so nothing of a changed program may send it records: they would be
 * lost. And it must not share a chain with what had not, because a chain is run as a whole: it would begin anew.
 *
 * Owns this check of a program against the snapshot that it is submitted with. A restart of the same program needs none.
 * Explained by test/conformance/h-restoring.test.ts (H10).
 */
import { StreamError } from '../core/errors.ts'
import { subtaskId } from '../core/ids.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { JobEdge, JobOperator, JobVertex } from '../graph/job-graph.ts'
import { sendersTo } from './joined-subtasks.ts'
import type { StateAssignment } from './state-assignment.ts'
import { hadFinished } from './state-shares.ts'

/** Fails with `RESTORE_FINISHED_MISMATCH`, naming the operator that had finished and the one that had not. */
export function refuseFedFinished(assignment: StateAssignment, path: string): void {
  const { graph, restores } = assignment
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]))
  const finished = ({ id }: JobVertex, index: number) => restores.get(subtaskId(id, index))?.finished === true
  for (const vertex of graph.vertices) {
    const inputs = graph.edges.filter(({ to }) => to === vertex.id)
    for (let index = 0; index < vertex.parallelism; index++) {
      refuseMixedChain(vertex, index, assignment, path)
      if (!finished(vertex, index)) continue
      if (inputs.length === 0) refuseNewSource(vertex, assignment, path)
      for (const edge of inputs) {
        const feeder = vertices.get(edge.from)!
        const feeds = sendersTo(edge, index, feeder, vertex).some((peer) => !finished(feeder, peer))
        if (feeds) throw fed(vertex.operators[0]!, feederOf(edge, feeder), path, remedyFor(edge, feeder, assignment))
      }
    }
  }
}

const feederOf = ({ fromOperator }: JobEdge, { operators }: JobVertex): JobOperator => operators[fromOperator]!

function refuseMixedChain(vertex: JobVertex, index: number, { matched }: StateAssignment, path: string): void {
  const known = vertex.operators.filter(({ id }) => matched.has(id))
  const hasEnded = ({ id }: JobOperator) => hadFinished(matched.get(id)!, index, vertex.parallelism)
  const ended = known.find(hasEnded)
  const going = known.find((operator) => !hasEnded(operator))
  if (ended === undefined || going === undefined) return
  throw refusal(
    `Operator ${label(ended)} had finished in ${path}, but ${label(going)}, which is in one chain with it now, had not: ` +
      'put them into two with .startNewChain() on the later one.',
    ended,
    going,
  )
}

/** A source that the snapshot does not know, at the head of a chain that had finished: it would never be read. */
function refuseNewSource({ operators }: JobVertex, { matched }: StateAssignment, path: string): void {
  const head = operators[0]!
  if (!matched.has(head.id)) throw fed(operators.find(({ id }) => matched.has(id))!, head, path)
}

const anew = 'To let it start anew, give it another uid.'

/** At another parallelism nothing of an operator has finished unless all had. */
function remedyFor(edge: JobEdge, feeder: JobVertex, { matched }: StateAssignment): string {
  const place = matched.get(feederOf(edge, feeder).id)
  if (place === undefined || place.parallelism === feeder.parallelism) return anew
  return `Its parallelism has changed from ${place.parallelism} to ${feeder.parallelism}: change that of both, or of neither.`
}

const fed = (ended: JobOperator, going: JobOperator, path: string, remedy = anew): StreamError =>
  refusal(
    `Operator ${label(ended)} had finished in ${path}, but ${label(going)} had not and would send it records, which ` +
      `would be lost: expected that all it reads from had finished too. ${remedy}`,
    ended,
    going,
  )

const label = ({ name, uid }: JobOperator): string => operatorLabel({ operatorName: name, uid })

const refusal = (message: string, ended: JobOperator, going: JobOperator): StreamError =>
  new StreamError('RESTORE_FINISHED_MISMATCH', message, {
    details: { operator: ended.name, operatorId: ended.id, fedBy: going.name },
  })
