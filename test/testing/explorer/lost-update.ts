/** Two clients that each add one to a shared number: they read it, and later write what they read and one. */
import type { ActorModel, Property, SystemModel } from '../../../src/testing/explorer/system.ts'

interface Client {
  readonly step: 'idle' | 'reading' | 'done'
}

/** `careful`: a write of a number that is not one more than the stored one is refused, and tried again. */
export function lostUpdate(careful = false): SystemModel {
  const client: ActorModel<Client> = {
    start: { state: { step: 'idle' }, outputs: [{ type: 'timer.set', name: 'begin' }] },
    receive(state, message) {
      const ask = { type: 'send', to: 'register', message: { type: 'read' } } as const
      if (message.type === 'timer.fired' || message.type === 'refused')
        return { state: { step: 'reading' }, outputs: [ask] }
      if (message.type === 'written') return { state: { step: 'done' }, outputs: [] }
      const { value } = message as unknown as { readonly value: number }
      const write = { type: 'write', value: value + 1 }
      return { state, outputs: [{ type: 'send', to: 'register', message: write }] }
    },
  }
  const register: ActorModel<number> = {
    start: { state: 0, outputs: [] },
    receive(state, message, from) {
      const answer = (type: string) => [{ type: 'send', to: from, message: { type, value: state } }] as const
      if (message.type === 'read') return { state, outputs: answer('value') }
      const { value } = message as unknown as { readonly value: number }
      if (careful && value !== state + 1) return { state, outputs: answer('refused') }
      return { state: value, outputs: [{ type: 'send', to: from, message: { type: 'written' } }] }
    },
  }
  return { name: 'lost update', actors: { anna: client, ben: client, register } }
}

export const bothCount: Property[] = [
  {
    kind: 'eventually',
    name: 'both have counted',
    of: ['register'],
    holds: (value: number) => value === 2 || `it is ${value}`,
  },
]
