import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import { broadcastProcessOperator, keyedBroadcastProcessOperator } from '../../src/operators/broadcast-process.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../src/testing/rescaled-snapshot.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { byWord, counter, rules, translated } from './broadcast-programs.ts'

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

  it('has the state of its key again behind an applyToKeyedState inside of it', () => {
    const operator = counter({
      broadcastElement: (_rule, ctx) =>
        ctx.applyToKeyedState('count', (key, count) => {
          ctx.applyToKeyedState('count', () => {})
          ctx.emit(`${key} ${count.value()}`)
        }),
    })
    const harness = new OperatorHarness(operator, options)
    harness.elements(['a', 'b', 'b', 'c', 'c', 'c'])
    harness.element2('x')
    expect(harness.values.slice(-3).toSorted()).toEqual(['a 1', 'b 2', 'c 3'])
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
