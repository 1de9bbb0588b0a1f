/** Two-phase commit: a coordinator and resource managers that may each vote no. */
import type { ActorModel, Property, Symmetry, SystemModel } from '../../../src/testing/explorer/system.ts'

interface CoordinatorState {
  readonly phase: 'waiting' | 'committed' | 'aborted'
  readonly prepared: readonly string[]
}

export type ManagerState = 'working' | 'prepared' | 'committed' | 'aborted'

/** `hasty`: commits when the first manager is prepared. */
export function twoPhaseCommit(managers: number, hasty = false): SystemModel {
  const names = Array.from({ length: managers }, (_, i) => `rm${i}`)
  const coordinator: ActorModel<CoordinatorState> = {
    start: { state: { phase: 'waiting', prepared: [] }, outputs: [] },
    receive(state, { type }, from) {
      if (state.phase !== 'waiting') return { state, outputs: [] }
      const tell = (phase: 'committed' | 'aborted', prepared: readonly string[]) => ({
        state: { phase, prepared },
        outputs: names.map((to) => ({ type: 'send', to, message: { type: phase } }) as const),
      })
      if (type === 'no') return tell('aborted', [])
      const prepared = [...new Set([...state.prepared, from])].sort()
      const enough = prepared.length === (hasty ? 1 : managers)
      return enough ? tell('committed', []) : { state: { ...state, prepared }, outputs: [] }
    },
  }
  const manager: ActorModel<ManagerState> = {
    start: { state: 'working', outputs: [{ type: 'timer.set', name: 'decide' }] },
    receive(_state, { type }) {
      if (type !== 'timer.fired') {
        return { state: type as ManagerState, outputs: [{ type: 'timer.clear', name: 'decide' }] }
      }
      const answer = (type: string, state: ManagerState) =>
        ({ state, label: type, outputs: [{ type: 'send', to: 'tm', message: { type } }] }) as const
      return [answer('yes', 'prepared'), answer('no', 'aborted')]
    },
  }
  return {
    name: 'two-phase commit',
    actors: { tm: coordinator, ...Object.fromEntries(names.map((n) => [n, manager])) },
  }
}

export function agreement(managers: number): Property[] {
  const of = Array.from({ length: managers }, (_, i) => `rm${i}`)
  return [
    {
      kind: 'always',
      name: 'managers agree',
      of,
      holds: (...states: ManagerState[]) => !(states.includes('committed') && states.includes('aborted')),
    },
    {
      kind: 'eventually',
      name: 'managers decide',
      of,
      holds: (...states: ManagerState[]) => states.every((state) => state === 'committed' || state === 'aborted'),
    },
    { kind: 'sometimes', name: 'commits', of: ['rm0'], holds: (state: ManagerState) => state === 'committed' },
    { kind: 'sometimes', name: 'aborts', of: ['rm0'], holds: (state: ManagerState) => state === 'aborted' },
  ]
}

/** Every pair of managers may be swapped. */
export function managerSwaps(managers: number): Symmetry[] {
  const swaps: Symmetry[] = []
  for (let i = 0; i < managers; i++) {
    for (let k = i + 1; k < managers; k++) {
      const actors: Record<string, string> = { [`rm${i}`]: `rm${k}`, [`rm${k}`]: `rm${i}` }
      swaps.push({
        actors,
        message: (message) => message,
        state(actor, state) {
          if (actor !== 'tm') return state
          const { prepared, phase } = state as CoordinatorState
          return { phase, prepared: prepared.map((name) => actors[name] ?? name).sort() }
        },
      })
    }
  }
  return swaps
}
