import { describe, expect, it } from 'vitest'
import { savepointMachine } from '../../../src/machines/savepoint-store/machine.ts'
import type { SavepointEffect, SavepointEvent } from '../../../src/machines/savepoint-store/protocol.ts'
import { machineSystem, type System } from '../../../src/testing/machine-harness.ts'
import { monitoredWalk, walkMonitors } from '../monitored-walk.ts'
import { alphabet } from './alphabet.ts'
import { savepointInvariants } from './invariants.ts'

type SavepointSystem = System<unknown, SavepointEvent, SavepointEffect>
const sound = machineSystem<typeof savepointMachine, SavepointEffect>(savepointMachine) as SavepointSystem

describe('every reachable state of a savepoint', () => {
  it('keeps the invariants, takes every edge and issues every effect', () => {
    const { edgesTaken, effects, names } = monitoredWalk(sound, alphabet, savepointInvariants)
    expect(sound.edges?.filter((edge) => !edgesTaken.has(edge))).toEqual([])
    expect(names.size).toBe(14)
    expect([...effects].sort()).toEqual([
      ...['clearPlace', 'copyState', 'pinCheckpoint', 'publishManifest', 'publishPointer', 'removePointer'],
      ...['reply', 'report', 'reserveName', 'unpinCheckpoint'],
    ])
  })
})

const without = (type: SavepointEffect['type']): SavepointSystem => ({
  ...sound,
  step: (state, event) => {
    const { snapshot, effects } = sound.step(state, event)
    return { snapshot, effects: effects.filter((one) => one.type !== type) }
  },
})
/** Disposal in the wrong order, as if the pin were what matters first. */
const swapped: SavepointSystem = {
  ...sound,
  step: (state, event) => {
    const { snapshot, effects } = sound.step(state, event)
    const swap = (one: SavepointEffect): SavepointEffect =>
      one.type === 'removePointer'
        ? { type: 'unpinCheckpoint', params: { checkpointPath: '', path: one.params.path } }
        : one
    return { snapshot, effects: effects.map(swap) }
  },
}

/** The manifest of a copy at once, the state after it. */
const sealedFirst: SavepointSystem = {
  ...sound,
  step: (state, event) => {
    const { snapshot, effects } = sound.step(state, event)
    const swap = (one: SavepointEffect): SavepointEffect =>
      one.type === 'copyState' ? { type: 'publishManifest', params: one.params } : one
    return { snapshot, effects: effects.map(swap) }
  },
}

describe('a broken savepoint is caught', () => {
  const canaries: readonly (readonly [name: string, system: SavepointSystem, invariant: string])[] = [
    ['it unpins first', swapped, 'INV-SP-1'],
    ['it does not answer', without('reply'), 'INV-SP-2'],
    ['it skips a step', without('pinCheckpoint'), 'INV-SP-3'],
    ['it publishes a copy before it has one', sealedFirst, 'INV-SP-4'],
  ]
  for (const [name, system, invariant] of canaries) {
    it(name, () => {
      const monitors = savepointInvariants.filter((one) => one.name.startsWith(invariant))
      expect(() => walkMonitors(system, alphabet, monitors)).toThrow(invariant)
    })
  }
})
