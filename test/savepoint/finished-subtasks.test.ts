/** An operator of which some subtasks had finished, in a savepoint that is written anew. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseManifest, printManifest } from '../../src/backends/manifest-json.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { draftOf, isDealtAgain, isPartlyFinished } from '../../src/savepoint/operator-draft.ts'
import { operatorCalled } from '../../src/savepoint/operator-facts.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { newDir, rowsOf, written } from './built-savepoint.ts'

const rows = new Map(Array.from({ length: 100 }, (_, i) => [`k${i}`, i] as const))

/** `count` and, chained to it, `told`; of two subtasks those finished that are given. */
async function ended(finished: readonly number[]): Promise<SavepointReader> {
  const dir = newDir()
  await SavepointBuilder.empty({ jobName: 'j' })
    .addOperator({ uid: 'count', parallelism: 2, keyed: { s: { kind: 'value', rows } } })
    .addOperator({ uid: 'told', parallelism: 2, lists: { l: { mode: 'split', items: [1, 2] } } })
    .write(dir)
  const path = join(dir, '_metadata')
  const manifest = parseManifest(readFileSync(path, 'utf8'), path)
  const operators = manifest.operators.map((operator) => ({
    ...operator,
    vertex: manifest.operators[0]!.vertex,
    subtasks: operator.subtasks.map((subtask) => ({ ...subtask, finished: finished.includes(subtask.index) })),
  }))
  writeFileSync(path, printManifest({ ...manifest, operators }, path))
  return openSavepoint(dir)
}

const finishedOf = (savepoint: SavepointReader, uid: string) =>
  operatorCalled(savepoint.manifest, uid).subtasks.map(({ finished }) => finished)

async function rowsOfSubtask(savepoint: SavepointReader, index: number): Promise<Map<unknown, unknown>> {
  const { keyGroups } = operatorCalled(savepoint.manifest, 'count').subtasks[index]!.keyed[0]!
  const found = new Map<unknown, unknown>()
  for await (const { key, value } of savepoint.keyed('count', 's', { keyGroups })) found.set(key, value)
  return found
}

const changes: Readonly<Record<string, (builder: SavepointBuilder) => SavepointBuilder>> = {
  'other key groups': (builder) => builder.setMaxParallelism('count', 512),
  'other rows': (builder) => builder.transform('count', 's', (row) => row),
  'a state more': (builder) => builder.addState('count', 't', { kind: 'value', rows }),
}

describe('an operator of which only some subtasks had finished', () => {
  it.each(Object.entries(changes))(
    'has, with %s, the keys of the others, and no subtask that has finished',
    async (_, change) => {
      const base = await ended([0])
      const left = await rowsOfSubtask(base, 1)
      expect(left.size).toBeGreaterThan(10)
      expect(left.size).toBeLessThan(90)
      const made = await written(change(SavepointBuilder.from(base)))
      expect(finishedOf(made, 'count')).toEqual([false, false])
      expect(finishedOf(made, 'told')).toEqual([false, false])
      expect(await rowsOf(made, 'count', 's')).toEqual(left)
      if (made.operator('count').states.length > 1) expect(await rowsOf(made, 'count', 't')).toEqual(rows)
    },
  )

  it('stays as it is when its keys are not touched', async () => {
    const made = await written(
      SavepointBuilder.from(await ended([0])).transformOperatorState('told', ({ value }) => value),
    )
    expect(finishedOf(made, 'count')).toEqual([true, false])
    expect(finishedOf(made, 'told')).toEqual([true, false])
    expect(await rowsOf(made, 'count', 's')).toEqual(rows)
  })

  it.each([
    [
      [0, 1],
      [true, true],
    ],
    [[], [false, false]],
  ])('is no operator of which all or none had: %j', async (finished, expected) => {
    for (const change of Object.values(changes)) {
      const made = await written(change(SavepointBuilder.from(await ended(finished))))
      expect(finishedOf(made, 'count')).toEqual(expected)
      expect(await rowsOf(made, 'count', 's')).toEqual(rows)
    }
  })

  it('is known before it is written', async () => {
    const base = await ended([1])
    const draft = draftOf(base, operatorCalled(base.manifest, 'count'))
    expect([isPartlyFinished(draft), isDealtAgain(draft)]).toEqual([true, false])
    expect(isDealtAgain({ ...draft, maxParallelism: 512 })).toBe(true)
    expect(isDealtAgain({ ...draft, states: [] })).toBe(false)
    expect(isPartlyFinished({ ...draft, stored: undefined })).toBe(false)
  })
})
