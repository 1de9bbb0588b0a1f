import { expect, it } from 'vitest'
import { endpointContext } from '../../src/operators/endpoint-context.ts'
import type { OperatorContext } from '../../src/operators/operator.ts'

it('lets an endpoint see whose it is, and neither emit nor touch state', () => {
  const context = { operatorName: 'in', subtaskIndex: 2, now: () => 5, output: {}, state: {}, sideOutput() {} }
  const seen = endpointContext(context as unknown as OperatorContext)
  expect([seen.operatorName, seen.subtaskIndex, seen.now()]).toEqual(['in', 2, 5])
  expect(Object.keys(seen).filter((name) => ['output', 'state', 'sideOutput'].includes(name))).toEqual([])
})
