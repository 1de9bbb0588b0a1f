/**
 * Which edges fuse into direct calls, and the reason in words when one does not. The rules and their order are
 * Flink's; generated operator ids depend on them, so a change here changes ids and loses state.
 *
 * Pure. Odd cases are in `test/graph/chaining.test.ts`.
 */
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.ts'
import type { ChainingStrategy, Partitioning } from './transformation.ts'

/** Why the two ends of `edge` do not share a chain; undefined when they do. */
export function whyNotChained(edge: StreamEdge, graph: Pick<StreamGraph, 'chaining'>): string | undefined {
  const { from, to } = edge
  return (
    whyNotDirect(edge) ??
    whyNotOneInput(to) ??
    (graph.chaining ? undefined : 'chaining is switched off for the whole program') ??
    whyUpstreamRefuses(from) ??
    whyDownstreamRefuses(to, from)
  )
}

export const isChained = (edge: StreamEdge, graph: Pick<StreamGraph, 'chaining'>): boolean =>
  whyNotChained(edge, graph) === undefined

const partitioningReasons: Readonly<Record<Exclude<Partitioning['type'], 'forward'>, string>> = {
  hash: 'records are routed by key',
  rebalance: 'records are dealt out in turn (rebalance)',
  rescale: 'records are dealt out in turn among few (rescale)',
  shuffle: 'records are dealt out by chance (shuffle)',
  global: 'the first subtask gets every record (global)',
  custom: 'records are routed by a function (custom)',
  broadcast: 'every subtask gets every record (broadcast)',
}

function whyNotDirect({ declared, from, to }: StreamEdge): string | undefined {
  if (declared.type !== 'forward') return partitioningReasons[declared.type]
  if (from.parallelism === to.parallelism) return undefined
  return `the parallelism differs: ${from.parallelism} here, ${to.parallelism} there`
}

function whyNotOneInput(to: StreamNode): string | undefined {
  if (to.inEdges.length === 1) return undefined
  const name = quoted(to)
  return to.transformation.operator.inputCount === 2
    ? `${name} has two inputs`
    : `${name} reads a union of ${to.inEdges.length} streams`
}

const whyUpstreamRefuses = (from: StreamNode): string | undefined =>
  from.transformation.operator.chaining === 'never' ? `chaining is disabled for ${quoted(from)}` : undefined

function whyDownstreamRefuses(to: StreamNode, from: StreamNode): string | undefined {
  const name = quoted(to)
  const strategy: ChainingStrategy = to.transformation.operator.chaining
  switch (strategy) {
    case 'always':
      return undefined
    case 'never':
      return `chaining is disabled for ${name}`
    case 'head':
      return `${name} starts a new chain`
    case 'head-with-sources':
      return from.transformation.operator.inputCount === 0 ? undefined : `${name} is chained to sources only`
  }
}

const quoted = ({ transformation }: StreamNode): string => `'${transformation.name}'`
