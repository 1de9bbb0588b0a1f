import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { ValueState } from '../../src/backends/state-backend.ts'
import {
  type BroadcastProcessDefinition,
  broadcastProcessOperator,
  type KeyedBroadcastProcessDefinition,
  keyedBroadcastProcessOperator,
} from '../../src/operators/broadcast-process.ts'
import { broadcastState } from '../../src/operators/operator-state-declarations.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { mapState, valueState } from '../../src/operators/state-descriptors.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../src/testing/rescaled-snapshot.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { failure } from './chain-harness.ts'

const rules = { words: broadcastState<string, string>() }
type Plain = BroadcastProcessDefinition<string, string, string, typeof rules>

/** Each record with what the rules say of it; a rule is `word=meaning`. */
const translated: Plain = {
  element: (word, ctx) => ctx.emit(`${word} ${ctx.broadcastState.words.get(word) ?? '?'}`),
  broadcastElement(rule, ctx) {
    const [word = '', meaning = ''] = rule.split('=')
    ctx.broadcastState.words.put(word, meaning)
  },
}

const state = { count: valueState(0), marks: mapState<string, number>() }
type Keyed = KeyedBroadcastProcessDefinition<string, string, string, string, typeof state, typeof rules>

/** Counts each word, up to the broadcast limit; `clear` begins anew. */
const counted: Keyed = {
  state,
  element(_word, ctx) {
    const limit = Number(ctx.broadcastState.words.get('limit') ?? Number.POSITIVE_INFINITY)
    ctx.state.count.update(Math.min(ctx.state.count.value() + 1, limit))
    ctx.emit(`${ctx.key} ${ctx.state.count.value()}`)
  },
  broadcastElement(rule, ctx) {
    if (rule !== 'clear') {
      ctx.broadcastState.words.put('limit', rule)
      return
    }
    ctx.applyToKeyedState('count', (key, count) => {
      ctx.emit(`${key} was ${count.value()}`)
      count.clear()
    })
  },
}
const counter = (definition: Partial<Keyed> = {}) => keyedBroadcastProcessOperator(rules, { ...counted, ...definition })
const byWord = { key: (word: string) => word }

it('lets the broadcast side write what the other one reads', () => {
  const operator = broadcastProcessOperator(rules, translated)
  expect(operator).toMatchObject({ kind: 'broadcast-process', inputCount: 2, keyed: false, stateful: true })
  const harness = new OperatorHarness(operator)
  harness.element('cat')
  harness.element2('cat=Katze')
  harness.element('cat')
  harness.element2('cat=chat')
  harness.element('cat')
  expect(harness.values).toEqual(['cat ?', 'cat Katze', 'cat chat'])
})

it('shows the other side all of the state, to be read', () => {
  const seen: unknown[] = []
  const operator = broadcastProcessOperator(rules, {
    ...translated,
    element(word: string, { broadcastState: { words } }) {
      seen.push([...words.entries()], [...words.keys()], [...words.values()], words.has(word), words.isEmpty())
    },
  })
  const harness = new OperatorHarness(operator)
  harness.element2('a=1')
  harness.element('a')
  expect(seen).toEqual([[['a', '1']], ['a'], ['1'], true, false])
})

