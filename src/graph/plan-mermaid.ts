/** The job graph as a Mermaid flowchart, for a README or a pull request. Owns the drawing only. */
import type { JobEdge, JobGraph, JobOperator, JobVertex } from './job-graph.ts'

/**
 * Draws each vertex as a box around its operators; stateful operators are round like a cylinder, and the arrows between
 * boxes say how records are partitioned.
 *
 * @example planMermaid(buildJobGraph(env.toProgram(), 'word count'))
 */
export function planMermaid(graph: JobGraph): string {
  const lines = ['flowchart LR']
  for (const [index, vertex] of graph.vertices.entries()) {
    lines.push(`  subgraph v${index + 1}["${index + 1} · parallelism ${vertex.parallelism}"]`)
    for (const operator of vertex.operators) lines.push(`    ${shape(operator)}`)
    for (const operator of vertex.operators) lines.push(...chainArrow(operator, vertex))
    lines.push('  end')
  }
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]))
  for (const edge of graph.edges) {
    const from = vertices.get(edge.from)!.operators[edge.fromOperator]!
    const to = vertices.get(edge.to)!.operators[0]!
    lines.push(`  n${from.node} -->|"${edgeLabel(edge)}"| n${to.node}`)
  }
  return lines.join('\n')
}

function shape({ node, name, operator, uid }: JobOperator): string {
  const label = `"${escaped(name)}${uid === undefined || uid === name ? '' : `<br/>uid ${escaped(uid)}`}"`
  return operator.stateful ? `n${node}[(${label})]` : `n${node}[${label}]`
}

function chainArrow({ node, parent, sideOutput }: JobOperator, vertex: JobVertex): string[] {
  if (parent === undefined) return []
  const label = sideOutput === undefined ? '' : `|"${escaped(sideOutput)}"|`
  return [`    n${vertex.operators[parent]!.node} -->${label} n${node}`]
}

const edgeLabel = ({ partitioning, sideOutput }: JobEdge): string =>
  sideOutput === undefined ? partitioning.type : `${escaped(sideOutput)}: ${partitioning.type}`

/** Inside quotes Mermaid reads HTML: what would end the quotes or open a tag is written as an entity. */
const escaped = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/#/g, '#35;')
    .replace(/"/g, '#quot;')
    .replace(/</g, '#lt;')
    .replace(/>/g, '#gt;')
