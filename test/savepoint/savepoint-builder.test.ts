import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { idOfUid } from '../../src/graph/operator-ids.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { draftOf, isKeyedChanged, isListsChanged } from '../../src/savepoint/operator-draft.ts'
import { operatorCalled } from '../../src/savepoint/operator-facts.ts'
import { querySavepoint } from '../../src/savepoint/query-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { newDir, rowsOf, written } from './built-savepoint.ts'
import { type KeptJob, keepJob } from './kept-job.ts'

async function allRows(savepoint: SavepointReader): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of querySavepoint(savepoint, {})) rows.push(row)
  return rows
}

describe('a savepoint made from another', () => {
  let kept: KeptJob
  let base: SavepointReader
  beforeAll(async () => {
    kept = await keepJob()
    base = await openSavepoint(kept.savepoint)
  })
  const from = () => SavepointBuilder.from(base)

  it('has everything that it had, chains as they were, in one directory', async () => {
    const made = await written(from())
    expect(await allRows(made)).toEqual(await allRows(base))
    expect(made.manifest).toMatchObject({ job: base.manifest.job, checkpointId: base.manifest.checkpointId })
    expect(operatorCalled(made.manifest, 'count').subtasks[0]!.keyed.length).toBe(2)
    expect(made.snapshot.path).toBe(made.path)
    for (const { file } of operatorCalled(made.manifest, 'count').subtasks[0]!.keyed as readonly { file: string }[]) {
      expect(existsSync(join(made.path, file))).toBe(true)
    }
  })

  it('has rows changed, left out, and more than there were', async () => {
    const made = await written(
      from()
        .transform<number>('count', 'count', ({ key, value }) => {
          if (key === 'or') return undefined
          if (key === 'to')
            return [
              { key, value },
              { key: 'too', value: 0 },
            ]
          return { key, value: value * 10 }
        })
        .transform<number>('count', 'count', ({ key, value }) => ({ key, value: value + 1 })),
    )
    expect(await rowsOf(made, 'count', 'count')).toEqual(new Map(Object.entries({ to: 3, too: 1, be: 41, not: 11 })))
    expect(await rowsOf(made, 'count', 'seen')).toEqual(await rowsOf(base, 'count', 'seen'))
    expect(operatorCalled(made.manifest, 'count').subtasks[0]!.keyed.length).toBe(1)
  })

  it('has a state of another kind and version when the rows are of that kind', async () => {
    const change = ({ key, value }: { key: never; value: number }) => ({ key, value: [value] })
    const made = await written(
      from().transform<number, number[]>('count', 'count', change as never, { kind: 'list', version: 2 }),
    )
    expect(made.operator('count').states.find(({ name }) => name === 'count')).toEqual({
      name: 'count',
      kind: 'list',
      version: 2,
    })
    const wrong = from().transform('count', 'count', (row) => row, { kind: 'map' })
    await expect(wrong.write(newDir())).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(
        /State "count" of operator "count" \(uid "count"\) is of kind map, but the value of key/,
      ),
    })
  })

  it('has operators and states renamed, removed and added', async () => {
    const made = await written(
      from()
        .renameOperator('count', { uid: 'totals' })
        .renameState('totals', 'longest', 'record')
        .removeState('totals', 'seen')
        .removeState('totals', 'processing-time')
        .removeOperator('words')
        .addState('totals', 'first', { kind: 'value', rows: [['be', true]] })
        .addOperator({ uid: 'more', keyed: { v: { kind: 'map', rows: new Map([[7, new Map([['x', 1n]])]]) } } }),
    )
    expect(made.operators.some(({ uid }) => uid === 'words' || uid === 'count')).toBe(false)
    const totals = made.operator('totals')
    expect(totals.id).toBe(idOfUid('totals'))
    expect(operatorCalled(made.manifest, 'totals').vertex).toBe(totals.id)
    expect(totals.states.map(({ name }) => name)).toEqual(['count', 'lengths', 'all', 'record', 'first'])
    expect(totals.timers).toEqual([])
    expect(await rowsOf(made, 'totals', 'record')).toEqual(await rowsOf(base, 'count', 'longest'))
    expect(await rowsOf(made, 'totals', 'first')).toEqual(new Map([['be', true]]))
    expect(await rowsOf(made, 'more', 'v')).toEqual(new Map([[7, new Map([['x', 1n]])]]))
  })

  it('has timers and state without keys changed', async () => {
    const made = await written(
      from()
        .transformTimers('count', 'processing-time', ({ key, timestamps }) =>
          key === 'be' ? [] : [...timestamps.map((at) => at + 1), 5],
        )
        .transformOperatorState('words', ({ value }) => ({ position: (value as { position: number }).position - 1 })),
    )
    const timers = new Map<unknown, readonly number[]>()
    for await (const { key, timestamps } of made.timers('count')) timers.set(key, timestamps)
    expect(timers).toEqual(new Map(Object.entries({ to: [5, 1e15 + 3], or: [5, 1e15 + 3], not: [5, 1e15 + 4] })))
    for await (const row of made.operatorState('words')) expect(row.value).toEqual({ position: 7 })
  })

  it('has another number of key groups, in which every key is where it belongs', async () => {
    const made = await written(from().setMaxParallelism('count', 1_000))
    expect(made.operator('count').maxParallelism).toBe(1_000)
    expect(await rowsOf(made, 'count', 'count')).toEqual(await rowsOf(base, 'count', 'count'))
    for await (const { key, keyGroup } of made.keyed('count', 'count')) expect(keyGroup).toBe(keyGroupOf(key, 1_000))
  })

  it('refuses what it cannot do, naming it', async () => {
    const refused = (work: () => unknown) => (message: RegExp) => expect(work).toThrow(message)
    refused(() => from().transform('count', 'cuont', (row) => row))(
      /no keyed state "cuont": expected one of count, seen/,
    )
    refused(() => from().transform('count', 'processing-time', (row) => row))(/holds timers: use transformTimers/)
    refused(() => from().renameOperator('count', { uid: 'words' }))(
      /which "Source.*" \(uid "words"\) has already|has already/,
    )
    refused(() => from().renameOperator('count', { id: 'x' }))(/32 hex digits/)
    refused(() => from().renameState('count', 'seen', 'count'))(/has a state "count" already/)
    refused(() => from().addState('count', 'seen', { kind: 'list', rows: [] }))(/has a state "seen" already/)
    refused(() => from().setMaxParallelism('count', 0))(/maximum parallelism 0/)
    refused(() => from().setList('words', 'l', { mode: 'split', items: [] }))(/is whole/)
    refused(() => from().addOperator({ uid: 'count' }))(/has already/)
    refused(() => from().addOperator({ uid: '' }))(/not a uid/)
    refused(() => from().addState('count', 'x', { kind: 'list', version: 0.5, rows: [] }))(/has version 0.5/)
    refused(() => from().addOperator({ uid: 'a', parallelism: 2, whole: [1] }))(/1 values .* parallelism 2/)
    await expect(from().write(kept.dir)).rejects.toMatchObject({ message: expect.stringContaining('is not empty') })
    await expect(from().write('s3://x')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it.each([
    ['a key twice', ({ value }: { value: unknown }) => ({ key: 'one', value }), /got the key "one" twice/],
    [
      'a key that is none',
      ({ value }: { value: unknown }) => ({ key: {} as never, value }),
      /key is \[object Object\]/,
    ],
    [
      'a value that cannot be stored',
      ({ key }: { key: never }) => ({ key, value: () => 1 }),
      /cannot be stored: count/,
    ],
  ])('leaves nothing behind when it fails for %s', async (_, change, message) => {
    const dir = newDir()
    await expect(
      from()
        .transform('count', 'count', change as never)
        .write(dir),
    ).rejects.toThrow(message)
    expect(existsSync(dir)).toBe(false)
  })

  it('is not made of what is damaged', async () => {
    const damaged = await keepJob()
    const shared = join(damaged.dir, 'checkpoints', damaged.jobId, 'shared')
    const [first] = readdirSync(shared).sort()
    const bytes = readFileSync(join(shared, first!))
    bytes[20]! ^= 1
    writeFileSync(join(shared, first!), bytes)
    const dir = newDir()
    const copied = SavepointBuilder.from(await openSavepoint(damaged.savepoint)).write(dir)
    await expect(copied).rejects.toMatchObject({ code: 'STATE_FILE_DAMAGED' })
    expect(existsSync(dir)).toBe(false)
  })

  it('knows what must be written anew', () => {
    const draft = draftOf(base, operatorCalled(base.manifest, 'count'))
    expect([isKeyedChanged(draft), isListsChanged(draft)]).toEqual([false, false])
    expect(isKeyedChanged({ ...draft, maxParallelism: 1 })).toBe(true)
    expect(isKeyedChanged({ ...draft, states: draft.states.slice(1) })).toBe(true)
    expect(isListsChanged({ ...draft, whole: [1] })).toBe(true)
  })
})
