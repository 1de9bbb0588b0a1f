import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/core/clock.ts'
import { Random } from '../../src/core/random.ts'
import { Operations } from '../../src/rest/operations.ts'
import { settled } from './fake-session.ts'

const make = (max = 2) => {
  const clock = new VirtualClock()
  const operations = new Operations({ clock, random: new Random(7), retentionMs: 1_000, max })
  const start = (run: () => Promise<Record<string, unknown>>) =>
    operations.start({ scope: 's', kind: 'savepoint', triggerId: undefined, run })
  return { clock, operations, start }
}
const never = () => new Promise<never>(() => undefined)

describe('operations', () => {
  it('refuses one more than the bound while all run', () => {
    const { start } = make()
    start(never)
    start(never)
    expect(() => start(never)).toThrow(expect.objectContaining({ code: 'OPERATIONS_FULL' }))
  })

  it('makes room by forgetting the oldest that has ended', async () => {
    const { start, operations } = make()
    const running = start(never)
    const ended = start(async () => ({ n: 1 }))
    await settled()
    const next = start(never)
    expect(operations.result('s', running)).toBeUndefined()
    expect(operations.result('s', next)).toBeUndefined()
    expect(() => operations.result('s', ended)).toThrow(expect.objectContaining({ code: 'TRIGGER_NOT_FOUND' }))
  })

  it('knows when clients have read every result', async () => {
    const { start, operations } = make()
    const told: string[] = []
    await operations.collected()
    const id = start(async () => ({ n: 1 }))
    const collected = operations.collected().then(() => told.push('collected'))
    expect(operations.result('s', id)).toBeUndefined()
    await settled()
    expect(told).toEqual([])
    expect(operations.result('s', id)).toBeDefined()
    await collected
    expect(told).toEqual(['collected'])
  })

  it('keeps scopes apart', async () => {
    const { start, operations } = make()
    const id = start(async () => ({ n: 1 }))
    await settled()
    expect(operations.result('s', id)).toEqual({ type: 'completed', value: { n: 1 } })
    expect(() => operations.result('t', id)).toThrow()
  })
})
