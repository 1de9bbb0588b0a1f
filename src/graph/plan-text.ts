/**
 * The job graph for people to read in a terminal. Owns the layout only; `plan-json.ts` is for programs.
 *
 *     Job 'word count': 4 operators in 2 vertices
 *
 *      1  lines -> split  parallelism 2 of at most 128
 *           lines    source    stateful  eae5…  uid 'lines'
 *           └ split  flat-map            07aa…  generated
 *           split → 2  hash  records are routed by key
 */
import type { JobEdge, JobGraph, JobOperator, JobVertex } from './job-graph.ts'

/**
 * Prints every vertex with its parallelism, its operators with their ids, every edge with why it is no chain, and the
 * warnings. Ends without a line break.
 *
 * @example console.log(planText(buildJobGraph(env.toProgram(), 'word count')))
 */
export function planText(graph: JobGraph): string {
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const numbers = new Map(graph.vertices.map(({ id }, index) => [id, String(index + 1)]))
  const numberWidth = String(graph.vertices.length).length
  const indent = ' '.repeat(numberWidth + 3)
  const rows = alignColumns(graph.vertices.flatMap(operatorRows))
  const edgeRows = alignColumns(graph.edges.map((edge) => edgeRow(edge, graph, numbers)))
  const titles = alignColumns(
    graph.vertices.map((vertex) => [
      `${numbers.get(vertex.id)!.padStart(numberWidth + 1)}  ${printable(vertex.name)}`,
      parallelismOf(vertex),
    ]),
  )
  const lines = [`Job '${printable(graph.name)}': ${count(operators.length, 'operator')} in ${vertexCount(graph)}`]
  let row = 0
  for (const [index, vertex] of graph.vertices.entries()) {
    lines.push('', titles[index]!)
    for (const _ of vertex.operators) lines.push(`${indent}  ${rows[row++]}`)
    for (const [at, edge] of graph.edges.entries()) {
      if (edge.from === vertex.id) lines.push(`${indent}  ${edgeRows[at]}`)
    }
  }
  if (graph.warnings.length > 0) lines.push('', 'Warnings', ...graph.warnings.map((text) => `  ! ${printable(text)}`))
  return lines.join('\n')
}

function operatorRows({ operators }: JobVertex): string[][] {
  const depths: number[] = []
  return operators.map((operator, position) => {
    const depth = operator.parent === undefined ? 0 : depths[operator.parent]! + 1
    depths[position] = depth
    const branch = depth === 0 ? '' : `${'  '.repeat(depth - 1)}└ `
    const fedBy = operator.sideOutput === undefined ? '' : ` (from side output '${printable(operator.sideOutput)}')`
    return [
      `${branch}${printable(operator.name)}${fedBy}`,
      operator.operator.kind,
      operator.operator.stateful ? 'stateful' : '',
      operator.id,
      originOf(operator),
    ]
  })
}

const originOf = ({ uid, alternativeId }: JobOperator): string => {
  const origin = uid === undefined ? 'generated' : `uid '${printable(uid)}'`
  return alternativeId === undefined ? origin : `${origin}, or ${alternativeId}`
}

function edgeRow(edge: JobEdge, graph: JobGraph, numbers: ReadonlyMap<string, string>): string[] {
  const from = graph.vertices.find(({ id }) => id === edge.from)!
  const to = graph.vertices.find(({ id }) => id === edge.to)!
  const source = printable(from.operators[edge.fromOperator]!.name)
  const tag = edge.sideOutput === undefined ? '' : ` '${printable(edge.sideOutput)}'`
  const input = to.operators[0]!.operator.inputCount === 2 ? ` (input ${edge.input + 1})` : ''
  return [`${source}${tag} → ${numbers.get(edge.to)}${input}`, edge.partitioning.type, edge.notChainedBecause]
}

const parallelismOf = ({ parallelism, maxParallelism, maxParallelismExplicit }: JobVertex): string =>
  `parallelism ${parallelism} of at most ${maxParallelism}${maxParallelismExplicit ? ' (set)' : ''}`

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
const vertexCount = ({ vertices }: JobGraph): string =>
  vertices.length === 1 ? '1 vertex' : `${vertices.length} vertices`

/** Pads each column to its widest cell; the last cell of a row is left as it is. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** Names come from users: a line break or an escape sequence in one must not disturb the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')