describe.each([
  ['heap', heapStateBackend],
  ['lmdb', lmdbStateBackend({ dir: temporaryDir(), cacheEntries: 2 })],
])('over keys, on %s', (_, backend) => {
  const options = { ...byWord, backend }

  it('has keyed state in element, and all of it in applyToKeyedState', () => {
    const harness = new OperatorHarness(counter(), options)
    harness.elements(['a', 'b', 'a', 'c', 'a'])
    harness.element2('clear')
    harness.elements(['a', 'b'])
    expect(harness.values.slice(0, 5)).toEqual(['a 1', 'b 1', 'a 2', 'c 1', 'a 3'])
    expect(harness.values.slice(5, 8).toSorted()).toEqual(['a was 3', 'b was 1', 'c was 1'])
    expect(harness.values.slice(8)).toEqual(['a 1', 'b 1'])
  })

  it('applies only to keys that have that state', () => {
    const found: unknown[] = []
    const operator = counter({
      element: (word, { state }) => (word < 'c' ? state.count.update(1) : state.marks.put(word, 1)),
      broadcastElement: (_rule, ctx) =>
        ctx.applyToKeyedState('marks', (key, marks) => found.push(`${key} ${marks.get(key)}`)),
    })
    const harness = new OperatorHarness(operator, options)
    harness.elements(['a', 'b', 'c', 'd'])
    harness.element2('go')
    expect(found.toSorted()).toEqual(['c 1', 'd 1'])
  })

  it('goes on from a snapshot, broadcast state and all', async () => {
    const before = new OperatorHarness(counter(), options)
    before.elements(['a', 'a', 'b'])
    before.element2('2')
    const restored = await before.snapshot()
    const after = new OperatorHarness(counter(), { ...options, restored })
    after.elements(['a', 'b', 'b'])
    after.element2('clear')
    expect(after.values.slice(0, 3)).toEqual(['a 2', 'b 2', 'b 2'])
    expect(after.values.slice(3).toSorted()).toEqual(['a was 2', 'b was 2'])
  })

  it.each([
    [1, 3],
    [3, 2],
  ])('gives every one of other subtasks the broadcast state: %i, then %i', async (before, after) => {
    const words = 'abcdefghij'.split('')
    const own = (
      place: { subtaskIndex: number; parallelism: number },
      restored?: Awaited<ReturnType<typeof rescaledSnapshot>>,
    ) => {
      const harness = new OperatorHarness(counter(), { ...options, ...place, ...(restored && { restored }) })
      return {
        harness,
        feed: () => {
          for (const word of words) tryFeeding(harness, word)
        },
      }
    }
    const snapshots = []
    for (const place of subtasks(before)) {
      const { harness, feed } = own(place)
      feed()
      harness.element2('2')
      snapshots.push(await harness.snapshot())
    }
    const counts: unknown[] = []
    for (const place of subtasks(after)) {
      const { harness, feed } = own(place, await rescaledSnapshot(snapshots, place))
      feed()
      feed()
      harness.element2('clear')
      counts.push(...harness.values.slice(-harness.values.length / 3))
    }
    expect(counts.toSorted()).toEqual(words.map((word) => `${word} was 2`))
  })
})

const subtasks = (parallelism: number) =>
  Array.from({ length: parallelism }, (_, subtaskIndex) => ({ parallelism, subtaskIndex }))

/** A record of another subtask's key is refused by the harness. */
function tryFeeding(harness: OperatorHarness, word: string): void {
  try {
    harness.element(word)
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'ARGUMENT_INVALID' })
  }
}

it('applies only to what has not outlived its time', () => {
  const expiring = { seen: valueState('', { ttl: { ms: 1_000 } }) }
  const found: string[] = []
  const operator = keyedBroadcastProcessOperator(rules, {
    state: expiring,
    element: (word: string, ctx) => ctx.state.seen.update(word),
    broadcastElement: (_rule: string, ctx) => ctx.applyToKeyedState('seen', (_key, seen) => found.push(seen.value())),
  })
  const harness = new OperatorHarness(operator, byWord)
  harness.advance(30)
  harness.element('old')
  harness.advance(900)
  harness.element('young')
  // It is cleaned up a little later.
  harness.advance(110)
  harness.element2('go')
  expect(found).toEqual(['young'])
})

it('has timers of both kinds on the keyed side, which read the broadcast state', () => {
  const operator = counter({
    element: (_word, ctx) => ctx.timers.registerEventTime(ctx.timestamp! + 10),
    timer: (timestamp, ctx) =>
      ctx.emit(`${ctx.key}@${timestamp} ${ctx.timeDomain} ${ctx.broadcastState.words.get('limit')}`),
  })
  const harness = new OperatorHarness(operator, byWord)
  harness.element('a', 1)
  harness.element2('7')
  harness.watermark(20, 0)
  expect(harness.values).toEqual([])
  harness.watermark(15, 1)
  expect(harness.records).toEqual([{ value: 'a@11 event-time 7', timestamp: 11 }])
  expect(harness.watermarks).toEqual([15])
})

it('tells each key of the end, then the operator', () => {
  const operator = counter({
    endOfKey: (ctx) => ctx.emit(`${ctx.key} ended with ${ctx.state.count.value()}`),
    endOfData: (ctx) => ctx.emit(`limit ${ctx.broadcastState.words.get('limit')}`),
  })
  const harness = new OperatorHarness(operator, byWord)
  harness.elements(['a', 'a'])
  harness.element2('9')
  void harness.endOfData()
  expect(harness.values.slice(2)).toEqual(['a ended with 2', 'limit 9'])
})

it('stamps what the broadcast side emits with the time of its record', () => {
  const late = outputTag<string>('late')
  const operator = counter({
    broadcastElement(rule, ctx) {
      ctx.emit(`${rule} in ${ctx.subtaskIndex} of ${ctx.parallelism}`)
      ctx.sideOutput(late, rule)
    },
  })
  const harness = new OperatorHarness(operator, { ...byWord, sideOutputs: [late] })
  harness.element2('go', 5)
  expect(harness.records).toEqual([{ value: 'go in 0 of 1', timestamp: 5 }])
  expect(harness.side(late).records).toEqual([{ value: 'go', timestamp: 5 }])
})

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
