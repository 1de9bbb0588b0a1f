/** Dining philosophers: each takes the fork on the left, then the one on the right, eats and puts both down. */
import type { ActorModel, Property, SystemModel } from '../../../src/testing/explorer/system.ts'

type Fork = 'free' | 'taken'
export type Philosopher = 'thinking' | 'asking left' | 'asking right' | 'eating' | 'done'

/** `polite`: the last one takes the right fork first. */
export function philosophers(count: number, polite = false): SystemModel {
  const fork: ActorModel<{ readonly fork: Fork; readonly waiting: readonly string[] }> = {
    start: { state: { fork: 'free', waiting: [] }, outputs: [] },
    receive({ fork, waiting }, { type }, from) {
      const give = (to: string) => ({ type: 'send', to, message: { type: 'yours' }, immediate: true }) as const
      if (type === 'ask') {
        return fork === 'free'
          ? { state: { fork: 'taken', waiting }, outputs: [give(from)] }
          : { state: { fork, waiting: [...waiting, from] }, outputs: [] }
      }
      const [next, ...others] = waiting
      return next === undefined
        ? { state: { fork: 'free', waiting }, outputs: [] }
        : { state: { fork, waiting: others }, outputs: [give(next)] }
    },
  }
  const philosopher = (i: number): ActorModel<Philosopher> => {
    const sides = [`fork${i}`, `fork${(i + 1) % count}`]
    const [first, second] = polite && i === count - 1 ? sides.reverse() : sides
    const send = (to: string | undefined, type: string) =>
      ({ type: 'send', to: to!, message: { type }, immediate: true }) as const
    return {
      start: { state: 'thinking', outputs: [{ type: 'timer.set', name: 'hungry' }] },
      receive(state, { type }) {
        const timer = (name: string) => ({ type: 'timer.set', name }) as const
        if (type === 'yours') {
          return state === 'asking left'
            ? { state: 'asking right', outputs: [timer('reach')] }
            : { state: 'eating', outputs: [timer('full')] }
        }
        if (state === 'thinking') return { state: 'asking left', outputs: [send(first, 'ask')] }
        if (state === 'asking right') return { state, outputs: [send(second, 'ask')] }
        return { state: 'done', outputs: [send(first, 'back'), send(second, 'back')] }
      },
    }
  }
  const indexes = Array.from({ length: count }, (_, i) => i)
  return {
    name: 'philosophers',
    actors: {
      ...Object.fromEntries(indexes.map((i) => [`fork${i}`, fork])),
      ...Object.fromEntries(indexes.map((i) => [`philosopher${i}`, philosopher(i)])),
    },
  }
}

export const everyoneEats = (count: number): Property[] => [
  {
    kind: 'eventually',
    name: 'everyone has eaten',
    of: Array.from({ length: count }, (_, i) => `philosopher${i}`),
    holds: (...states: Philosopher[]) => states.every((state) => state === 'done'),
  },
]
