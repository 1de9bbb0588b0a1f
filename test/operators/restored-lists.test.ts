import { expect, it } from 'vitest'
import { DividedState } from '../../src/core/operator-state.ts'
import type { OperatorContext } from '../../src/operators/operator.ts'
import { restoredLists } from '../../src/operators/restored-lists.ts'
import { failure } from './chain-harness.ts'

const context = { operatorName: 'look up', uid: 'u', subtaskIndex: 0 } as OperatorContext

it('gives the lists, if there are any, and refuses state that is none', () => {
  const lists = new DividedState({ inFlight: { mode: 'split', items: [1] } })
  expect([restoredLists(context, lists, 'x'), restoredLists(context, undefined, 'x')]).toEqual([lists, undefined])
  const { code, message } = failure(() => restoredLists(context, 5, 'an asynchronous operator'))
  expect(code).toBe('RESTORE_STATE_INCOMPATIBLE')
  expect(message).toContain('operator "look up" (uid "u") is not that of an asynchronous operator')
})
