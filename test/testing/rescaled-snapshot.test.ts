import { expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { decodeValue } from '../../src/core/codec.ts'
import { keyGroupOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import { sourceOperator } from '../../src/operators/endpoint-operators.ts'
import { broadcastState, operatorListState, unionListState } from '../../src/operators/operator-state-declarations.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { type HarnessSnapshot, OperatorHarness } from '../../src/testing/operator-harness.ts'
import { rescaledSnapshot } from '../../src/testing/rescaled-snapshot.ts'
import { codeOf } from '../connectors/endpoint-harness.ts'

const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`)
const key = (value: string) => value
const keysOf = (index: number, parallelism: number) =>
  keys.filter((one) => subtaskOfKeyGroup(keyGroupOf(one, 128), parallelism, 128) === index)

/** Keeps something of every kind, and emits all that it keeps when the data ends. */
const keeper = keyedProcessOperator({
  state: { count: valueState<number>(0) },
  operatorState: {
    seen: operatorListState<string>(),
    subtasks: unionListState<number>(),
    rules: broadcastState<string, number>(),
  },
  open(ctx) {
    if (ctx.operatorState.subtasks.get().length === 0) ctx.operatorState.subtasks.add(ctx.subtaskIndex)
    ctx.operatorState.rules.put('opened', (ctx.operatorState.rules.get('opened') ?? 0) + 1)
  },
  element(value: string, ctx) {
    ctx.state.count.update(ctx.state.count.value() + 1)
    ctx.operatorState.seen.add(value)
    ctx.emit(`${value} ${ctx.state.count.value()}`)
  },
  endOfData(ctx) {
    const { seen, subtasks, rules } = ctx.operatorState
    ctx.emit({ seen: seen.get(), subtasks: subtasks.get(), opened: rules.get('opened') })
  },
})

const snapshotsOf = (parallelism: number): Promise<HarnessSnapshot[]> =>
  Promise.all(
    Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const harness = new OperatorHarness(keeper, { key, parallelism, subtaskIndex })
      harness.elements(keysOf(subtaskIndex, parallelism))
      return harness.snapshot()
    }),
  )

it.each([
  [3, 2],
  [2, 3],
  [1, 4],
  [2, 2],
])(
  'gives %i to %i subtasks as a job does: keys to their owners, items to one, to all, and copies',
  async (before, after) => {
    const snapshots = await snapshotsOf(before)
    const seen: string[] = []
    for (let subtaskIndex = 0; subtaskIndex < after; subtaskIndex++) {
      const place = { subtaskIndex, parallelism: after }
      const restored = await rescaledSnapshot(snapshots, place)
      const harness = new OperatorHarness(keeper, { key, ...place, restored })
      const own = keysOf(subtaskIndex, after)
      harness.elements(own)
      expect(harness.values).toEqual(own.map((one) => `${one} 2`))
      void harness.endOfData()
      const kept = harness.values.at(-1) as { seen: string[]; subtasks: number[]; opened: number }
      expect(kept.subtasks).toEqual(Array.from({ length: before }, (_, i) => i))
      expect(kept.opened).toBe(2)
      seen.push(...kept.seen.slice(0, -own.length))
    }
    expect(seen.toSorted()).toEqual(keys.toSorted())
  },
)

it('gives the splits of a source, and nothing of an operator without state', async () => {
  const numbers = sourceOperator(generate({ count: 200, at: (index) => index }))
  const source = new OperatorHarness(numbers)
  source.poll(50)
  const made = [...source.values]
  const snapshots = [await source.snapshot()]
  for (const subtaskIndex of [0, 1, 2]) {
    const place = { subtaskIndex, parallelism: 3 }
    const harness = new OperatorHarness(numbers, { ...place, restored: await rescaledSnapshot(snapshots, place) })
    while (harness.poll() === 'records');
    made.push(...harness.values)
  }
  expect(made.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  const none = await new OperatorHarness(mapOperator(String)).snapshot()
  const { state, ...rest } = await rescaledSnapshot([none], { subtaskIndex: 1, parallelism: 2 })
  expect([decodeValue(state), rest]).toEqual([undefined, { keyed: [] }])
})

it('refuses to divide what is whole, and subtasks that there are none of', async () => {
  const position = sourceOperator({
    ...generate({ count: 9, at: (index) => index }),
    createReader: () => ({ poll: () => ({ type: 'end' }), snapshot: () => 5, close() {} }),
  })
  const snapshots = [await new OperatorHarness(position).snapshot()]
  expect(await rescaledSnapshot(snapshots, { subtaskIndex: 0, parallelism: 1 })).toBe(snapshots[0])
  const divided = await codeOf(() => rescaledSnapshot(snapshots, { subtaskIndex: 0, parallelism: 2 }))
  expect(divided.code).toBe('RESTORE_PARALLELISM_MISMATCH')
  expect(divided.message).toContain('subtask 0 of 1 is a whole')
  for (const [given, subtaskIndex] of [
    [snapshots, 1],
    [[], 0],
  ] as const) {
    const { code } = await codeOf(() => rescaledSnapshot(given, { subtaskIndex, parallelism: 1 }))
    expect(code).toBe('ARGUMENT_INVALID')
  }
})
