import { describe, expect, it } from 'vitest'
import { fromIterable } from '../../src/connectors/iterable.ts'
import { limits } from '../../src/core/limits.ts'
import { codeOf, drain, readAll, stored, testContext } from './endpoint-harness.ts'

const numbers = (count: number) =>
  function* () {
    for (let i = 0; i < count; i++) yield i
  }
const asyncNumbers = (count: number) =>
  async function* () {
    for (let i = 0; i < count; i++) yield i
  }

describe.each([
  ['iterable', numbers],
  ['async iterable', asyncNumbers],
])('%s', (_, make) => {
  it('is read to its end', async () => {
    expect(await readAll(fromIterable(make(5)))).toEqual([0, 1, 2, 3, 4])
    expect(await readAll(fromIterable(make(0)))).toEqual([])
  })

  it.each([0, 1, 3, 5])('is opened again and goes on after %i records', async (records) => {
    const source = fromIterable(make(5))
    const context = testContext()
    const reader = source.createReader(context, undefined)
    const before = await drain(reader, context, { records, max: 2 })
    const after = await readAll(source, stored(reader.snapshot()))
    expect([...before, ...after]).toEqual([0, 1, 2, 3, 4])
  })

  it('skips more records than one poll may', async () => {
    const position = limits.sourceSkipRecords + 3
    expect(await readAll(fromIterable(make(position + 2)), { position })).toEqual([position, position + 1])
  })

  it('fails when it ends before the restored position', async () => {
    const { code, message } = await codeOf(() => readAll(fromIterable(make(2)), { position: 4 }))
    expect(code).toBe('SOURCE_FAILED')
    expect(message).toMatch(/ended after 2 records: expected at least 4/)
  })
})

it('hands out what came before a failure, then names the source and the cause', async () => {
  async function* failing() {
    yield 1
    throw new Error('line is down')
  }
  const context = testContext({ operatorName: 'feed' })
  const reader = fromIterable(failing).createReader(context, undefined)
  expect(await drain(reader, context, { records: 1 })).toEqual([1])
  const { code, message } = await codeOf(() => drain(reader, context))
  expect(code).toBe('SOURCE_FAILED')
  expect(message).toMatch(/"feed" threw: line is down/)
})

it('fails when opening or stepping throws', async () => {
  const opening = () => {
    throw new Error('no')
  }
  expect((await codeOf(() => readAll(fromIterable(opening)))).code).toBe('SOURCE_FAILED')
  const stepping = () => ({ [Symbol.iterator]: () => ({ next: opening }) })
  expect((await codeOf(() => readAll(fromIterable(stepping)))).code).toBe('SOURCE_FAILED')
})

it('pulls ahead no further than its buffer', async () => {
  let pulled = 0
  const endless = async function* () {
    for (;;) yield pulled++
  }
  const context = testContext()
  const reader = fromIterable(endless, { bounded: false }).createReader(context, undefined)
  await drain(reader, context, { records: 10 })
  for (let i = 0; i < 6 * limits.sourceBufferRecords; i++) await Promise.resolve()
  expect(pulled).toBeLessThanOrEqual(limits.sourceBufferRecords + 10 + 1)
  expect(await drain(reader, context, { records: limits.sourceBufferRecords + 5, max: 7 })).toHaveLength(
    limits.sourceBufferRecords + 5,
  )
  await reader.close()
})

it('runs the clean-up of an iterable that is not read to its end', async () => {
  const cleaned: string[] = []
  const sync = function* () {
    try {
      yield 1
      yield 2
    } finally {
      cleaned.push('sync')
    }
  }
  const asynchronous = async function* () {
    try {
      for (;;) yield 1
    } finally {
      cleaned.push('async')
    }
  }
  const context = testContext()
  const readers = [fromIterable(sync), fromIterable(asynchronous)].map((s) => s.createReader(context, undefined))
  for (const reader of readers) {
    await drain(reader, context, { records: 1 })
    await reader.close()
  }
  for (let i = 0; i < 100; i++) await Promise.resolve()
  expect(cleaned).toEqual(['sync', 'async'])
})
