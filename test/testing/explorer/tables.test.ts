/** The tables under the search: numbers for values, and what is remembered about them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ActorTable } from '../../../src/testing/explorer/actor-table.ts'
import { BudgetTable } from '../../../src/testing/explorer/budget-table.ts'
import { ChannelTable } from '../../../src/testing/explorer/channel-table.ts'
import { Choices } from '../../../src/testing/explorer/choices.ts'
import { FactLists } from '../../../src/testing/explorer/fact-lists.ts'
import { Found } from '../../../src/testing/explorer/found.ts'
import { IntList } from '../../../src/testing/explorer/int-list.ts'
import { Interner } from '../../../src/testing/explorer/interner.ts'
import { ObserverTable } from '../../../src/testing/explorer/observer-table.ts'
import { code, operationsOf } from '../../../src/testing/explorer/operations.ts'
import { outcomesOf } from '../../../src/testing/explorer/outcomes.ts'
import { PairCache } from '../../../src/testing/explorer/pair-cache.ts'
import { PathFinder } from '../../../src/testing/explorer/path-finder.ts'
import { PropertyTable } from '../../../src/testing/explorer/property-table.ts'
import { rowLength, StateTable } from '../../../src/testing/explorer/state-table.ts'
import { StepRunner } from '../../../src/testing/explorer/step-runner.ts'
import { Violation } from '../../../src/testing/explorer/system.ts'
import { SystemTables } from '../../../src/testing/explorer/system-tables.ts'
import { VectorTable } from '../../../src/testing/explorer/vector-table.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'

describe('VectorTable', () => {
  it('is a set of vectors, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 })), (vectors) => {
        const table = new VectorTable(3)
        const ids = new Map<string, number>()
        for (const vector of vectors) {
          const id = table.intern(Int32Array.from(vector), 0)
          expect(id).toBe(ids.get(vector.join()) ?? ids.size)
          ids.set(vector.join(), id)
        }
        expect(table.count).toBe(ids.size)
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('keeps more than one chunk, and what it keeps when it is widened', () => {
    const table = new VectorTable(2)
    // So many that hashes of 32 bits meet: a set that believed them would have fewer.
    const count = 300_000
    const vector = new Int32Array(3)
    for (let i = 0; i < count; i++) {
      vector[0] = Math.imul(i, 0x9e3779b1) ^ (i << 7)
      vector[1] = i
      table.intern(vector, 0)
    }
    expect(table.count).toBe(count)
    const wider = table.widened(3)
    for (const id of [0, 65_535, 65_536, count - 1]) {
      wider.read(id, vector, 0)
      expect([...vector]).toEqual([Math.imul(id, 0x9e3779b1) ^ (id << 7), id, 0])
      expect(wider.intern(vector, 0)).toBe(id)
    }
    expect(wider.count).toBe(count)
  })
})

describe('IntList', () => {
  it('grows', () => {
    const list = new IntList()
    for (let i = 0; i < 1_000; i++) list.push(i * 2)
    expect([list.length, list.at(0), list.at(999)]).toEqual([1_000, 0, 1_998])
  })
})

describe('PairCache', () => {
  it('knows the last pair of each place', () => {
    const cache = new PairCache()
    expect(cache.get(0, 0)).toBe(-1)
    let known = 0
    for (let i = 0; i < 5_000; i++) cache.set(i, i % 7, i * 3)
    for (let i = 0; i < 5_000; i++) {
      const value = cache.get(i, i % 7)
      expect([-1, i * 3]).toContain(value)
      if (value >= 0) known++
    }
    expect(known).toBeGreaterThan(1_000)
    cache.set(5_000, 0, 1)
    for (let second = 1; second < 100_000; second++) expect(cache.get(5_000, second)).toBe(-1)
  })
})

describe('Interner', () => {
  it('gives equal values one number, and freezes them', () => {
    const interner = new Interner('It')
    const value = { a: [1], b: undefined }
    expect([interner.id(value), interner.id({ a: [1] }), interner.id({ a: [2] }), interner.id('a')]).toEqual([
      0, 0, 1, 2,
    ])
    expect(Object.isFrozen(value.a)).toBe(true)
    expect(interner.values[0]).toBe(value)
  })

  it.each([
    [() => 1, 'a function'],
    [{ a: Symbol('s') }, 'a symbol'],
    [[new Found('p', 'm')], 'an instance of Found'],
  ])('refuses %s', (value, got) => expect(() => new Interner<unknown>('It').id(value)).toThrow(`is ${got}`))

  it('refuses what refers to itself', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(() => new Interner<unknown>('It').id(circle)).toThrow('refers to itself')
  })
})

describe('ChannelTable', () => {
  it('is first in, first out', () => {
    const channel = new ChannelTable(0, 'a → b', 0, 1, 5)
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(3), { nil: undefined })), (moves) => {
        let content = 0
        const queue: number[] = []
        for (const input of moves) {
          if (input !== undefined) {
            content = channel.push(content, input)
            queue.push(input)
          } else if (queue.length > 0) {
            expect(channel.heads[content]).toBe(queue.shift())
            content = channel.tails[content]!
          }
          expect(channel.inputs(content)).toEqual(queue)
          expect(channel.lengths[content]).toBe(queue.length)
          expect(content === 0).toBe(queue.length === 0)
        }
      }),
      { numRuns: 50, seed: 1 },
    )
  })
})

describe('BudgetTable', () => {
  it('takes one at a time until nothing is left', () => {
    const budgets = new BudgetTable({ a: 2, b: 1 })
    const [a, b] = [budgets.index('a'), budgets.index('b')]
    const oneOfEach = budgets.spend(budgets.spend(0, a), b)
    expect(budgets.spend(budgets.spend(0, b), a)).toBe(oneOfEach)
    expect([budgets.left(oneOfEach, a), budgets.spend(oneOfEach, b), budgets.index('c')]).toEqual([1, -1, -1])
  })
})

describe('ObserverTable', () => {
  const facts = new FactLists()
  const observers = Array.from({ length: 10 }, (_, i) => ({
    name: `o${i}`,
    initial: 0,
    hears: i % 2 === 0 ? ['even', 'both'] : ['odd', 'both'],
    next: (memory: number) => (memory + 1 > i ? new Violation(`${memory}`) : memory + 1),
    atEnd: (memory: number) => (memory === 8 ? 'owed' : undefined),
  }))
  const table = new ObserverTable(observers as never, facts)

  it('tells each what it hears', () => {
    const list = facts.id([{ type: 'odd' }])
    const after = table.groups[1]!.next(table.groups[1]!.initial, list)
    expect([table.memory(8, after), table.memory(9, after)]).toEqual([0, 1])
    expect(table.groups[1]!.next(table.groups[1]!.initial, facts.id([{ type: 'other' }]))).toBe(
      table.groups[1]!.initial,
    )
  })

  it('says who objects first: to the first fact, in the order of observers', () => {
    const list = facts.id([{ type: 'odd' }, { type: 'odd' }, { type: 'even' }])
    expect(() => table.groups[0]!.next(0, list)).toThrow(Found)
    expect(table.objection([0, 0], list)).toMatchObject({ property: 'o1', message: '1' })
  })

  it('knows what is owed', () => {
    let condition = table.groups[1]!.initial
    for (let i = 0; i < 8; i++) condition = table.groups[1]!.next(condition, facts.id([{ type: 'both' }]))
    expect(table.groups[1]!.owed(condition)).toMatchObject({ property: 'o8', message: 'owed' })
    expect(table.groups[1]!.owed(0)).toBeUndefined()
  })
})

describe('a system as tables', () => {
  const tables = new SystemTables({
    ...twoPhaseCommit(2),
    observers: [{ name: 'nobody', initial: null, next: () => null }],
  })
  const manager = tables.actors[1]!

  it('lays out actors, observers, budgets and the channels in use', () => {
    expect(tables.actors.map(({ name }) => name)).toEqual(['tm', 'rm0', 'rm1'])
    expect(manager).toBeInstanceOf(ActorTable)
    expect([tables.budgetColumn, tables.columns]).toEqual([4, 5])
    expect(rowLength(tables.columnsMax)).toBe(16)
  })

  it('makes programs of outputs: facts and timers together, up to an immediate send', () => {
    const operations = operationsOf(
      manager,
      [
        { type: 'fact', fact: { type: 'a' } },
        { type: 'timer.set', name: 't' },
        { type: 'fact', fact: { type: 'b' } },
        { type: 'send', to: 'rm1', message: { type: 'm' }, immediate: true },
        { type: 'timer.clear', name: 't' },
      ],
      tables,
    )
    expect([...operations].filter((_, i) => i % 3 === 0)).toEqual([code.facts, code.call, code.timers])
  })

  it('names every outcome of every choice, and leaves the row as it was', () => {
    const runner = new StepRunner(tables)
    const choices = new Choices(runner)
    runner.row.set(outcomesOf(runner, choices, true)[0]!.row)
    const before = runner.row.slice()
    expect(outcomesOf(runner, choices).map(({ choice }) => choice)).toEqual([
      'timer rm0 decide [yes]',
      'timer rm0 decide [no]',
      'timer rm1 decide [yes]',
      'timer rm1 decide [no]',
    ])
    expect(runner.row).toEqual(before)
  })

  it('finds the path to a state from its parents', () => {
    const runner = new StepRunner(tables)
    const choices = new Choices(runner)
    const states = new StateTable(tables.columns)
    tables.widened = (columns) => states.widen(columns)
    const parents = new IntList()
    const add = (parent: number, row: Int32Array) => {
      parents.push(parent)
      return states.internAll(row)
    }
    const start = add(-1, outcomesOf(runner, choices, true)[0]!.row)
    states.load(start, runner.row)
    const next = add(start, outcomesOf(runner, choices)[3]!.row)
    const paths = new PathFinder(runner, choices, states, parents, undefined)
    expect(paths.to(next, () => true)).toEqual(['timer rm1 decide [no]'])
  })

  it('asks a property once per combination of states', () => {
    let asked = 0
    const properties = new PropertyTable(
      [{ kind: 'always', name: 'p', of: ['rm0', 'rm1'], holds: () => ++asked < 3 }],
      tables,
    )
    const row = tables.initial()
    properties.check(row, 0, undefined)
    properties.check(row, 0, undefined)
    expect(asked).toBe(1)
    row[1] = manager.situation('prepared', [])
    properties.check(row, 0, [0])
    expect(asked).toBe(1)
    properties.check(row, 0, [0, 1])
    expect(asked).toBe(2)
    row[1] = manager.situation('aborted', [])
    expect(() => properties.check(row, 0, [1])).toThrow(Found)
  })
})
