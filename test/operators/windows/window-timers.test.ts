import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { TimerService } from '../../../src/operators/timer-service.ts'
import { askedFor, WindowTimers } from '../../../src/operators/windows/window-timers.ts'

function start() {
  const state = heapStateBackend.create({
    range: { start: 0, end: 127 },
    maxParallelism: 128,
    freeze: true,
    operatorName: 'windows',
  })
  const asked: number[] = []
  const output = { emit() {}, watermark() {}, watermarkStatus() {} }
  const context = { output, requestProcessingTime: (at: number) => void asked.push(at) }
  const timers = new TimerService(context, state, { timer() {}, flush() {} })
  state.setCurrentKey('a')
  return { timers, waiting: new WindowTimers(state, timers), asked }
}

it('sets one timer of the key for all windows that wait for a time', () => {
  const { timers, waiting } = start()
  waiting.register('event-time', 9, 'x')
  waiting.register('event-time', 9, 'y')
  waiting.register('event-time', 9, 'x')
  expect(timers.event.size).toBe(1)
  waiting.delete('event-time', 9, 'z')
  waiting.delete('event-time', 9, 'x')
  expect(timers.event.size).toBe(1)
  expect(waiting.take('event-time', 9)).toEqual(['y'])
  expect(waiting.take('event-time', 9)).toEqual([])
})

it('deletes the timer with the last window that waits for it', () => {
  const { timers, waiting } = start()
  waiting.register('event-time', 9, 'x')
  waiting.register('processing-time', 9, 'x')
  waiting.delete('event-time', 9, 'x')
  waiting.delete('processing-time', 9, 'x')
  expect([timers.event.size, timers.processing.size]).toEqual([0, 0])
})

it('lets the clock pass a time before it says that it has come', () => {
  const { waiting, asked } = start()
  waiting.register('processing-time', 9, 'x')
  waiting.register('processing-time', Number.MAX_SAFE_INTEGER, 'x')
  expect(asked).toEqual([10])
  expect([askedFor(10, 'processing-time'), askedFor(10, 'event-time')]).toEqual([9, 10])
})
