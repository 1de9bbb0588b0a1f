import { expect, it } from 'vitest'
import { assignments } from '../../../src/machines/subtask/assignments.ts'
import { changes } from '../../../src/machines/subtask/changes.ts'

it('every change of the context is an action of the same name', () => {
  expect(Object.keys(assignments).sort()).toEqual(Object.keys(changes).sort())
})
