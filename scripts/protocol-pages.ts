/**
 * The generated parts of `docs/protocols`: for each chart its table and its diagram, put between markers. What stands
 * around the markers is written by hand and kept.
 */
import { type CataloguePage, catalogue } from '../src/machines/catalogue.ts'
import { type Chart, type ChartAction, type ChartEdge, describeChart } from '../src/machines/chart-edges.ts'

export const pagePath = ({ page }: CataloguePage): string => `docs/protocols/${page}.md`

export const pages: readonly CataloguePage[] = catalogue

/** The page with its generated parts renewed; a part whose markers are missing is added at the end. */
export function renderPage(page: CataloguePage, current: string | undefined): string {
  let text = current ?? `# ${page.title}\n`
  for (const { name, machine } of page.charts) {
    const chart = describeChart(machine)
    text = replaceBlock(text, `${name} diagram`, ['```mermaid', ...diagram(chart), '```'])
    text = replaceBlock(text, `${name} table`, table(chart))
  }
  return text
}

function replaceBlock(text: string, name: string, lines: readonly string[]): string {
  const [open, close] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
  const block = [open, '', ...lines, '', close].join('\n')
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from === -1 || to === -1) return `${text.trimEnd()}\n\n${block}\n`
  return text.slice(0, from) + block + text.slice(to + close.length)
}

/** One row for each edge, in the order of the chart; what every state has in common comes last, as `any`. */
export function table(chart: Chart): string[] {
  const rows = ['| state | event | condition | next | effects, in order |', '| --- | --- | --- | --- | --- |']
  for (const state of [...chart.states.slice(1), chart.states[0]!]) {
    const name = state.path || 'any'
    if (state.entry.length > 0) rows.push(row(name, '*on entry*', '–', '–', actions(state.entry)))
    if (state.exit.length > 0) rows.push(row(name, '*on exit*', '–', '–', actions(state.exit)))
    const edges = chart.edges.filter((edge) => edge.state === state.path)
    for (const edge of edges) {
      rows.push(row(name, edgeEvent(edge), condition(edge, edges), edge.target ?? 'same', actions(edge.actions)))
    }
  }
  return rows
}

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const edgeEvent = ({ event }: ChartEdge) => (event === 'always' ? '*at once*' : event === '*' ? 'anything else' : event)

const condition = (edge: ChartEdge, siblings: readonly ChartEdge[]): string =>
  edge.guard ?? (siblings.find((other) => other.event === edge.event) === edge ? '–' : 'otherwise')

/** What only changes the machine's knowledge is not an effect; timers are, and stand in parentheses. */
function actions(list: readonly ChartAction[]): string {
  const said = list.flatMap(({ name, kind }) => (kind === 'context' ? [] : kind === 'timer' ? [`(${name})`] : [name]))
  if (said.length > 0) return said.join('; ')
  return list.length > 0 ? '– (context only)' : '–'
}

/** The states with the edges that lead from one to another. */
export function diagram(chart: Chart): string[] {
  const id = (path: string) => path.replaceAll('.', '_')
  const inside = (path: string, indent: string): string[] => {
    const lines: string[] = []
    const parent = chart.states.find((state) => state.path === path)!
    if (parent.initial !== undefined) lines.push(`${indent}[*] --> ${id(parent.initial)}`)
    for (const state of chart.states) {
      if (state.path === '' || parentOf(state.path) !== path) continue
      const label = state.path.slice(path === '' ? 0 : path.length + 1)
      lines.push(`${indent}state "${label}" as ${id(state.path)}`)
      if (state.initial !== undefined) {
        lines.push(`${indent}state ${id(state.path)} {`, ...inside(state.path, `${indent}  `), `${indent}}`)
      }
    }
    return lines
  }
  const arrows = new Map<string, string[]>()
  for (const edge of chart.edges) {
    if (edge.target === undefined || edge.state === '') continue
    const arrow = `${id(edge.state)} --> ${id(edge.target)}`
    const guard = edge.guard === undefined ? '' : ` [${edge.guard}]`
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), `${edge.event}${guard}`])
  }
  const finals = chart.states.filter((state) => state.type === 'final').map((state) => `  ${id(state.path)} --> [*]`)
  return [
    'stateDiagram-v2',
    ...inside('', '  '),
    ...[...arrows].map(([arrow, labels]) => `  ${arrow} : ${labels.join(', ')}`),
    ...finals,
  ]
}

const parentOf = (path: string) => (path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '')
