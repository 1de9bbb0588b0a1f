/**
 * What to tell a person at submission: state that the next version of the program may not find again, and sources that
 * nobody reads. Sentences only; nothing here changes what runs.
 */
import type { JobOperator, JobVertex } from './job-graph.ts'
import type { Transformation } from './transformation.ts'

/** One sentence per stateful operator without a uid, with the line to paste; then one per unread source. */
export function warningsOf(vertices: readonly JobVertex[], unread: readonly Transformation[]): string[] {
  const operators = vertices.flatMap((vertex) => vertex.operators).sort((a, b) => a.node - b.node)
  const taken = new Set(operators.map(({ uid }) => uid))
  const missing = operators.filter(({ operator, uid }) => operator.stateful && uid === undefined)
  return [
    ...missing.map((operator) => missingUid(operator, suggestUid(operator.name, taken))),
    ...unread.map(({ name, node }) => `Source '${name}' (node ${node}) is read by nothing, so it was left out.`),
  ]
}

const missingUid = ({ name, operator, id }: JobOperator, uid: string): string =>
  `Operator '${name}' (${operator.kind}) keeps state but has no uid. Its generated id ${id} may change with the ` +
  `program, and a savepoint would then not match. Add to it: .uid('${uid}')`

/** The name as a uid that nobody has yet: `Word Count!` → `word-count`, then `word-count-2`. */
function suggestUid(name: string, taken: Set<string | undefined>): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '') || 'operator'
  let uid = base
  for (let copy = 2; taken.has(uid); copy++) uid = `${base}-${copy}`
  taken.add(uid)
  return uid
}
