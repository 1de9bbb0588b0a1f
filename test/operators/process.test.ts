import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepsState } from '../../src/operators/callback-operator.ts'
import type { KeyedProcessContext, ProcessContext } from '../../src/operators/keyed-context.ts'
import { phases } from '../../src/operators/keyed-context.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclarations,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from './chain-harness.ts'

type AnyContext = KeyedProcessContext<string, unknown, StateDeclarations>
const byValue = { key: (value: string) => value }
const counting = () =>
  keyedProcessOperator({
    state: { count: valueState(0) },
    element(word: string, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1)
      ctx.emit(`${String(ctx.key)}${ctx.state.count.value()} of ${word}`)
    },
  })

describe('a process function', () => {
  it('emits any number of records, under the timestamp of the current one unless told otherwise', () => {
    const harness = new OperatorHarness(
      processOperator({
        element(value: number, ctx: ProcessContext<number>) {
          ctx.emit(value)
          if (value > 1) ctx.emit(-value, 99)
        },
      }),
    )
    harness.feed([1, 2].map((value) => ({ value, timestamp: value * 10 })))
    expect(harness.records).toEqual([
      { value: 1, timestamp: 10 },
      { value: 2, timestamp: 20 },
      { value: -2, timestamp: 99 },
    ])
  })

  it('starts a new batch when only some records have timestamps', () => {
    const harness = new OperatorHarness(
      processOperator({
        element(value: number, ctx: ProcessContext<number>) {
          ctx.emit(value, value % 2 === 0 ? value : undefined)
        },
      }),
    )
    harness.elements([1, 3, 2, 4, 5])
    expect(harness.batchSizes).toEqual([2, 2, 1])
    expect(harness.records.map(({ timestamp }) => timestamp)).toEqual([undefined, undefined, 2, 4, undefined])
  })

  it('cuts what it emits into batches of the configured size', () => {
    const harness = new OperatorHarness(
      processOperator({
        element(value: number, ctx: ProcessContext<number>) {
          for (let i = 0; i < value; i++) ctx.emit(i)
        },
      }),
      { batchRecords: 3 },
    )
    harness.element(7)
    expect(harness.batchSizes).toEqual([3, 3, 1])
    harness.element(2)
    expect(harness.values).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 1])
  })

  it('sends records to side outputs, and drops those that nobody reads', () => {
    const odd = outputTag<number>('odd')
    const unread = outputTag<number>('unread')
    const harness = new OperatorHarness(
      processOperator({
        element(value: number, ctx: ProcessContext<number>) {
          if (value % 2 === 0) ctx.emit(value)
          else ctx.sideOutput(odd, value)
          ctx.sideOutput(unread, value)
        },
      }),
      { sideOutputs: [odd], batchRecords: 2 },
    )
    harness.feed([1, 2, 3, 5].map((value) => ({ value, timestamp: value })))
    harness.watermark(9)
    expect(harness.values).toEqual([2])
    expect(harness.side(odd).records).toEqual([1, 3, 5].map((value) => ({ value, timestamp: value })))
    expect(harness.side(odd).watermarks).toEqual([9])
  })

  it('keeps `this` of the definition, and sees open and endOfData', () => {
    const definition = {
      prefix: '',
      open(ctx: ProcessContext<string>) {
        this.prefix = `at ${ctx.now()}: `
      },
      element(value: string, ctx: ProcessContext<string>) {
        ctx.emit(this.prefix + value)
      },
      endOfData(ctx: ProcessContext<string>) {
        ctx.emit('end')
      },
    }
    const harness = new OperatorHarness(processOperator(definition), { startMs: 5 })
    harness.element('a')
    void harness.endOfData()
    expect(harness.values).toEqual(['at 5: a', 'end'])
  })

  it('knows which of how many instances it is', () => {
    const element = (_value: number, ctx: ProcessContext<string>) =>
      ctx.emit(`${ctx.subtaskIndex} of ${ctx.parallelism}`)
    const harness = new OperatorHarness(processOperator({ element }), { subtaskIndex: 2, parallelism: 3 })
    harness.element(1)
    expect(harness.values).toEqual(['2 of 3'])
  })

  it('draws from the run’s generator', () => {
    const draw = () => {
      const harness = new OperatorHarness(
        processOperator({ element: (_value: number, ctx: ProcessContext<number>) => ctx.emit(ctx.random()) }),
        { seed: 7 },
      )
      harness.elements([1, 2])
      return harness.values
    }
    expect(draw()).toEqual(draw())
    expect(new Set(draw()).size).toBe(2)
  })

  it('refuses state and timers in its definition, when the program is built', () => {
    const definition = { state: { n: valueState(0) }, element() {} }
    expect(failure(() => processOperator(definition))).toMatchObject({ code: 'STATE_ACCESS_INVALID' })
    expect(failure(() => processOperator({ element() {}, timer() {} } as never)).message).toContain('"timer"')
  })

  it('has no state nor timers in its context', () => {
    const use = (action: (ctx: AnyContext) => void) => {
      const harness = new OperatorHarness(
        processOperator({ element: (_value: string, ctx) => action(ctx as AnyContext) }),
        { name: 'plain' },
      )
      return failure(() => harness.element('a'))
    }
    const error = use((ctx) => ctx.state.count)
    expect(error.code).toBe('STATE_ACCESS_INVALID')
    expect(error.message).toContain('"plain"')
    expect(error.message).toContain('call keyBy first')
    expect(use((ctx) => ctx.timers.registerProcessingTime(1)).code).toBe('STATE_ACCESS_INVALID')
  })
})

