/**
 * May an operator take over its state at the parallelism that the program gives it?
 *
 * Keyed state is divided by key groups, whose number is the maximum parallelism that wrote it: it can never change, and no
 * more subtasks than that can share it. Other state can be divided when it is lists of items (`DividedState`), and only then.
 * Tests: test/deployment/parallelism-check.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import { StreamError } from '../core/errors.ts'
import type { JobOperator, JobVertex } from '../graph/job-graph.ts'
import { isWhole } from './list-matching.ts'
import { labelOf } from './state-mapping.ts'
import type { Heritage } from './state-shares.ts'

/**
 * Why not, or undefined: `RESTORE_PARALLELISM_MISMATCH` or `RESTORE_MAX_PARALLELISM_MISMATCH`, naming the operator, what its
 * state has and what the program has.
 */
export function parallelismRefusal(
  { parallelism, maxParallelism, maxParallelismExplicit }: JobVertex,
  operator: JobOperator,
  heritage: Heritage,
): StreamError | undefined {
  const groups = maxParallelismExplicit ? maxParallelism : heritage.keyed[0]?.stored.maxParallelism
  for (const { stored } of heritage.keyed) {
    if (parallelism > stored.maxParallelism) return tooMany(operator, stored, parallelism)
    if (stored.maxParallelism !== groups) return otherGroups(operator, stored, groups!)
  }
  const whole = heritage.unkeyed.find(({ stored }) => stored.parallelism !== parallelism && isWhole(stored))
  return whole === undefined ? undefined : indivisible(operator, whole.stored, parallelism)
}

/** The vertex with the maximum parallelism of the state that its head takes over, if the program set none. */
export function adoptMaxParallelism(vertex: JobVertex, heritage: Heritage): JobVertex {
  const [source] = heritage.keyed
  if (vertex.maxParallelismExplicit || source === undefined) return vertex
  return { ...vertex, maxParallelism: source.stored.maxParallelism }
}

const tooMany = (operator: JobOperator, { maxParallelism }: ManifestOperator, parallelism: number): StreamError =>
  new StreamError(
    'RESTORE_MAX_PARALLELISM_MISMATCH',
    `Operator ${labelOf(operator)} has parallelism ${parallelism}, but its state has ${maxParallelism} key groups, the maximum ` +
      `parallelism that it was written with, which cannot change: use at most .setParallelism(${maxParallelism}).`,
    { details: { operator: operator.name, expected: maxParallelism, got: parallelism } },
  )

const otherGroups = (operator: JobOperator, stored: ManifestOperator, groups: number): StreamError =>
  new StreamError(
    'RESTORE_MAX_PARALLELISM_MISMATCH',
    `Operator ${labelOf(operator)} has maximum parallelism ${groups}, but its state was written with ` +
      `${stored.maxParallelism}, which cannot change: use .setMaxParallelism(${stored.maxParallelism}), or set none. A savepoint can be made anew with ` +
      `another (SavepointBuilder.setMaxParallelism of tidemark/savepoint).`,
    { details: { operator: operator.name, expected: stored.maxParallelism, got: groups } },
  )

function indivisible(operator: JobOperator, stored: ManifestOperator, parallelism: number): StreamError {
  const { kind } = operator.operator
  const owner = kind === 'source' || kind === 'sink' ? kind : 'operator'
  return new StreamError(
    'RESTORE_PARALLELISM_MISMATCH',
    `Operator ${labelOf(operator)} has parallelism ${parallelism}, but its state was written with parallelism ` +
      `${stored.parallelism}, and its ${owner} keeps one value per subtask, which cannot be divided: use ` +
      `.setParallelism(${stored.parallelism}), or first take a savepoint with one whose snapshot is a DividedState.`,
    { details: { operator: operator.name, expected: stored.parallelism, got: parallelism } },
  )
}
