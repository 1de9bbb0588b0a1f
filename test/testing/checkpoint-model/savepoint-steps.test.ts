import { describe, expect, it } from 'vitest'
import { quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { trueRules } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { savepointStep } from '../../../src/testing/checkpoint-model/savepoint-steps.ts'
import { type StorageState, storageModel } from '../../../src/testing/checkpoint-model/storage-model.ts'
import type { Turn } from '../../../src/testing/explorer/system.ts'

const { state: empty } = storageModel({ options: quiet, rules: trueRules }).start as Turn<StorageState>
const stored: StorageState = { ...empty, manifests: { 1: { kind: 'savepoint', subtasks: [], finished: [] } } }
const letGo = (state: StorageState): Turn<StorageState> => ({ state: { ...state, manifests: {} }, outputs: [] })
const step = (state: StorageState, name: 'copy' | 'seal' | 'remove' | 'clear' | 'publish') =>
  savepointStep(
    state,
    { type: 'savepoint.step', key: 'k', step: name, checkpointId: 1, savepoint: 's', epoch: 1 },
    letGo,
  )
const answers = ({ outputs }: Turn<StorageState>) =>
  outputs.flatMap((output) =>
    output.type === 'send' ? [(output.message as unknown as { event: { type: string } }).event.type] : [],
  )

describe('the steps of a copy', () => {
  it('make it a savepoint when it is sealed, which can be removed', () => {
    const copied = step(stored, 'copy')
    expect([answers(copied), copied.state.copies]).toEqual([['state.copied'], { s: 'copied' }])
    expect(answers(step(copied.state, 'remove'))).toEqual(['step.failed'])
    const sealed = step(copied.state, 'seal')
    expect([answers(sealed), sealed.state.copies]).toEqual([['manifest.published'], { s: 'sealed' }])
    const removed = step(sealed.state, 'remove')
    expect([answers(removed), removed.state.copies]).toEqual([['pointer.removed'], {}])
  })

  it('fail when the checkpoint is gone', () => {
    for (const name of ['copy', 'seal'] as const) expect(answers(step(empty, name))).toEqual(['step.failed'])
  })

  it('clear what is there, pointer or copy, and tell that a pointer went', () => {
    expect(step(step(stored, 'copy').state, 'clear').state).toEqual(stored)
    const cleared = step(step(stored, 'publish').state, 'clear')
    expect(cleared.state).toEqual(stored)
    expect(cleared.outputs.some((output) => output.type === 'fact' && output.fact.type === 'savepoint.removed')).toBe(
      true,
    )
  })
})
