import { beforeAll, describe, expect, it } from 'vitest'
import { idOfUid } from '../../src/graph/operator-ids.ts'
import { newOperator } from '../../src/savepoint/new-operator.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { written } from './built-savepoint.ts'

const value = (more: object) => ({ uid: 'o', keyed: { s: { kind: 'value', rows: [], ...more } } })
const list = (made: unknown) => ({ uid: 'o', lists: { l: made } })

describe('a new operator', () => {
  it('has the name of its uid, one subtask, and the id that its uid has in a program', () => {
    expect(newOperator({ uid: 'o' })).toMatchObject({
      id: idOfUid('o'),
      name: 'o',
      parallelism: 1,
      maxParallelism: 128,
    })
  })

  it.each([
    [undefined, 'The new operator is undefined: expected an object of uid, name,'],
    [Promise.resolve(), 'The new operator is an object without fields: expected an object of'],
    [{ uid: 'o', key: {} }, 'The new operator has a field "key": expected only uid, name,'],
    [{ uid: 'o', name: 5 }, 'The name of operator "o" is 5: expected a string.'],
    [{ uid: 'o', keyed: null }, 'keyed of operator "o" is null: expected an object.'],
    [{ uid: 'o', timers: new Map() }, 'timers of operator "o" is an object without fields: expected an object.'],
    [{ uid: 'o', keyed: { s: null } }, 'State "s" of operator "o" is null: expected an object of kind, version, rows.'],
    [{ uid: 'o', whole: null }, 'whole of operator "o" is null: expected an array.'],
    [{ uid: 'o', whole: 'x' }, 'whole of operator "o" is "x": expected an array.'],
    [value({ kind: 'timers' }), 'State "s" of operator "o": its kind is "timers": expected one of value, list, map,'],
    [value({ kind: undefined }), 'is undefined: expected one of value,'],
    [value({ kind: 'constructor' }), 'is "constructor": expected one of value,'],
    [value({ version: '1' }), 'State "s" of operator "o" has version 1: expected an integer from 0.'],
    [value({ version: null }), 'has version null'],
    [value({ ttl: true }), 'State "s" of operator "o" has a field "ttl": expected only kind, version, rows.'],
    [value({ rows: 5 }), 'rows of state "s" of operator "o" is 5: expected a Map, or pairs [key, value]'],
    [value({ rows: { a: 1 } }), 'is an object of a: expected a Map'],
    [value({ rows: 'ab' }), 'is "ab": expected a Map'],
    [{ uid: 'o', timers: { t: null } }, 'rows of state "t" of operator "o" is null'],
    [list(null), 'List "l" of operator "o" is null: expected an object of mode, items.'],
    [
      list({ mode: 'foo', items: [] }),
      'List "l" of operator "o": its mode is "foo": expected one of split, union, broadcast.',
    ],
    [list({ items: [] }), 'is undefined: expected one of split'],
    [list({ mode: 'split', items: 5 }), 'items of List "l" of operator "o" is 5: expected an array.'],
    [
      list({ mode: 'split', items: new Set() }),
      'items of List "l" of operator "o" is an object without fields: expected an array.',
    ],
  ])('is refused before anything is written: %j', (operator, message) => {
    expect(() => SavepointBuilder.empty({ jobName: 'j' }).addOperator(operator as never)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) }),
    )
  })

  it.each([[''], [5], [null], [undefined]])('has a uid, which %j is not', (uid) => {
    expect(() => newOperator({ uid: uid as never })).toThrow(expect.objectContaining({ code: 'UID_INVALID' }))
  })
})

describe('a change of a savepoint', () => {
  let base: SavepointReader
  beforeAll(async () => {
    base = await written(
      SavepointBuilder.empty({ jobName: 'j' }).addOperator({
        uid: 'o',
        keyed: { s: { kind: 'value', rows: [['a', 1]] } },
        timers: { t: [['a', [1]]] },
      }),
    )
  })
  const none = undefined as never

  it.each<readonly [string, string, (builder: SavepointBuilder) => unknown, string]>([
    [
      'no function',
      'ARGUMENT_INVALID',
      (b) => b.transform('o', 's', none),
      'The change of state "s" is undefined: expected a function.',
    ],
    ['no function for timers', 'ARGUMENT_INVALID', (b) => b.transformTimers('o', 't', none), 'expected a function'],
    ['no function for items', 'ARGUMENT_INVALID', (b) => b.transformOperatorState('o', none), 'expected a function'],
    [
      'timers of a state',
      'ARGUMENT_INVALID',
      (b) => b.transformTimers('o', 's', () => []),
      '"s" of operator "o" (uid "o") is a state of kind value and holds no timers: use transform.',
    ],
    [
      'the kind of timers',
      'ARGUMENT_INVALID',
      (b) => b.transform('o', 's', (row) => row, { kind: 'timers' as never }),
      'expected one of value',
    ],
    [
      'another field',
      'ARGUMENT_INVALID',
      (b) => b.transform('o', 's', (row) => row, { ttl: true } as never),
      'has a field "ttl"',
    ],
    [
      'a state without rows',
      'ARGUMENT_INVALID',
      (b) => b.addState('o', 'n', { kind: 'value' } as never),
      'rows of state "n" of operator "o" (uid "o") is undefined',
    ],
    [
      'a list of no mode',
      'ARGUMENT_INVALID',
      (b) => b.setList('o', 'l', { items: [] } as never),
      'expected one of split',
    ],
    ['an empty uid', 'UID_INVALID', (b) => b.renameOperator('o', { uid: '' }), 'expected a string that is not empty'],
    ['no uid', 'UID_INVALID', (b) => b.renameOperator('o', {} as never), 'expected a string that is not empty'],
    [
      'no new name',
      'ARGUMENT_INVALID',
      (b) => b.renameOperator('o', null as never),
      'The new name of operator "o" (uid "o") is null: expected an object of uid, id.',
    ],
    ['an operator that is no name', 'ARGUMENT_INVALID', (b) => b.removeOperator(5 as never), 'no operator "5"'],
  ])('is refused for %s', (_, code, change, message) => {
    expect(() => change(SavepointBuilder.from(base))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  it.each([[5], [''], [null], ['a\0b']])('is not written to %j, which is no directory', async (dir) => {
    await expect(SavepointBuilder.from(base).write(dir as never)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: `${JSON.stringify(dir)} is not a directory on this machine: expected the path of one for the new savepoint.`,
    })
  })

  it('needs a job with a name', () => {
    for (const jobName of ['', 5, undefined]) {
      expect(() => SavepointBuilder.empty({ jobName: jobName as never })).toThrow('The job name is')
    }
  })
})
