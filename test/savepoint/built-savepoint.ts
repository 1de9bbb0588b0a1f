/** What a builder has written, checked. */
import { join } from 'node:path'
import { expect } from 'vitest'
import { VirtualClock } from '../../src/core/clock.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import type { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { temporaryDir } from '../backends/temporary.ts'

export const newDir = () => join(temporaryDir(), 'made')

export async function rowsOf(
  savepoint: SavepointReader,
  operator: string,
  state: string,
): Promise<Map<unknown, unknown>> {
  const rows = new Map<unknown, unknown>()
  for await (const { key, value } of savepoint.keyed(operator, state)) rows.set(key, value)
  return rows
}

/** What is written is always sound, and opened again it says what the builder returned. */
export async function written(builder: SavepointBuilder): Promise<SavepointReader> {
  const dir = newDir()
  const made = await builder.write(dir, { clock: new VirtualClock(5_000) })
  expect(await verifySavepoint(dir)).toEqual([])
  const again = await openSavepoint(dir)
  expect(again.manifest).toEqual(made.manifest)
  expect(again).toMatchObject({ kind: 'savepoint', isPointer: false, path: dir })
  expect(again.manifest.timestamp).toBe(5_000)
  return again
}
