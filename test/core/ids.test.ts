import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytesToHex,
  type JobId,
  makeJobId,
  makeOperatorId,
  makeTriggerId,
  nextCheckpointId,
  parseCheckpointId,
  parseJobId,
  parseOperatorId,
  parseSubtaskId,
  parseTriggerId,
  roleAddress,
  subtaskAddress,
  subtaskId,
  type VertexId,
} from '../../src/core/ids.ts'

const hex = '0123456789abcdef0123456789abcdef'

describe('ids of 16 bytes', () => {
  it('are made of bytes and read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = bytesToHex(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('hex'))
        expect([makeJobId(bytes), makeOperatorId(bytes), makeTriggerId(bytes)]).toEqual([text, text, text])
        expect([parseJobId(text), parseOperatorId(text), parseTriggerId(text)]).toEqual([text, text, text])
      }),
    )
  })

  it('are read in upper case and with space around', () => {
    expect(parseJobId(` ${hex.toUpperCase()}\n`)).toBe(hex)
  })

  it.each([
    ['JobID', 'JOB_ID_INVALID', parseJobId],
    ['operator id', 'OPERATOR_ID_INVALID', parseOperatorId],
    ['trigger id', 'TRIGGER_ID_INVALID', parseTriggerId],
  ] as const)('%s: anything else is refused with %s', (name, code, parse) => {
    for (const text of ['', 'abc', `${hex}0`, hex.replace('0', 'g'), `${hex.slice(1)}-`]) {
      const message = `Cannot parse ${name} from "${text}": expected 32 hex digits.`
      expect(() => parse(text)).toThrow(expect.objectContaining({ code, message }))
    }
  })
})

describe('checkpoint ids', () => {
  it('are integers from 1, as a number or as digits', () => {
    expect([parseCheckpointId(1), parseCheckpointId('17')]).toEqual([1, 17])
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 53, '0', '', '1.0', '-1', 'x', '99999999999999999999']) {
      expect(() => parseCheckpointId(bad)).toThrow(expect.objectContaining({ code: 'CHECKPOINT_ID_INVALID' }))
    }
  })

  it('rise by one', () => {
    expect([nextCheckpointId(0), nextCheckpointId(parseCheckpointId(41))]).toEqual([1, 42])
  })
})

describe('addresses', () => {
  it('are made of where an actor stands', () => {
    const job = hex as JobId
    const subtask = subtaskId('feed' as VertexId, 3)
    expect(subtask).toBe('feed/3')
    expect(parseSubtaskId(subtask)).toEqual({ vertex: 'feed', index: 3 })
    expect(subtaskAddress(job, subtask)).toBe(`${hex}/feed/3`)
    expect(roleAddress(job, 'coordinator')).toBe(`${hex}/coordinator`)
  })
})
