import { expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { checkFactory, missingKey, notOurs } from '../../src/testing/harness-refusals.ts'

it('says what was expected', () => {
  expect(notOurs(recordBatch(['a'], undefined, ['a']), 3, 1).message).toBe(
    'Key a belongs to subtask 3: expected a key of subtask 1, which is under test.',
  )
  expect(missingKey().message).toContain('expected a `key` function')
  for (const wrong of [null, 'map', {}]) {
    expect(() => checkFactory(wrong)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  }
  expect(() => checkFactory({ create() {} })).not.toThrow()
})
