/**
 * Program → job graph: settles parallelism, assigns ids, fuses chains, and says what deserves a warning.
 *
 * Owns the order of everything in the job graph. Does not own ids (`operator-ids.ts`), the rules of fusing
 * (`chaining.ts`), nor placing subtasks (deployment).
 *
 * INV-JG-1 every operator is in exactly one vertex, after the operator of the same chain that feeds it.
 * INV-JG-2 an edge leads to the head of its vertex: only heads are fed by channels.
 */
import { StreamError } from '../core/errors.ts'
import type { VertexId } from '../core/ids.ts'
import { isChained, whyNotChained } from './chaining.ts'
import type { JobEdge, JobGraph, JobOperator, JobVertex } from './job-graph.ts'
import { assignOperatorIds, type OperatorIds } from './operator-ids.ts'
import { buildStreamGraph, type StreamGraph, type StreamNode } from './stream-graph.ts'
import type { Program, Transformation } from './transformation.ts'
import { warningsOf } from './uid-warnings.ts'

/** Where an operator ended up. */
interface Place {
  readonly vertex: VertexId
  readonly position: number
}

/**
 * Builds the job graph of `program`. Fails with `PROGRAM_EMPTY`, `PARALLELISM_INVALID`, `PARALLELISM_MISMATCH`, `MAX_PARALLELISM_INVALID`,
 * `UID_DUPLICATE`, `UID_MISSING`, `UID_INVALID`, `OPERATOR_ID_INVALID`.
 *
 * @example console.log(planText(buildJobGraph(env.toProgram(), 'word count')))
 */
export function buildJobGraph(program: Program, jobName: string): JobGraph {
  if (!program.transformations.some(({ operator }) => operator.kind === 'sink')) {
    throw new StreamError(
      'PROGRAM_EMPTY',
      `The program of job '${jobName}' has no sink, so nothing would run: end at least one stream with .sinkTo(…).`,
    )
  }
  const graph = buildStreamGraph(program)
  const ids = assignOperatorIds(graph)
  const places = new Map<StreamNode, Place>()
  const vertices = graph.nodes
    .filter((node) => isHead(node, graph))
    .sort(sourcesFirst)
    .map((head) => buildVertex(head, graph, ids, places))
  const { unread } = graph
  return { name: jobName, vertices, edges: buildEdges(graph, places), warnings: warningsOf(vertices, unread) }
}

const isHead = (node: StreamNode, graph: StreamGraph): boolean => !node.inEdges.some((edge) => isChained(edge, graph))

/** By node number within each group, which is topological (INV-SG-1): a chain is fed by smaller numbers only. */
const sourcesFirst = (a: StreamNode, b: StreamNode): number =>
  Math.min(a.inEdges.length, 1) - Math.min(b.inEdges.length, 1)

/** Walks the chain depth first, so that an operator's first reader stands right behind it. */
function buildVertex(
  head: StreamNode,
  graph: StreamGraph,
  ids: ReadonlyMap<number, OperatorIds>,
  places: Map<StreamNode, Place>,
): JobVertex {
  const id = ids.get(head.transformation.node)!.id as string as VertexId
  const operators: JobOperator[] = []
  const pending: {
    readonly node: StreamNode
    readonly parent: number | undefined
    readonly side: string | undefined
  }[] = [{ node: head, parent: undefined, side: undefined }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, parent, side } = next
    const position = operators.length
    operators.push(toOperator(node.transformation, ids, parent, side))
    places.set(node, { vertex: id, position })
    for (const edge of node.outEdges.toReversed()) {
      if (isChained(edge, graph)) pending.push({ node: edge.to, parent: position, side: edge.sideOutput })
    }
  }
  const { parallelism, maxParallelism, maxParallelismExplicit } = head
  return { id, name: chainName(operators), parallelism, maxParallelism, maxParallelismExplicit, operators }
}

const toOperator = (
  { node, name, uid, operator, description }: Transformation,
  ids: ReadonlyMap<number, OperatorIds>,
  parent: number | undefined,
  sideOutput: string | undefined,
): JobOperator => ({
  ...ids.get(node)!,
  uid,
  name,
  ...(description && { description }),
  node,
  operator,
  parent,
  sideOutput,
})

/** `a -> b -> c`; where a chain forks, `a -> (b -> c, d)`. */
function chainName(operators: readonly JobOperator[]): string {
  const names = operators.map(({ name }) => name)
  const readers: number[][] = operators.map(() => [])
  for (const [position, { parent }] of operators.entries()) if (parent !== undefined) readers[parent]!.push(position)
  for (let position = operators.length - 1; position >= 0; position--) {
    const following = readers[position]!.map((reader) => names[reader]!)
    if (following.length === 1) names[position] += ` -> ${following[0]}`
    if (following.length > 1) names[position] += ` -> (${following.join(', ')})`
  }
  return names[0]!
}

function buildEdges(graph: StreamGraph, places: ReadonlyMap<StreamNode, Place>): JobEdge[] {
  const edges: JobEdge[] = []
  for (const edge of graph.nodes.flatMap(({ inEdges }) => inEdges)) {
    const reason = whyNotChained(edge, graph)
    if (reason === undefined) continue
    const from = places.get(edge.from)!
    edges.push({
      from: from.vertex,
      fromOperator: from.position,
      to: places.get(edge.to)!.vertex,
      input: edge.input,
      partitioning: edge.partitioning,
      sideOutput: edge.sideOutput,
      notChainedBecause: reason,
    })
  }
  return edges
}
