import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/core/clock.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { limits } from '../../src/core/limits.ts'
import { idOfUid } from '../../src/graph/operator-ids.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { draftOf, isKeyedChanged, isListsChanged } from '../../src/savepoint/operator-draft.ts'
import { operatorCalled } from '../../src/savepoint/operator-facts.ts'
import { querySavepoint } from '../../src/savepoint/query-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import type { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type KeptJob, keepJob } from './kept-job.ts'

const newDir = () => join(temporaryDir(), 'made')

async function rowsOf(savepoint: SavepointReader, operator: string, state: string): Promise<Map<unknown, unknown>> {
  const rows = new Map<unknown, unknown>()
  for await (const { key, value } of savepoint.keyed(operator, state)) rows.set(key, value)
  return rows
}

async function allRows(savepoint: SavepointReader): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of querySavepoint(savepoint, {})) rows.push(row)
  return rows
}

/** What is written is always sound, and opened again it says what the builder returned. */
async function written(builder: SavepointBuilder): Promise<SavepointReader> {
  const dir = newDir()
  const made = await builder.write(dir, { clock: new VirtualClock(5_000) })
  expect(await verifySavepoint(dir)).toEqual([])
  const again = await openSavepoint(dir)
  expect(again.manifest).toEqual(made.manifest)
  expect(again).toMatchObject({ kind: 'savepoint', isPointer: false, path: dir })
  expect(again.manifest.timestamp).toBe(5_000)
  return again
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

describe('a savepoint made from nothing', () => {
  const rows = (count: number) =>
    (async function* () {
      for (let i = 0; i < count; i++) yield [`key-${i}`, { i, text: 'x'.repeat(i % 50) }] as const
    })()

  it('is divided among as many subtasks as wanted', async () => {
    const made = await written(
      SavepointBuilder.empty({ jobName: 'new', jobId: 'ab'.repeat(16) }).addOperator({
        uid: 'o',
        name: 'the operator',
        parallelism: 5,
        keyed: { v: { kind: 'value', version: 3, rows: rows(3_000) } },
        timers: {
          'processing-time': new Map([
            ['key-1', [9, 3, 3]],
            ['key-2', []],
          ]),
        },
        lists: {
          splits: { mode: 'split', items: [1, 2, 3, 4, 5, 6, 7] },
          rules: { mode: 'broadcast', items: ['r'] },
        },
      }),
    )
    expect(made.manifest.job).toEqual({ id: 'ab'.repeat(16), name: 'new' })
    expect(made.operator('o')).toMatchObject({ name: 'the operator', parallelism: 5, maxParallelism: 128 })
    expect((await rowsOf(made, 'o', 'v')).size).toBe(3_000)
    expect((await rowsOf(made, 'o', 'v')).get('key-7')).toEqual({ i: 7, text: 'x'.repeat(7) })
    const timers: unknown[] = []
    for await (const row of made.timers('o')) timers.push(row.timestamps)
    expect(timers).toEqual([[3, 9]])
    const lists = new Map<string, unknown[]>()
    for await (const { subtask, list, value } of made.operatorState('o')) {
      lists.set(list!, [...(lists.get(list!) ?? []), [subtask, value]])
    }
    expect(lists.get('splits')?.map((row) => (row as unknown[])[1])).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(lists.get('rules')).toEqual([0, 1, 2, 3, 4].map((subtask) => [subtask, 'r']))
  })

  it('has one value of whole state for each subtask, and may be empty', async () => {
    const made = await written(
      SavepointBuilder.empty({ jobName: 'new' })
        .addOperator({ uid: 'source', parallelism: 2, whole: [{ position: 1 }, { position: 2 }] })
        .addOperator({ uid: 'nothing', keyed: { v: { kind: 'value', rows: [] } } }),
    )
    expect(made.manifest.job.id).toMatch(/^[0-9a-f]{32}$/)
    const values: unknown[] = []
    for await (const { value } of made.operatorState('source')) values.push(value)
    expect(values).toEqual([{ position: 1 }, { position: 2 }])
    expect(made.operator('nothing').bytes).toBe(0)
  })

  it('knows no difference between version 0 and none', async () => {
    const made = await written(
      SavepointBuilder.empty({ jobName: 'new' }).addOperator({
        uid: 'o',
        keyed: {
          a: { kind: 'value', version: 0, rows: [['k', 1]] },
          b: { kind: 'value', version: 2, rows: [['k', 1]] },
        },
      }),
    )
    expect(made.operator('o').states).toEqual([
      { name: 'a', kind: 'value' },
      { name: 'b', kind: 'value', version: 2 },
    ])
    const back = await written(SavepointBuilder.from(made).transform('o', 'b', (row) => row, { version: 0 }))
    expect(back.operator('o').states[1]).toEqual({ name: 'b', kind: 'value' })
  })

  it('keeps frames small when values are large, and refuses more subtasks than it can write', async () => {
    const large = 'x'.repeat(200_000)
    const made = await written(
      SavepointBuilder.empty({ jobName: 'new' }).addOperator({
        uid: 'o',
        keyed: { v: { kind: 'value', rows: Array.from({ length: 20 }, (_, i) => [i, large] as const) } },
      }),
    )
    expect((await rowsOf(made, 'o', 'v')).size).toBe(20)
    const many = SavepointBuilder.empty({ jobName: 'new' }).addOperator({
      uid: 'o',
      parallelism: limits.savepointSubtasksMax + 1,
      keyed: { v: { kind: 'value', rows: [] } },
    })
    await expect(many.write(newDir())).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
