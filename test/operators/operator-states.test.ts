import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DividedState, decodeDivided } from '../../src/core/operator-state.ts'
import { CallbackOperator } from '../../src/operators/callback-operator.ts'
import type { KeyedProcessContext, ProcessContext } from '../../src/operators/keyed-context.ts'
import type { OperatorContext } from '../../src/operators/operator.ts'
import {
  broadcastState,
  type OperatorStateHandles,
  operatorListState,
  unionListState,
} from '../../src/operators/operator-state-declarations.ts'
import { BroadcastHandle, OperatorListHandle } from '../../src/operators/operator-state-handles.ts'
import { OperatorStates } from '../../src/operators/operator-states.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import { coProcessOperator, keyedCoProcessOperator } from '../../src/operators/two-input.ts'
import { type HarnessSnapshot, OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from './chain-harness.ts'

const operatorState = {
  buffer: operatorListState<unknown>(),
  all: unionListState<number>(),
  rules: broadcastState<unknown, unknown>(),
}
type Handles = OperatorStateHandles<typeof operatorState>
type Context = ProcessContext<unknown, typeof operatorState>

/** An operator whose records are functions that are called with its context. */
const scripted = () =>
  processOperator({ operatorState, element: (run: (ctx: Context) => void, ctx: Context) => run(ctx) })
const open = (restored?: HarnessSnapshot) =>
  new OperatorHarness(scripted(), { name: 'keeper', uid: 'k', ...(restored === undefined ? {} : { restored }) })
const use = (harness: OperatorHarness, run: (handles: Handles, ctx: Context) => void): void =>
  harness.element((ctx: Context) => run(ctx.operatorState, ctx))
const listsOf = ({ state, lists }: HarnessSnapshot) =>
  Object.fromEntries([...decodeDivided(state, lists!).lists].map(([name, list]) => [name, [list.mode, list.items]]))

const identity = { operatorName: 'keeper', uid: undefined, subtaskIndex: 0, freezeState: true }
const contextOf = (overrides: Partial<OperatorContext> = {}) => ({ ...identity, ...overrides }) as OperatorContext
const always = { check() {}, checkWrite() {}, owner: undefined }

describe('operator state', () => {
  it('is kept as lists and maps, in one state of three modes', async () => {
    const harness = open()
    use(harness, ({ buffer, all, rules }) => {
      buffer.add('a')
      buffer.addAll(['b', 'c'])
      all.update([1, 2])
      rules.put('max', 5)
      rules.put('min', 1)
      rules.remove('min')
      rules.remove('never')
    })
    const seen: unknown[] = []
    use(harness, ({ buffer, all, rules }) => {
      seen.push(buffer.get(), all.get(), rules.get('max'), rules.has('min'), rules.isEmpty())
      seen.push([...rules.entries()], [...rules.keys()], [...rules.values()])
    })
    expect(seen).toEqual([['a', 'b', 'c'], [1, 2], 5, false, false, [['max', 5]], ['max'], [5]])
    const expected = {
      buffer: ['split', ['a', 'b', 'c']],
      all: ['union', [1, 2]],
      rules: ['broadcast', [['max', 5]]],
    }
    expect(listsOf(await harness.snapshot())).toEqual(expected)
  })

  it('goes on from a snapshot, in which nothing changes afterwards', async () => {
    const before = open()
    use(before, ({ buffer, rules }) => {
      buffer.addAll([1, 2])
      rules.put('a', { of: 1 })
    })
    const restored = await before.snapshot()
    use(before, ({ buffer, rules }) => {
      buffer.clear()
      rules.clear()
    })
    const after = open(restored)
    const seen: unknown[] = []
    use(after, ({ buffer, rules }) => {
      buffer.add(3)
      seen.push(buffer.get(), rules.get('a'))
    })
    expect(seen).toEqual([[1, 2, 3], { of: 1 }])
    expect(listsOf(await before.snapshot())).toEqual({
      buffer: ['split', []],
      all: ['union', []],
      rules: ['broadcast', []],
    })
  })

  it('is what it was at the mark, whatever is done while the snapshot is written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 40 }), (steps) => {
        const list = new OperatorListHandle(always, [])
        const rules = new BroadcastHandle(always, [])
        const taken: { readonly live: unknown; readonly copy: string }[] = []
        for (const [action, value] of steps) {
          if (action === 0) list.add(value)
          if (action === 1) list.addAll([value, value])
          if (action === 2) list.update([...list.get(), value])
          if (action === 3) rules.put(value, { value })
          if (action === 4) rules.remove(value)
          if (action === 5 && value === 0) {
            list.clear()
            rules.clear()
          }
          const live = [list.capture(), rules.capture()]
          taken.push({ live, copy: JSON.stringify(live) })
        }
        for (const { live, copy } of taken) expect(JSON.stringify(live)).toBe(copy)
        expect(JSON.stringify(rules.capture())).toBe(JSON.stringify([...rules.entries()]))
      }),
    )
  })

  it('takes a list or a map that did not change into the next snapshot as it is', () => {
    const list = new OperatorListHandle(always, [1])
    const rules = new BroadcastHandle(always, [['a', 1]])
    list.add(2)
    rules.put('b', 2)
    expect(list.capture()).toBe(list.capture())
    expect(rules.capture()).toBe(rules.capture())
    rules.remove('c')
    expect(rules.capture()).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    const before = rules.capture()
    rules.put('b', 3)
    expect(rules.capture()).not.toBe(before)
  })

  it('may be used in every callback, and not outside of one', () => {
    const state = { seen: operatorListState<string>() }
    type Ctx = KeyedProcessContext<string, unknown, Record<never, never>, typeof state>
    let kept: OperatorStateHandles<typeof state> | undefined
    let ctx: Ctx | undefined
    const note = (what: string) => (given: Ctx) => {
      ctx = given
      kept = given.operatorState
      kept.seen.add(what)
    }
    const harness = new OperatorHarness(
      keyedProcessOperator({
        operatorState: state,
        state: {},
        open: note('open'),
        element(_value: string, given: Ctx) {
          note('element')(given)
          given.timers.registerProcessingTime(5)
        },
        timer: (_at, given: Ctx) => note('timer')(given),
        endOfKey: note('endOfKey'),
        endOfData(given: Ctx) {
          note('endOfData')(given)
          given.emit(given.operatorState.seen.get())
        },
      }),
      { key: (value: string) => value, name: 'leaky' },
    )
    harness.element('a')
    harness.advance(5)
    void harness.endOfData()
    expect(harness.values).toEqual([['open', 'element', 'timer', 'endOfData']])
    for (const late of [() => ctx?.operatorState, () => kept?.seen.get(), () => kept?.seen.add('late')]) {
      const error = failure(late)
      expect(error.code).toBe('STATE_ACCESS_INVALID')
      expect(error.message).toContain('Operator state of operator "leaky" was used outside of its callbacks')
    }
  })

  it('is there with two inputs, keyed or not', () => {
    const state = { rules: broadcastState<string, number>() }
    const harness = new OperatorHarness(
      coProcessOperator({
        operatorState: state,
        element1: (name: string, ctx: ProcessContext<unknown, typeof state>) =>
          ctx.emit(ctx.operatorState.rules.get(name)),
        element2: (rule: { name: string; max: number }, ctx) => ctx.operatorState.rules.put(rule.name, rule.max),
      }),
    )
    harness.element('a')
    harness.element2({ name: 'a', max: 3 })
    harness.element('a')
    expect(harness.values).toEqual([undefined, 3])
    const keyed = new OperatorHarness(
      keyedCoProcessOperator({
        operatorState: state,
        element1: (name: string, ctx: KeyedProcessContext<string, unknown, Record<never, never>, typeof state>) =>
          ctx.emit(ctx.operatorState.rules.get(name)),
        element2: (name: string, ctx) => ctx.operatorState.rules.put(name, 1),
      }),
      { key: (name: string) => name },
    )
    keyed.element2('b')
    keyed.element('b')
    expect(keyed.values).toEqual([1])
  })

  it('makes an operator stateful, and says what it declares', () => {
    expect(scripted()).toMatchObject({ stateful: true, operatorStates: operatorState })
    expect(processOperator({ element() {} }).stateful).toBe(false)
    expect(keyedProcessOperator({ operatorState, element() {} }).stateful).toBe(true)
    expect(coProcessOperator({ operatorState, element1() {}, element2() {} }).stateful).toBe(true)
  })

  it('is absent from the snapshots of an operator without it', () => {
    const none = { open: undefined, timer: undefined, endOfKey: undefined, endOfData: undefined }
    const operator = new CallbackOperator({ state: {}, operatorState: {}, elements: [], ...none }, false)
    operator.open(contextOf(), undefined)
    expect(operator.snapshot()).toEqual({ state: undefined, keyed: undefined, durable: undefined })
  })

  it('is checked and frozen in development, with the messages of keyed state', () => {
    const bad = failure(() => use(open(), ({ buffer }) => buffer.add({ run() {} })))
    expect(bad.code).toBe('STATE_NOT_SERIALIZABLE')
    expect(bad.message).toContain('State of operator "keeper" (uid "k") cannot be stored: buffer → run is a function')
    expect(failure(() => use(open(), ({ buffer }) => buffer.addAll([1, () => 1]))).code).toBe('STATE_NOT_SERIALIZABLE')
    expect(failure(() => use(open(), ({ rules }) => rules.put('a', new Error('no')))).message).toContain('rules is an')
    expect(failure(() => use(open(), ({ rules }) => rules.put(() => 1, 1))).message).toContain('rules is a function')
    const inPlace = failure(() =>
      use(open(), ({ buffer }) => {
        buffer.update([[1]])
        ;(buffer.get()[0] as number[]).push(2)
      }),
    )
    expect(inPlace.code).toBe('USER_FUNCTION_FAILED')
    expect(failure(() => use(open(), ({ buffer }) => (buffer.get() as unknown[]).push(2))).code).toBe(
      'USER_FUNCTION_FAILED',
    )
    const states = new OperatorStates(contextOf({ freezeState: false }), operatorState, undefined, () => {})
    const { buffer } = states.handles as unknown as Handles
    buffer.add({ run() {} })
    expect(Object.isFrozen(buffer.get())).toBe(false)
  })
})

