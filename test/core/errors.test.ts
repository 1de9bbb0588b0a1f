import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/core/error-codes.ts'
import { asStreamError, assert, assertNever, messageOf, StreamError } from '../../src/core/errors.ts'

describe('StreamError', () => {
  it('is an error with a code, and cannot be helped by a restart unless it says so', () => {
    const error = new StreamError('JOB_NOT_FOUND', 'No job has the id 00.')
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'StreamError', code: 'JOB_NOT_FOUND', restartable: false, details: {} })
    expect(String(error)).toBe('StreamError: No job has the id 00.')
  })

  it('carries a cause, details and whether a restart can help', () => {
    const cause = new Error('EIO')
    const error = new StreamError('SINK_FAILED', 'The sink "out" failed.', {
      cause,
      restartable: true,
      details: { operator: 'out', subtask: 1 },
    })
    expect(error.cause).toBe(cause)
    expect(error.restartable).toBe(true)
    expect(error.details).toEqual({ operator: 'out', subtask: 1 })
  })

  it('has no cause property when there is no cause', () => {
    expect(Object.hasOwn(new StreamError('BUG', 'x'), 'cause')).toBe(false)
    expect(Object.hasOwn(new StreamError('BUG', 'x', { cause: null }), 'cause')).toBe(true)
  })
})

describe('messageOf', () => {
  it.each([
    [new Error('one'), 'one'],
    ['two', 'two'],
    [undefined, 'undefined'],
    [{ toString: (): string => 'three' }, 'three'],
  ])('reads %s', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message)
  })
})

describe('asStreamError', () => {
  it('leaves a StreamError as it is, even under another code', () => {
    const error = new StreamError('KEY_INVALID', 'The key is undefined.')
    expect(asStreamError(error, 'USER_FUNCTION_FAILED', 'The function of "split" threw')).toBe(error)
  })

  it('wraps anything else under the code and the sentence, with the cause', () => {
    const cause = new TypeError('x is not a function')
    const error = asStreamError(cause, 'USER_FUNCTION_FAILED', 'The function of "split" threw')
    expect(error).toMatchObject({ code: 'USER_FUNCTION_FAILED', restartable: true, cause })
    expect(error.message).toBe('The function of "split" threw: x is not a function')
    expect(asStreamError('no', 'SINK_FAILED', 'It failed', false)).toMatchObject({
      message: 'It failed: no',
      restartable: false,
    })
  })
})

describe('assertions', () => {
  it.each([[true], [1], ['a'], [{}]])('let %j pass', (condition) => {
    expect(() => assert(condition, 'always')).not.toThrow()
  })

  it.each([[false], [0], [''], [undefined], [null]])('report %j as a bug of tidemark', (condition) => {
    expect(() => assert(condition, 'ids rise')).toThrow(
      expect.objectContaining({ code: 'BUG', restartable: false, message: expect.stringContaining(': ids rise.') }),
    )
  })

  it('name the unknown member of a closed union', () => {
    expect(() => assertNever({ type: 'new' } as never, 'effect')).toThrow(
      expect.objectContaining({ code: 'BUG', message: expect.stringContaining('unknown effect {"type":"new"}') }),
    )
  })
})

describe('the table of codes', () => {
  it('has upper-case names and says of each what it means, each differently', () => {
    const names = Object.keys(errorCodes)
    const meanings = Object.values(errorCodes)
    expect(names.filter((name) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(name))).toEqual([])
    expect(meanings.filter((meaning) => !/^[a-z].{10,}[^.]$/.test(meaning))).toEqual([])
    expect(new Set(meanings).size).toBe(names.length)
  })
})
