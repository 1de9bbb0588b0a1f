/** The outputs of an actor by name, so that a message may have any fields without a cast. */
import type { Message, Output } from './system.ts'

/**
 * Sends a message to another actor, by its name in the system.
 *
 * ```ts
 * return { state, outputs: [send('bank', { type: 'charge', order: 'o1' })] }
 * ```
 */
export const send = <Sent extends Message>(to: string, message: Sent): Output<Sent> => ({ type: 'send', to, message })

/** As `send`, but received within the same step, as a call would be. See `Output` about when that is right. */
export const sendImmediately = <Sent extends Message>(to: string, message: Sent): Output<Sent> => ({
  type: 'send',
  to,
  message,
  immediate: true,
})

/** Tells the observers something; it changes nothing. */
export const fact = (told: Message): Output<never> => ({ type: 'fact', fact: told })

/** Sets a timer, which may go off at any time: the actor then receives `{ type: 'timer.fired', name }`. */
export const setTimer = (name: string): Output<never> => ({ type: 'timer.set', name })

export const clearTimer = (name: string): Output<never> => ({ type: 'timer.clear', name })
