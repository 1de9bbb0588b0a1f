import { describe, expect, it } from 'vitest'
import { decidedFirst } from '../../../src/testing/checkpoint-model/decided-first.ts'
import { quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { isForOver, strayFaults } from '../../../src/testing/checkpoint-model/stray-messages.ts'
import type { Output } from '../../../src/testing/explorer/system.ts'

describe('strays', () => {
  it('come to those who are named, each a fault with a name of its own', () => {
    expect(strayFaults(quiet)).toEqual([])
    const faults = strayFaults({ ...quiet, strays: ['task', 'coordinator', 'job', 'savepoints'] })
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
    expect(new Set(faults.map(({ spends }) => spends))).toEqual(new Set(['strays']))
  })

  it('that would be believed come only to a subtask that is over', () => {
    expect(isForOver({ type: 'subtask.crashed' })).toBe(true)
    expect(isForOver({ type: 'commit.done' })).toBe(false)
  })
})

describe('the outputs of a step', () => {
  it('tell what was decided before anything is sent', () => {
    const send: Output = { type: 'send', to: 'a', message: { type: 'm' }, immediate: true }
    const timer: Output = { type: 'timer.set', name: 't' }
    expect(decidedFirst([send, timer])).toEqual([timer, send])
  })
})
