import { describe, expect, it } from 'vitest'
import * as order from '../../../src/machines/savepoint-store/orders.ts'
import { changes, noSavepoint } from '../../../src/machines/savepoint-store/savepoint-context.ts'
import { alphabet, on, path } from './alphabet.ts'

describe('what a savepoint remembers', () => {
  it.each([
    ['noteRequest', on.requested().type],
    ['notePath', on.reserved.type],
    ['noteFound', on.found.type],
    ['noteDisposal', on.disposal().type],
    ['noteFailure', on.failed.type],
  ] as const)('%s learns from %s alone', (name, type) => {
    const teachers = alphabet.filter((event) => Object.keys(changes[name]({ context: noSavepoint, event })).length > 0)
    expect(new Set(teachers.map((event) => event.type))).toEqual(new Set([type]))
  })
})

describe('a refusal', () => {
  it('answers the request that came, not the one under way, and names the savepoint', () => {
    const context = { ...noSavepoint, requestId: 'create', path }
    const { requestId, outcome } = order.refuseDisposal.params({ context, event: on.disposal('late') })
    expect([requestId, outcome.code]).toEqual(['late', 'SAVEPOINT_NOT_FOUND'])
    expect(outcome.message).toContain(path)
  })
})
