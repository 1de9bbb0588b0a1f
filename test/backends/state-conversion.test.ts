import { describe, expect, it } from 'vitest'
import { changingKinds, kindChange } from '../../src/backends/kind-changes.ts'
import type { StateDescriptor } from '../../src/backends/state-backend.ts'
import { checkStamped, eachValue, earliestUse, mapContent } from '../../src/backends/state-contents.ts'
import { conversionOf, factsOf } from '../../src/backends/state-conversion.ts'
import type { StateKind, StoredState } from '../../src/core/state-handles.ts'

const declared: Readonly<Record<StateKind, StateDescriptor>> = {
  value: { kind: 'value', initial: 0 },
  list: { kind: 'list' },
  map: { kind: 'map' },
  reducing: { kind: 'reducing', reduce: (a) => a },
  aggregating: { kind: 'aggregating', createAccumulator: () => 0, add: (a) => a, getResult: (a) => a },
}

const stored = (kind: StoredState['kind'], more: Partial<StoredState> = {}): StoredState => ({
  name: 's',
  kind,
  ...more,
})

const evolved = (kind: StateKind, version: number, migrate?: (old: never, version: number) => unknown) => ({
  ...declared[kind],
  version,
  ...(migrate !== undefined && { migrate }),
})

/** What becomes of a content; fails when nothing is to be done or nothing can be. */
function converted(from: StoredState, to: StateDescriptor, content: unknown, nowMs = 1_000): unknown {
  const conversion = conversionOf(from, to)
  if (conversion.type !== 'converted') throw new Error(`the conversion is ${conversion.type}`)
  return conversion.convert(content, nowMs)
}

describe('a change of the kind of a state', () => {
  const kindPairs = changingKinds.flatMap((from) => changingKinds.map((to) => [from, to] as const))

  it('changes nothing when the kind is the same', () => {
    for (const kind of changingKinds) {
      expect(kindChange(kind, kind)).toEqual({ type: 'same' })
      expect(conversionOf(stored(kind), declared[kind])).toEqual({ type: 'same' })
    }
  })

  it.each([
    ['value', 'reducing', 7, 7],
    ['reducing', 'value', 7, 7],
    ['value', 'list', 7, [7]],
    ['reducing', 'list', undefined, [undefined]],
  ] as const)('takes a %s as a %s', (from, to, content, expected) => {
    expect(converted(stored(from), declared[to], content)).toEqual(expected)
  })

  it.each([
    ['value', 'aggregating'],
    ['reducing', 'aggregating'],
    ['aggregating', 'value'],
    ['aggregating', 'reducing'],
  ] as const)('takes a %s as %s only by the migration of a higher version', (from, to) => {
    expect(conversionOf(stored(from), declared[to])).toMatchObject({
      type: 'refused',
      why: expect.stringContaining(`written as ${from}, and the program declares ${to}: only migrate knows`),
      remedy: expect.stringContaining('version: 1 with migrate(old, version)'),
    })
    const migrate = (old: number, version: number) => ({ old, version })
    // Of the same version it would not be called.
    expect(conversionOf(stored(from, { version: 3 }), evolved(to, 3, migrate)).type).toBe('refused')
    expect(converted(stored(from, { version: 3 }), evolved(to, 4, migrate), 7)).toEqual({ old: 7, version: 3 })
  })

  it('is refused for every other pair, with the reason and a way out', () => {
    const refused = kindPairs.filter(([from, to]) => kindChange(from, to).type === 'refused')
    expect(refused).toHaveLength(25 - 5 - 4 - 4)
    for (const [from, to] of refused) {
      const migrating = evolved(to, 1, () => 0)
      for (const descriptor of [declared[to], migrating]) {
        expect(conversionOf(stored(from), descriptor)).toMatchObject({
          type: 'refused',
          why: expect.stringContaining(`written as ${from}, and the program declares ${to}: `),
          remedy: `declare it as ${from}, or under another name`,
        })
      }
    }
  })

  it('never makes a state of timers', () => {
    expect(conversionOf(stored('timers'), declared.value)).toMatchObject({
      type: 'refused',
      remedy: 'give it another name',
    })
  })
})

