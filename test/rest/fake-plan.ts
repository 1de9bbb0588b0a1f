/** A plan of a restore put together by hand, for what prints and carries plans. */
import { type JobId, type OperatorId, parseCheckpointId } from '../../src/core/ids.ts'
import type { PlannedOperator, PlannedState } from '../../src/deployment/planned-operator.ts'
import type { RestorePlan } from '../../src/deployment/restore-plan.ts'

export const plannedState = (name: string | undefined, more: Partial<PlannedState> = {}): PlannedState => ({
  name,
  from: undefined,
  kind: 'value',
  storedKind: undefined,
  version: { stored: undefined, program: undefined },
  items: undefined,
  outcome: 'as-is',
  why: undefined,
  ...more,
})

export const plannedOperator = (name: string, more: Partial<PlannedOperator> = {}): PlannedOperator => ({
  id: 'ab'.repeat(16) as OperatorId,
  uid: name,
  name,
  outcome: 'as-is',
  from: undefined,
  parallelism: { stored: 1, program: 1 },
  bytes: 0,
  states: [],
  refusals: [],
  remedies: [],
  ...more,
})

export const fakePlan: RestorePlan = {
  path: '/sp/1',
  snapshot: {
    path: '/sp/1',
    kind: 'savepoint',
    checkpointId: parseCheckpointId(7),
    timestamp: 0,
    job: { id: '0f'.repeat(16) as JobId, name: 'word count' },
  },
  verdict: 'lossless',
  starts: true,
  operators: [plannedOperator('count', { bytes: 2_048, states: [plannedState('total')] })],
  problems: [],
  warnings: [],
}
