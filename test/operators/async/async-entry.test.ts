import { expect, it } from 'vitest'
import { CallRequest } from '../../../src/operators/async/async-entry.ts'

it('aborts the signal of those who have asked for it, and of those who ask for it later', () => {
  const early = new CallRequest(undefined, 1)
  const { signal } = early
  expect(signal.aborted).toBe(false)
  early.abort('too late')
  expect([signal.aborted, String(signal.reason)]).toEqual([true, 'Error: too late'])
  const late = new CallRequest(undefined, 1)
  late.abort('too late')
  expect([late.signal.aborted, String(late.signal.reason), late.signal]).toEqual([true, 'Error: too late', late.signal])
})