describe('restored operator state', () => {
  const restored = new DividedState({
    old: { mode: 'split', items: [1] },
    shared: { mode: 'union', items: [2, 3] },
    buffer: { mode: 'split', items: ['x'] },
  })
  const statesOf = (subtaskIndex: number) =>
    new OperatorStates(contextOf({ subtaskIndex }), operatorState, restored, () => {})

  it('is none but what is declared', () => {
    const { facts } = statesOf(0).snapshot()!
    expect(facts.map(({ name, items }) => `${name} ${items}`)).toEqual(['buffer 1', 'all 0', 'rules 0'])
    expect(new OperatorStates(contextOf(), {}, restored, () => {}).snapshot()).toBeUndefined()
  })

  it('is refused by name when it is of another kind', () => {
    const changed = (mode: 'split' | 'broadcast', items: readonly unknown[]) =>
      failure(
        () => new OperatorStates(contextOf(), operatorState, new DividedState({ rules: { mode, items } }), () => {}),
      )
    expect(changed('split', []).code).toBe('RESTORE_STATE_INCOMPATIBLE')
    expect(changed('split', []).message).toContain(
      'Operator state "rules" of operator "keeper" was stored as operatorListState and is declared as broadcastState',
    )
    expect(changed('broadcast', [['a', 1], 'b']).message).toContain('was stored as a list')
  })

  it('is refused when another kind of operator wrote it', async () => {
    const reader = new OperatorHarness(scripted())
    const snapshot = await reader.snapshot()
    const { lists: _, ...whole } = snapshot
    const error = failure(() => open(whole))
    expect(error.code).toBe('RESTORE_STATE_INCOMPATIBLE')
    expect(error.message).toContain('"keeper" (uid "k") is not that of a process function')
  })
})
