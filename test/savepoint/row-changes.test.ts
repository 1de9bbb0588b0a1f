import { describe, expect, it } from 'vitest'
import type { RowChange } from '../../src/savepoint/operator-draft.ts'
import { changedItems, changedRows, describeValue } from '../../src/savepoint/row-changes.ts'

const owner = { id: '0'.repeat(32), uid: 'o', name: 'totals' }
const changed = (...changes: readonly ((row: never) => unknown)[]) =>
  changedRows(
    { key: 'ann', value: 1 },
    { name: 's', kind: 'value', from: { stored: 's' }, changes: changes as unknown as readonly RowChange[] },
    owner,
  )
const asked = 'The change of the key "ann" of state "s" of operator "totals" (uid "o")'

describe('a change of rows', () => {
  it('makes none, one or several', () => {
    const row = { key: 'bob', value: undefined }
    expect(changed(() => row)).toEqual([row])
    expect(changed(() => undefined)).toEqual([])
    expect(changed(() => [])).toEqual([])
    expect(changed(() => new Set([row, { ...row }]))).toEqual([row, row])
    expect(
      changed(function* () {
        yield row
      }),
    ).toEqual([row])
    expect(
      changed(
        () => [row, { key: 'eve', value: 2 }],
        ({ key, value }: { key: string; value: unknown }) =>
          value === undefined ? undefined : { key, value: [value] },
      ),
    ).toEqual([{ key: 'eve', value: [2] }])
  })

  it.each([
    ['a promise', async (row: never) => row, 'a promise: changes are synchronous'],
    ['a promise that fails', async () => Promise.reject(new Error('late')), 'a promise'],
    ['a promise among rows', () => [Promise.resolve()], 'a promise'],
    ['a promise as the value', () => ({ key: 'ann', value: Promise.resolve() }), 'a promise'],
    ['rows that come later', async function* () {}, 'what is no row (an object without fields)'],
    ['null', () => null, 'what is no row (null)'],
    ['a number', () => 5, 'what is no row (5)'],
    ['a text', () => 'ann', 'what is no row ("ann")'],
    ['a row without a value', () => ({ key: 'ann', valeu: 1 }), 'what is no row (an object of key, valeu)'],
    ['nothing among rows', () => [undefined], 'what is no row (undefined)'],
    ['rows in rows', () => [[{ key: 'ann', value: 1 }]], 'what is no row (an array of 1)'],
  ])('is refused when it returns %s', (_, change, got) => {
    expect(() => changed(change as never)).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: expect.stringContaining(`${asked} returned ${got}`),
        details: { operator: 'totals', uid: 'o', state: 's', key: '"ann"' },
      }),
    )
  })

  it('fails as the function of a user does, wherever it throws', () => {
    const failure = expect.objectContaining({ code: 'USER_FUNCTION_FAILED', message: `${asked} failed: mine` })
    const fail = (): never => {
      throw new Error('mine')
    }
    expect(() => changed(fail)).toThrow(failure)
    expect(() =>
      changed(function* () {
        yield { key: 'bob', value: 1 }
        fail()
      }),
    ).toThrow(failure)
  })
})

describe('a change of state without keys', () => {
  const items = [undefined, 1, 2].map((value) => ({ subtask: 3, list: 'l', mode: 'split' as const, value }))

  it('removes what becomes undefined, and keeps what was', () => {
    const made = changedItems(items, [({ value }) => (value === 1 ? undefined : value)], owner)
    expect(made.map(({ value }) => value)).toEqual([undefined, 2])
  })

  it('is refused when it returns a promise, and fails as the function of a user does', () => {
    expect(() => changedItems(items, [async () => 1], owner)).toThrow(
      'The change of an item of list "l" of subtask 3 of operator "totals" (uid "o") returned a promise',
    )
    const whole = [{ subtask: 0, list: undefined, mode: undefined, value: 1 }] as const
    const fail = () => {
      throw new Error('mine')
    }
    expect(() => changedItems(whole, [fail], owner)).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION_FAILED',
        message: 'The change of the state without keys of subtask 0 of operator "totals" (uid "o") failed: mine',
      }),
    )
  })
})

it('names what was returned in few words', () => {
  expect(describeValue(() => 1)).toBe('a function')
  expect(describeValue('x'.repeat(1_000)).length).toBeLessThan(70)
})
