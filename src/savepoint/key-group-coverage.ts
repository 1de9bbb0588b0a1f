/**
 * Does each subtask's keyed state cover the key groups that the subtask owned, once? Pure.
 *
 * A subtask without keyed state had none to write; its key groups are empty. Tests: test/savepoint/verify-savepoint.test.ts.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import { type KeyGroupRange, keyGroupRangeOf } from '../core/key-groups.ts'
import type { Finding } from './finding.ts'
import { labelOf } from './operator-facts.ts'

export function coverageFindings(operator: ManifestOperator, dir: string): readonly Finding[] {
  const { parallelism, maxParallelism, subtasks } = operator
  const damaged = (message: string): Finding => ({
    code: 'MANIFEST_DAMAGED',
    severity: 'damage',
    place: `${dir}/_metadata`,
    message: `Operator ${labelOf(operator)}${message}.`,
  })
  const misplaced = subtasks.flatMap(({ index, keyed }) => {
    const owned = keyGroupRangeOf(index, parallelism, maxParallelism)
    return keyed
      .filter(({ keyGroups }) => keyGroups.start !== owned.start || keyGroups.end !== owned.end)
      .map(({ keyGroups }) =>
        damaged(`, subtask ${index}, owned key groups ${shown(owned)}, but a segment of it covers ${shown(keyGroups)}`),
      )
  })
  const kinds = new Map<string, string>()
  const mixed = new Set<string>()
  for (const { name, kind } of subtasks.flatMap(({ keyed }) => keyed.flatMap(({ states }) => states))) {
    const before = kinds.get(name) ?? kind
    kinds.set(name, before)
    if (before !== kind) mixed.add(`'s state "${name}" is of kind ${before} in one segment and ${kind} in another`)
  }
  return [...misplaced, ...[...mixed].map(damaged)]
}

const shown = ({ start, end }: KeyGroupRange): string => `${start} to ${end}`
