import { expect, it } from 'vitest'
import { CallbackTimers } from '../../src/operators/callback-timers.ts'
import type { OperatorContext } from '../../src/operators/operator.ts'
import type { TimerService } from '../../src/operators/timer-service.ts'
import { failure } from './chain-harness.ts'

const context = { operatorName: 'alarms', uid: undefined } as OperatorContext

/** What reaches the timers of the operator. */
function timersOf(check = () => {}) {
  const calls: string[] = []
  const queue = (name: string) => ({
    add: (at: number) => calls.push(`add ${name} ${at}`),
    delete: (at: number) => calls.push(`delete ${name} ${at}`),
  })
  const service = {
    mayRegisterEventTime: () => true,
    event: queue('event'),
    processing: queue('processing'),
    registerProcessingTime: (at: number) => calls.push(`register ${at}`),
  }
  return { calls, timers: new CallbackTimers(context, service as unknown as TimerService, check) }
}

it('hands timers of both kinds on', () => {
  const { calls, timers } = timersOf()
  timers.registerEventTime(1)
  timers.deleteEventTime(2)
  timers.registerProcessingTime(3)
  timers.deleteProcessingTime(4)
  expect(calls).toEqual(['add event 1', 'delete event 2', 'register 3', 'delete processing 4'])
})

it('refuses a timer where it may not be, at no time, and without a callback', () => {
  const refusing = timersOf(() => {
    throw new Error('not here')
  })
  expect(() => refusing.timers.deleteEventTime(1)).toThrow('not here')
  const { calls, timers } = timersOf()
  expect(failure(() => timers.registerEventTime(Number.NaN))).toMatchObject({ code: 'ARGUMENT_INVALID' })
  expect([...refusing.calls, ...calls]).toEqual([])
  const without = new CallbackTimers(context, undefined, () => {})
  expect(failure(() => without.registerProcessingTime(1)).message).toContain(
    '"alarms" used a timer but has no timer callback',
  )
})