describe('a change of the version of a state', () => {
  it('gives each value inside to migrate, with the version that wrote it', () => {
    const migrate = (old: number, version: number) => `${version}:${old}`
    expect(converted(stored('value'), evolved('value', 2, migrate), 7)).toBe('0:7')
    expect(converted(stored('list', { version: 1 }), evolved('list', 2, migrate), [7, 8])).toEqual(['1:7', '1:8'])
    const map = new Map<unknown, unknown>([
      ['a', 7],
      [2n, 8],
    ])
    expect(converted(stored('map', { version: 1 }), evolved('map', 2, migrate), map)).toEqual(
      new Map<unknown, unknown>([
        ['a', '1:7'],
        [2n, '1:8'],
      ]),
    )
    expect(converted(stored('reducing', { version: 1 }), evolved('list', 2, migrate), 7)).toEqual(['1:7'])
  })

  it('is refused without migrate, naming both versions and the line to write', () => {
    expect(conversionOf(stored('value', { version: 1 }), evolved('value', 3))).toEqual({
      type: 'refused',
      why: 'it was written as version 1, and the program declares version 3 without saying how to get there',
      remedy: 'add migrate(old, version) { … } beside version: 3',
    })
  })

  it('is refused when the program is older than what is stored', () => {
    expect(
      conversionOf(
        stored('value', { version: 3 }),
        evolved('value', 2, () => 0),
      ),
    ).toMatchObject({
      type: 'refused',
      why: expect.stringContaining('written as version 3, and the program declares version 2'),
      remedy: expect.stringContaining('declare version: 4'),
    })
    expect(conversionOf(stored('value', { version: 3 }), declared.value)).toMatchObject({
      why: expect.stringContaining('declares version 0 (none was declared)'),
    })
  })

  it('says in words what changes', () => {
    const to = { ...evolved('list', 2, () => 0), ttl: { ms: 10 } }
    expect(conversionOf(stored('value'), to)).toMatchObject({
      why:
        'version 0 (none was declared) to version 2 by migrate; value to list: the value becomes a list of one item; ' +
        'it gets a time to live, counted from the restore',
    })
  })
})

describe('a change of the time to live of a state', () => {
  it('counts from the restore when there was none', () => {
    expect(converted(stored('list'), { ...declared.list, ttl: { ms: 10 } }, ['a', 'b'])).toEqual([
      [1_000, 'a'],
      [1_000, 'b'],
    ])
  })

  it('takes the times off when there is none any more', () => {
    expect(converted(stored('map', { ttl: true }), declared.map, new Map([['k', [3, 'v']]]))).toEqual(
      new Map([['k', 'v']]),
    )
  })

  it('keeps the times while values are migrated', () => {
    const to = { ...evolved('list', 1, (old: number) => -old), ttl: { ms: 10 } }
    expect(converted(stored('value', { ttl: true }), to, [3, 7])).toEqual([[3, -7]])
  })

  it('is none when only its length changes', () => {
    expect(conversionOf(stored('value', { ttl: true }), { ...declared.value, ttl: { ms: 99 } })).toEqual({
      type: 'same',
    })
  })

  it('finds values without times, and contents of another kind, damaged', () => {
    for (const content of [7, [1], ['1', 7], [Number.NaN, 7], [1, 2, 3]]) {
      expect(() => checkStamped(content)).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
    }
    for (const kind of ['list', 'map'] as const) {
      expect(() => mapContent(kind, { length: 1 }, (value) => value)).toThrow(/expected a (list|map)/)
      expect(() => eachValue(kind, { length: 1 }, () => {})).toThrow(/expected a (list|map)/)
    }
  })
})

describe('the earliest use in a content', () => {
  it('is that of the value, or the earliest inside', () => {
    expect(earliestUse('value', [7, 'x'])).toBe(7)
    expect(
      earliestUse('list', [
        [9, 'x'],
        [3, 'y'],
        [5, 'z'],
      ]),
    ).toBe(3)
    expect(
      earliestUse(
        'map',
        new Map([
          ['a', [9, 'x']],
          ['b', [4, 'y']],
        ]),
      ),
    ).toBe(4)
    expect(earliestUse('list', [])).toBe(Number.POSITIVE_INFINITY)
    expect(() => earliestUse('list', [3])).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
  })
})

describe('what is stored with a state', () => {
  it('is its version, when it has one, and that it has times', () => {
    expect(factsOf(declared.value)).toEqual({})
    expect(factsOf({ version: 0 })).toEqual({})
    expect(factsOf({ ...declared.value, version: 2, ttl: { ms: 1 } })).toEqual({ version: 2, ttl: true })
    expect(factsOf({ version: 2, ttl: true })).toEqual({ version: 2, ttl: true })
  })
})
