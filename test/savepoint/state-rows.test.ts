import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OperatorDraft } from '../../src/savepoint/operator-draft.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { stateRows } from '../../src/savepoint/state-rows.ts'
import { newDir } from './built-savepoint.ts'

const draft = { id: '0'.repeat(32), uid: 'o', name: 'totals', stored: undefined } as OperatorDraft

async function rowsOf(rows: unknown): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const row of stateRows(draft, { name: 's', kind: 'value', from: { rows: rows as never }, changes: [] })) {
    found.push(row)
  }
  return found
}

describe('rows that are given', () => {
  it('come from whatever can be iterated', async () => {
    expect(await rowsOf(new Map([['a', 1]]))).toEqual([{ key: 'a', value: 1 }])
    async function* later() {
      yield ['b', undefined]
    }
    expect(await rowsOf(later())).toEqual([{ key: 'b', value: undefined }])
  })

  it.each([[null], ['ab'], [['a']], [['a', 1, 2]], [{ key: 'a', value: 1 }]])('are pairs: %j is none', async (row) => {
    await expect(rowsOf([row])).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/^State "s" of operator "totals" \(uid "o"\) got .* as a row: expected a pair/),
    })
  })

  it("fail as what is the user's when they cannot be had to the end, and leave nothing behind", async () => {
    function* cut() {
      yield ['a', 1] as const
      throw new Error('mine')
    }
    const dir = newDir()
    const builder = SavepointBuilder.empty({ jobName: 'j' })
    await expect(
      builder.addOperator({ uid: 'o', keyed: { s: { kind: 'value', rows: cut() } } }).write(dir),
    ).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: 'State "s" of operator "o" (uid "o") got no more rows: mine',
    })
    expect(existsSync(dir)).toBe(false)
  })
})
