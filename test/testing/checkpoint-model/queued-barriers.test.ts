import { describe, expect, it } from 'vitest'
import type { ModelElement } from '../../../src/testing/checkpoint-model/model-messages.ts'
import { trueRules } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { aheadIn, overtakenIn, promoted } from '../../../src/testing/checkpoint-model/queued-barriers.ts'
import type { Queued } from '../../../src/testing/checkpoint-model/subtask-state.ts'
import { idOf } from '../../../src/testing/checkpoint-model/topology.ts'

const record = (position: number): ModelElement => ({ type: 'record', attempt: 0, stream: 's', position })
const barrier = (id: number, unaligned: boolean): ModelElement => ({
  type: 'barrier',
  attempt: 0,
  checkpointId: idOf(id),
  timestamp: 0,
  kind: 'checkpoint',
  ...(unaligned && { alignment: { type: 'unaligned' } }),
})
const queue = (...elements: readonly ModelElement[]): readonly Queued[] =>
  elements.reduce<readonly Queued[]>((before, element) => trueRules.queues(before, element), [])
const words = (elements: readonly Queued[]): string[] =>
  elements.map((one) =>
    one.type === 'record' ? `r${one.position}` : one.type === 'barrier' ? `b${one.checkpointId}/${one.overtook}` : '?',
  )

describe('barriers put ahead', () => {
  it('stand at the head by their ids, and count what is behind them all', () => {
    const elements = queue(record(1), barrier(1, true), record(2), barrier(2, true))
    expect(words(elements)).toEqual(['b1/1', 'b2/2', 'r1', 'r2'])
    expect([aheadIn(elements), words(overtakenIn(elements))]).toEqual([2, ['r1']])
  })

  it('leave, when one is promoted, what others had overtaken', () => {
    const elements = promoted(queue(record(1), barrier(1, false), record(2), barrier(2, true)), 1)
    expect(words(elements)).toEqual(['b1/1', 'b2/2', 'r1', 'r2'])
    expect(words(overtakenIn(elements.slice(1)))).toEqual(['r1', 'r2'])
  })

  it('are promoted once, and only if they are there', () => {
    const elements = queue(record(1), barrier(1, true))
    expect(promoted(elements, 1)).toBe(elements)
    expect(promoted(elements, 2)).toBe(elements)
    expect(overtakenIn(queue(record(1), barrier(1, false)))).toEqual([])
  })
})
