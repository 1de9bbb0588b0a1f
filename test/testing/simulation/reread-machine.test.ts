import { describe, expect, it } from 'vitest'
import type { Address } from '../../../src/core/ids.ts'
import { coordinatorInitial } from '../../../src/machines/checkpoint-coordinator/coordinator.ts'
import { quietCoordinator } from '../../../src/testing/checkpoint-model/model-options.ts'
import { rereadMachine } from '../../../src/testing/simulation/reread-machine.ts'

const seen = (snapshot: unknown) => ({
  address: 'job/x' as Address,
  attempt: 0,
  event: { type: 'any' },
  from: 'a',
  to: 'b',
  effects: [],
  snapshot,
})

describe('a machine that is written and read again', () => {
  it('comes back as it was', () => {
    const same = { type: 'machine.reread', machine: 'm', same: true }
    expect(rereadMachine(seen({ value: 'a', context: { n: 1, list: [null, 'x'] } }), 'm')).toEqual(same)
    const { snapshot } = coordinatorInitial(quietCoordinator, { lastId: 0, completed: [] })
    expect(rereadMachine(seen(snapshot), 'm')).toEqual(same)
  })

  it('is told changed when something in it cannot be written', () => {
    expect(rereadMachine(seen({ value: 'a', context: { call: () => 1 } }), 'm')).toMatchObject({ same: false })
  })

  it('is not told of when the step shows no snapshot', () => {
    expect(rereadMachine(seen(undefined), 'm')).toBeUndefined()
  })
})
