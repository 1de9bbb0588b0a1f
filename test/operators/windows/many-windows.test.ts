/** Many open windows of one key: a record and a firing cost no more for it. Counted are calls of the state backend, not time. */
import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import type { StateBackend } from '../../../src/backends/state-backend.ts'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import type { WindowAssigner } from '../../../src/operators/windows/window.ts'
import type { WindowedStream } from '../../../src/program/windowed-stream.ts'
import { type HarnessSnapshot, OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { type Item, lists, sums, windowed } from './window-cases.ts'

class Counted {
  calls = 0
  readonly backend: StateBackend = {
    ...heapStateBackend,
    create: (options) => this.#counted(heapStateBackend.create(options)),
  }

  /** Every call counts, and everything that is iterated over. What is opened counts, too. */
  #counted<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          this.calls++
          const result: unknown = member.apply(target, args)
          if (name === 'state' || name === 'timers') return this.#counted(result as object)
          return name === 'keys' ? this.#iterated(result as Iterable<unknown>) : result
        }
      },
    })
  }

  *#iterated(items: Iterable<unknown>): Iterable<unknown> {
    for (const item of items) {
      this.calls++
      yield item
    }
  }
}

const key = ({ k }: Item) => k
type Restored = { readonly restored: HarnessSnapshot }
type Result = (windows: WindowedStream<Item, string>) => unknown

/** A window each for so many records, or a session. Every other one gets a second record, some time later. */
function fill(harness: OperatorHarness, count: number): void {
  for (let n = 0; n < count; n++) harness.element({ k: 'a', n }, n * 20)
  for (let n = 0; n < count; n += 2) harness.element({ k: 'a', n }, n * 20 + 3)
}

/** How often a harness calls its backend for so many windows, and what comes of them. */
function costOf(assigner: WindowAssigner<Item>, result: Result, restored: Partial<Restored>, count: number) {
  const counted = new Counted()
  const harness = new OperatorHarness(windowed(assigner, result), { key, backend: counted.backend, ...restored })
  fill(harness, count)
  harness.watermark(count * 20)
  expect(harness.values).toHaveLength(count)
  return counted.calls
}

const cases = [
  ['tumbling windows', tumblingEventTimeWindows(10), lists],
  ['tumbling windows in panes', tumblingEventTimeWindows(10), sums],
  ['sessions', eventTimeSessionWindows(10), lists],
] as const

const n = 100

it.each(cases)('costs the same for every window: %s', (_title, assigner, result) => {
  const cost = (count: number) => costOf(assigner, result, {}, count)
  expect(cost(2 * n)).toBeLessThan(2.2 * cost(n))
})

it.each(cases)('costs the same for every window behind a restore: %s', async (_title, assigner, result) => {
  const cost = async (count: number) => {
    const before = new OperatorHarness(windowed(assigner, result), { key })
    fill(before, count)
    return costOf(assigner, result, { restored: await before.snapshot() }, count)
  }
  expect(await cost(2 * n)).toBeLessThan(2.2 * (await cost(n)))
})

it.each(cases.slice(0, 2))(
  'costs the same for every window when those of another size are gone: %s',
  async (_title, assigner, result) => {
    const before = new OperatorHarness(windowed(tumblingEventTimeWindows(7), result), { key })
    before.element({ k: 'a', n: 1 }, -5)
    const snapshot = await before.snapshot()
    const cost = (count: number) => {
      const counted = new Counted()
      const after = new OperatorHarness(windowed(assigner, result), {
        key,
        backend: counted.backend,
        restored: snapshot,
      })
      after.watermark(-1)
      expect(after.values).toEqual(['a -7..0 1'])
      fill(after, count)
      after.watermark(count * 20)
      expect(after.values).toHaveLength(count + 1)
      return counted.calls
    }
    expect(cost(2 * n)).toBeLessThan(2.2 * cost(n))
  },
)

it.each(cases.slice(0, 2))('gives out windows of another size, each once: %s', async (_title, assigner, result) => {
  const before = new OperatorHarness(windowed(tumblingEventTimeWindows(7), result), { key })
  fill(before, 3)
  const after = new OperatorHarness(windowed(assigner, result), { key, restored: await before.snapshot() })
  after.element({ k: 'a', n: 5 }, 45)
  after.watermark(100)
  expect(after.values.map((value) => String(value).split(' ')[1])).toEqual([
    '0..7',
    '14..21',
    '35..42',
    '42..49',
    '40..50',
  ])
  expect((await after.snapshot()).keyed).toEqual([])
})
