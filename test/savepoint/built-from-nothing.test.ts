/** Savepoints that are made from nothing. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../src/core/limits.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { newDir, rowsOf, written } from './built-savepoint.ts'

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

  it('keeps values and items that are undefined', async () => {
    const made = await written(
      SavepointBuilder.empty({ jobName: 'new' }).addOperator({
        uid: 'o',
        keyed: { v: { kind: 'value', rows: new Map<string, unknown>(Object.entries({ a: undefined, b: 2 })) } },
        lists: { l: { mode: 'split', items: [undefined, 1] }, other: { mode: 'union', items: [] } },
      }),
    )
    const rows = new Map(Object.entries({ a: undefined, b: 2 }))
    expect(await rowsOf(made, 'o', 'v')).toEqual(rows)
    const again = await written(
      SavepointBuilder.from(made)
        .transform('o', 'v', (row) => row)
        .transformOperatorState('o', ({ value }) => value)
        .removeState('o', 'other'),
    )
    expect(await rowsOf(again, 'o', 'v')).toEqual(rows)
    expect((await rowsOf(again, 'o', 'v')).has('a')).toBe(true)
    const items: unknown[] = []
    for await (const { value } of again.operatorState('o')) items.push(value)
    expect(items).toEqual([undefined, 1])
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

  it('has timers that are times, changed or not', async () => {
    const timed = (times: unknown) =>
      SavepointBuilder.empty({ jobName: 'new' }).addOperator({
        uid: 'o',
        timers: { 'processing-time': [['a', times as number[]]] },
      })
    const asked = (times: unknown) => timed([1]).transformTimers('o', 'processing-time', () => times as number[])
    for (const wrong of [[Number.NaN], [1, Number.POSITIVE_INFINITY], ['1'], undefined, null, new Set([1])]) {
      for (const builder of [
        timed(wrong),
        asked(wrong),
        timed(wrong).transformTimers('o', 'processing-time', () => []),
      ]) {
        await expect(builder.write(newDir())).rejects.toMatchObject({
          code: 'ARGUMENT_INVALID',
          message: expect.stringMatching(/^State "processing-time" of operator "o" .* key "a"/),
        })
      }
    }
    await expect(asked(Promise.resolve([1])).write(newDir())).rejects.toThrow('returned a promise')
    const made = await written(
      timed([7, 3]).transformTimers('o', 'processing-time', ({ timestamps }) => timestamps.slice(1)),
    )
    for await (const { timestamps } of made.timers('o')) expect(timestamps).toEqual([7])
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
