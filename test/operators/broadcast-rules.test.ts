/** Who may do what in a process function with a broadcast side. */
import { describe, expect, it } from 'vitest'
import type { ValueState } from '../../src/backends/state-backend.ts'
import { broadcastProcessOperator } from '../../src/operators/broadcast-process.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { byWord, counter, type Keyed, type Plain, rules, state, translated } from './broadcast-programs.ts'
import { failure } from './chain-harness.ts'

describe('refuses', () => {
  const invalid = (what: RegExp) => ({ code: 'STATE_ACCESS_INVALID', message: expect.stringMatching(what) as string })
  const writing = (ctx: { broadcastState: object }) =>
    (ctx.broadcastState as { words: { put(word: string, meaning: string): void } }).words.put('a', 'b')

  it('a change of broadcast state anywhere but on its own side', () => {
    const changed = /"keyed-broadcast-process" changed broadcast state.* in broadcastElement only/
    const open = () => new OperatorHarness(counter({ open: writing }), byWord)
    expect(failure(open)).toMatchObject(invalid(changed))
    for (const change of [writing, removing, clearing]) {
      const harness = new OperatorHarness(counter({ element: (_word, ctx) => change(ctx) }), byWord)
      harness.element2('1')
      expect(failure(() => harness.element('a'))).toMatchObject(invalid(changed))
    }
    const timer = new OperatorHarness(
      counter({ element: (_word, ctx) => ctx.timers.registerEventTime(1), timer: (_time, ctx) => writing(ctx) }),
      byWord,
    )
    timer.element('a', 0)
    timer.watermark(1, 0)
    expect(failure(() => timer.watermark(1, 1))).toMatchObject(invalid(changed))
    const plain = new OperatorHarness(
      broadcastProcessOperator(rules, { ...translated, element: (_, ctx) => writing(ctx) }),
    )
    expect(failure(() => plain.element('a'))).toMatchObject(invalid(/changed broadcast state/))
  })

  it('one after a broadcast record whose callback threw', () => {
    const operator = broadcastProcessOperator(rules, {
      element: (_word, ctx) => writing(ctx),
      broadcastElement() {
        throw new Error('no rule')
      },
    })
    const harness = new OperatorHarness(operator)
    expect(failure(() => harness.element2('a')).message).toContain('no rule')
    expect(failure(() => harness.element('a'))).toMatchObject(invalid(/changed broadcast state/))
  })

  it('keyed state and timers on the broadcast side', () => {
    const use = (broadcastElement: (rule: string, ctx: never) => void) => {
      const harness = new OperatorHarness(counter({ broadcastElement, timer() {} }), byWord)
      harness.element('a')
      return failure(() => harness.element2('go'))
    }
    const state = (_rule: string, ctx: { state: { count: ValueState<number> } }) => ctx.state.count.update(1)
    const timer = (_rule: string, ctx: { timers: { registerEventTime(at: number): void } }) =>
      ctx.timers.registerEventTime(1)
    expect(use(state)).toMatchObject(invalid(/Keyed state .* outside the callback of a key/))
    expect(use(timer)).toMatchObject(invalid(/A timer .* outside the callback of a key/))
  })

  it('applyToKeyedState where there is a key, no keys, no such state, or an async function', () => {
    type Applying = { applyToKeyedState(name: string, fn: () => unknown): void }
    const apply =
      (name: string, fn: () => unknown = () => {}) =>
      (_: string, ctx: object) =>
        (ctx as Applying).applyToKeyedState(name, fn)
    const keyed = (definition: Partial<Keyed>) => new OperatorHarness(counter(definition), byWord)
    expect(failure(() => keyed({ element: apply('count') }).element('a'))).toMatchObject(
      invalid(/outside of broadcastElement/),
    )
    expect(failure(() => keyed({ open: (ctx) => apply('count')('', ctx) }))).toMatchObject(
      invalid(/outside of broadcastElement/),
    )
    expect(failure(() => keyed({ broadcastElement: apply('toString') }).element2('a'))).toMatchObject(
      invalid(/declares no state "toString"/),
    )
    const plain = new OperatorHarness(
      broadcastProcessOperator(rules, { ...translated, broadcastElement: apply('count') }),
    )
    expect(failure(() => plain.element2('a'))).toMatchObject(invalid(/its input is not keyed/))
    const harness = keyed({ broadcastElement: apply('count', async () => {}) })
    harness.element('a')
    expect(failure(() => harness.element2('go')).message).toContain('given to applyToKeyedState of operator')
  })

  it('keyed state and timers without keys', () => {
    expect(failure(() => broadcastProcessOperator(rules, { ...translated, state } as Plain)).message).toContain(
      'A broadcast process function declares "state"',
    )
  })
})

const removing = ({ broadcastState }: { broadcastState: object }) =>
  (broadcastState as { words: Map<string, string> & { remove(word: string): void } }).words.remove('limit')
const clearing = ({ broadcastState }: { broadcastState: object }) =>
  (broadcastState as { words: Map<string, string> }).words.clear()