describe('a keyed process function', () => {
  it('has the state of each key', () => {
    const harness = new OperatorHarness(counting(), byValue)
    harness.elements(['a', 'b', 'a'])
    expect(harness.values).toEqual(['a1 of a', 'b1 of b', 'a2 of a'])
  })

  it('goes on from a snapshot', async () => {
    const before = new OperatorHarness(counting(), byValue)
    before.elements(['a', 'b', 'a'])
    const restored = await before.snapshot()
    before.elements(['a'])
    const after = new OperatorHarness(counting(), { ...byValue, restored })
    after.elements(['a', 'b', 'c'])
    expect(after.values).toEqual(['a3 of a', 'b2 of b', 'c1 of c'])
  })

  it('has every kind of state', () => {
    const state = {
      value: valueState<string | null>(null),
      list: listState<number>(),
      map: mapState<string, number>(),
      sum: reducingState<number>((a, b) => a + b),
      mean: aggregatingState({
        createAccumulator: () => ({ sum: 0, n: 0 }),
        add: (value: number, { sum, n }) => ({ sum: sum + value, n: n + 1 }),
        getResult: ({ sum, n }) => sum / n,
      }),
    }
    const harness = new OperatorHarness(
      keyedProcessOperator({
        state,
        element(value: number, ctx: KeyedProcessContext<string, unknown, typeof state>) {
          ctx.state.value.update(`last ${value}`)
          ctx.state.list.add(value)
          ctx.state.map.put(`n${value}`, value)
          ctx.state.sum.add(value)
          ctx.state.mean.add(value)
          const { value: last, list, map, sum, mean } = ctx.state
          ctx.emit([last.value(), list.get(), [...map.keys()], sum.get(), mean.get()])
        },
      }),
      { key: () => 'k' },
    )
    harness.elements([1, 3])
    expect(harness.values[1]).toEqual(['last 3', [1, 3], ['n1', 'n3'], 4, 2])
  })

  it('says whether it keeps state', () => {
    expect(counting().stateful).toBe(true)
    expect(keyedProcessOperator({ element() {} }).stateful).toBe(false)
    expect(keyedProcessOperator({ element() {}, timer() {} }).stateful).toBe(true)
    const callbacks = {
      state: {},
      operatorState: {},
      open: undefined,
      elements: [],
      timer: undefined,
      endOfKey: undefined,
      endOfData: undefined,
    }
    expect(keepsState(callbacks)).toBe(false)
  })

  it.each(['open', 'endOfData'] as const)('has no key in %s, so no state and no timers', (callback) => {
    const run = (use: (ctx: AnyContext) => unknown) => {
      const definition = { element() {}, timer() {}, [callback]: (ctx: AnyContext) => void use(ctx) }
      return failure(() => new OperatorHarness(keyedProcessOperator(definition), byValue).endOfData())
    }
    expect(run((ctx) => ctx.state)).toMatchObject({ code: 'STATE_ACCESS_INVALID' })
    expect(run((ctx) => ctx.timers.registerProcessingTime(1))).toMatchObject({ code: 'STATE_ACCESS_INVALID' })
    expect(run((ctx) => ctx.timers.deleteProcessingTime(1)).message).toContain('outside the callback of a key')
  })

  it('may not be used after its callback has returned', () => {
    let kept: AnyContext | undefined
    const late = outputTag<string>('late')
    const harness = new OperatorHarness(
      keyedProcessOperator({
        element(_value: string, ctx) {
          kept = ctx as AnyContext
        },
      }),
      { ...byValue, name: 'leaky' },
    )
    harness.element('a')
    expect(failure(() => kept?.emit('x'))).toMatchObject({ code: 'EMIT_INVALID' })
    expect(failure(() => kept?.sideOutput(late, 'x')).message).toContain('"leaky"')
    expect(failure(() => kept?.state)).toMatchObject({ code: 'STATE_ACCESS_INVALID' })
    expect(phases.idle).toBe(0)
  })

  it('may not be used after a callback that threw', () => {
    let kept: AnyContext | undefined
    const harness = new OperatorHarness(
      keyedProcessOperator({
        element(_value: string, ctx) {
          kept = ctx as AnyContext
          throw new Error('no')
        },
      }),
      byValue,
    )
    expect(failure(() => harness.element('a')).code).toBe('USER_FUNCTION_FAILED')
    expect(failure(() => kept?.state)).toMatchObject({ code: 'STATE_ACCESS_INVALID' })
  })
})

it('gives results that do not depend on how the input is cut into batches', () => {
  const tag = outputTag<string>('side')
  const factory = keyedProcessOperator({
    state: { count: valueState(0), seen: listState<number>() },
    element(value: { k: string; n: number }, ctx) {
      const count = ctx.state.count.value() + 1
      ctx.state.count.update(count)
      ctx.state.seen.add(value.n)
      for (let i = 0; i < value.n % 3; i++) ctx.emit([ctx.key, count, i])
      if (value.n % 2 === 0) ctx.sideOutput(tag, `${value.k}:${ctx.state.seen.get().length}`)
    },
  })
  const record = fc.record({ k: fc.constantFrom('a', 'b', 'c'), n: fc.nat(9) })
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 40, size: 'max' }),
      fc.array(fc.integer({ min: 1, max: 7 })),
      (records, cuts) => {
        const run = (sizes: readonly number[], batchRecords: number) => {
          const options = { key: (value: { k: string }) => value.k, sideOutputs: [tag], batchRecords }
          const harness = new OperatorHarness(factory, options)
          let start = 0
          for (const size of [...sizes, records.length]) {
            harness.elements(records.slice(start, start + size))
            start += size
          }
          return { main: harness.values, side: harness.side(tag).values }
        }
        expect(run(cuts, 3)).toEqual(run([], 1024))
      },
    ),
  )
})
