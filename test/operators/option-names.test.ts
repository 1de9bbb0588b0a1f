import { describe, expect, it } from 'vitest'
import { asyncOperator } from '../../src/operators/async/async-operator.ts'
import { checkNames, checkSpelling } from '../../src/operators/option-names.ts'
import { slidingEventTimeWindows, tumblingProcessingTimeWindows } from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import { checkNumberOf } from '../../src/program/program-builder.ts'
import { failure } from './chain-harness.ts'

describe('options', () => {
  it.each<[string, () => unknown, string]>([
    [
      'of windows',
      () => slidingEventTimeWindows(10, 5, { offset: 1 } as never),
      'The options of slidingEventTimeWindows have "offset": expected only offsetMs.',
    ],
    [
      'that are a number',
      () => tumblingProcessingTimeWindows(10, 5 as never),
      'The options of tumblingProcessingTimeWindows are 5: expected an object.',
    ],
    [
      'of an evictor',
      () => countEvictor(3, { afer: true } as never),
      'The options of the count evictor of 3 have "afer": expected only after.',
    ],
    [
      'of a choice',
      () => checkNumberOf('minBy', 'n', { tie: 'last' } as never),
      'The options of minBy have "tie": expected only onTie.',
    ],
    ['that are a function', () => checkNames(() => {}, ['a'], 'These'), 'These are a value of type function'],
    ['that are null', () => checkNames(null, ['a'], 'These'), 'These are null'],
  ])('%s have no other names', (_of, make, message) => {
    expect(failure(make)).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) })
  })
})

describe('definitions', () => {
  const call = async (value: string) => value
  const made = (more: object) => asyncOperator({ call, ...more }, true)

  it.each([
    [{ capcity: 3 }, '"capcity", which is not an option: did you mean "capacity"?'],
    [{ timeout: 3 }, 'did you mean "timeoutMs"?'],
    [{ ontimeout: call }, 'did you mean "onTimeout"?'],
    [
      { retry: { attempts: 2, delayMs: 1, retryon: () => true } },
      'The retry of an asynchronous operator has "retryon"',
    ],
    [{ retry: { attempts: 2, delayMs: 1, backofMultiplier: 2 } }, 'did you mean "backoffMultiplier"?'],
  ])('are not misspelt: %o', (more, message) => {
    expect(failure(() => made(more))).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('may have fields of their own', () => {
    expect(() =>
      made({ client: {}, entry: 1, cache: new Map(), retry: { attempts: 1, delayMs: 0, seen: 1 } }),
    ).not.toThrow()
    expect(() => checkSpelling({ a: 1, client: 2 }, ['a', 'called'], 'It')).not.toThrow()
  })
})
