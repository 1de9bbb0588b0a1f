/**
 * A system of the size of a checkpoint protocol that says nothing: ten actors, twenty channels, twenty-five observers.
 * For measuring the search, not what it finds.
 */
import type { ActorModel, Observer, SystemModel } from '../../../src/testing/explorer/system.ts'

interface State {
  readonly polls: number
  readonly heard: number
  readonly phase: 'idle' | 'busy'
}

export function largeSystem(polls = 2, actors = 10, observers = 25): SystemModel {
  const names = Array.from({ length: actors }, (_, i) => `actor-${i}`)
  const model = (i: number): ActorModel<State> => {
    const near = names[(i + 1) % actors]!
    const far = names[(i + 3) % actors]!
    return {
      start: { state: { polls, heard: 0, phase: 'idle' }, outputs: [{ type: 'timer.set', name: 'poll' }] },
      receive(state, message) {
        if (message.type === 'timer.fired') {
          return {
            state: { ...state, polls: state.polls - 1 },
            outputs: [
              { type: 'send', to: near, message: { type: 'record' } },
              { type: 'send', to: far, message: { type: 'barrier' } },
              { type: 'fact', fact: { type: `sent-${i}` } },
              ...(state.polls > 1 ? [{ type: 'timer.set', name: 'poll' } as const] : []),
            ],
          }
        }
        const heard = (state.heard + (message.type === 'record' ? 1 : 2)) % 4
        return {
          state: { ...state, heard, phase: heard > 1 ? 'busy' : 'idle' },
          outputs: [
            { type: 'fact', fact: { type: `heard-${i}` } },
            { type: 'fact', fact: { type: message.type } },
          ],
        }
      },
    }
  }
  const watch = (i: number): Observer<number> => ({
    name: `observer-${i}`,
    initial: 0,
    hears: i % 5 === 0 ? ['record', 'barrier'] : [`sent-${i % actors}`, `heard-${(i * 3) % actors}`],
    next: (memory, { type }) => (type.startsWith('sent') || type === 'record' ? (memory + 1) % 3 : memory),
  })
  return {
    name: 'large',
    actors: Object.fromEntries(names.map((name, i) => [name, model(i)])),
    observers: Array.from({ length: observers }, (_, i) => watch(i)),
  }
}
