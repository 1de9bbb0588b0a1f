import fc from 'fast-check'
import { expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'

const open = () => {
  const options = { range: { start: 0, end: 127 }, maxParallelism: 128, freeze: true, operatorName: 'op' }
  return heapStateBackend.create(options)
}

interface Timer {
  readonly key: string
  readonly at: number
}

/** Fires in the order of time, and of being added. */
class Model {
  timers: Timer[] = []

  add(timer: Timer): boolean {
    if (this.timers.some(({ key, at }) => key === timer.key && at === timer.at)) return false
    this.timers.push(timer)
    return true
  }

  delete(timer: Timer): boolean {
    const left = this.timers.filter(({ key, at }) => key !== timer.key || at !== timer.at)
    const deleted = left.length < this.timers.length
    this.timers = left
    return deleted
  }

  poll(until: number): Timer | undefined {
    const [first] = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
    if (first !== undefined) this.delete(first)
    return first
  }
}

it('fires as added, whatever is deleted and added again meanwhile', () => {
  const step = fc.record({
    do: fc.constantFrom('add', 'add', 'add', 'delete', 'delete', 'delete', 'poll'),
    key: fc.constantFrom('a', 'b', 'c'),
    at: fc.constantFrom(1, 1, 1, 2),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const state = open()
      const queue = state.timers('timers')
      const model = new Model()
      for (const { do: call, key, at } of steps) {
        if (call === 'poll') {
          const time = queue.poll(at)
          expect(time && { key: state.currentKey, at: time }).toEqual(model.poll(at))
        } else {
          state.setCurrentKey(key)
          expect(queue[call](at)).toBe(model[call]({ key, at }))
        }
        expect(queue.size).toBe(model.timers.length)
        expect(queue.next()).toBe(
          model.timers.length === 0 ? undefined : Math.min(...model.timers.map((one) => one.at)),
        )
      }
    }),
    { numRuns: 1_000 },
  )
})

it('fires as added after a key has moved its timer more often than deleted ones are remembered', () => {
  const state = open()
  const queue = state.timers('timers')
  const keys = ['first', 'moved', 'last', 'gone']
  for (const key of keys) {
    state.setCurrentKey(key)
    queue.add(5)
  }
  queue.delete(5)
  for (let i = 0; i < 5_001; i++) {
    state.setCurrentKey('moved')
    expect([queue.delete(5), queue.delete(5), queue.add(5), queue.add(5)]).toEqual([true, false, true, false])
  }
  const fired: unknown[] = []
  while (queue.poll(5) !== undefined) fired.push(state.currentKey)
  expect([fired, queue.size, queue.next()]).toEqual([['first', 'last', 'moved'], 0, undefined])
  expect(state.entryCount).toBe(0)
})
