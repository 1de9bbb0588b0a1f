/** The small parts that a chain and its operators are made of; together they are tested in chain.test.ts. */
import { expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { StreamError } from '../../src/core/errors.ts'
import { ChainLink } from '../../src/operators/chain-link.ts'
import { fanOut, OperatorOutputs } from '../../src/operators/chain-outputs.ts'
import { EmitBuffer } from '../../src/operators/emit-buffer.ts'
import { outputTag } from '../../src/operators/output-tag.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { WakeUps } from '../../src/operators/wake-ups.ts'
import { CollectedOutput } from '../../src/testing/collected-output.ts'
import { failure } from './chain-harness.ts'

it('has no object between an operator and its only reader', () => {
  const reader = new CollectedOutput()
  expect(fanOut([reader])).toBe(reader)
  expect(new OperatorOutputs(new Map([[undefined, [reader]]])).main).toBe(reader)
})

it('drops what goes to an output that nobody reads', () => {
  const outputs = new OperatorOutputs(new Map())
  expect(() => outputs.main.emit(recordBatch([1]))).not.toThrow()
  expect(() => outputs.side('unread').watermark(1)).not.toThrow()
})

it('sends a watermark of the main output to the side outputs too, but no records', () => {
  const [main, side] = [new CollectedOutput(), new CollectedOutput()]
  const outputs = new OperatorOutputs(
    new Map([
      [undefined, [main]],
      ['late', [side]],
    ]),
  )
  outputs.main.watermark(1)
  outputs.main.emit(recordBatch(['m']))
  outputs.side('late').emit(recordBatch(['s']))
  expect([main.watermarks, side.watermarks]).toEqual([[1], [1]])
  expect([main.values, side.values]).toEqual([['m'], ['s']])
})

const ignored = { watermark() {}, watermarkStatus() {} }

it('buffers up to a limit, and does not touch what it handed on', () => {
  const emitted: (readonly unknown[])[] = []
  const buffer = new EmitBuffer({ ...ignored, emit: (batch) => void emitted.push(batch.values) }, 3)
  for (const value of ['a', 'b', 'c', 'd']) buffer.push(value, undefined)
  buffer.flush()
  buffer.flush()
  buffer.push('e', undefined)
  buffer.push('f', undefined)
  buffer.flush()
  expect(emitted).toEqual([['a', 'b', 'c'], ['d'], ['e', 'f']])
})

it('keeps as many timestamps as records, also in a batch shorter than the one before', () => {
  const lengths: unknown[] = []
  const emit = (batch: { timestamps: readonly number[] | undefined }) => void lengths.push(batch.timestamps?.length)
  const buffer = new EmitBuffer({ ...ignored, emit }, 8)
  for (const length of [4, 2, 3]) {
    for (let i = 0; i < length; i++) buffer.push(i, i)
    buffer.flush()
  }
  expect(lengths).toEqual([4, 2, 3])
})

it('lets a StreamError through a link unchanged, also a late one', async () => {
  const link = new ChainLink(mapOperator(String).create(), 'map', undefined)
  const own = new StreamError('STORAGE_FULL', 'full')
  const rejects = () => Promise.reject(own)
  expect(
    failure(() =>
      link.call(() => {
        throw own
      }),
    ),
  ).toBe(own)
  await expect(link.call(rejects)).rejects.toBe(own)
})

it('names an operator also when what was thrown is no error', () => {
  const link = new ChainLink(mapOperator(String).create(), 'map', undefined)
  const thrown: unknown = 'just text'
  expect(
    failure(() =>
      link.call(() => {
        throw thrown
      }),
    ).message,
  ).toContain('failed: just text')
})

it('asks for a wake-up only when it is earlier than the one asked for', () => {
  const asked: number[] = []
  const wakeUps = new WakeUps(2, (atMs) => void asked.push(atMs))
  wakeUps.request(0, 10)
  wakeUps.request(1, 20)
  wakeUps.request(0, 5)
  wakeUps.request(0, 7)
  expect(asked).toEqual([10, 5])
  const woken: number[] = []
  wakeUps.fire(30, (position) => {
    woken.push(position)
    if (position === 0) wakeUps.request(0, 40)
  })
  expect(woken).toEqual([0, 1])
  expect(asked).toEqual([10, 5, 40])
})

it('leaves those due who may not be woken, and does not ask for them meanwhile', () => {
  const asked: number[] = []
  const woken: number[] = []
  const wakeUps = new WakeUps(2, (atMs) => void asked.push(atMs))
  wakeUps.request(0, 10)
  wakeUps.request(1, 20)
  wakeUps.fire(
    15,
    (position) => void woken.push(position),
    (position) => position === 1,
  )
  expect([woken, asked]).toEqual([[], [10, 20]])
  wakeUps.fire(15, (position) => void woken.push(position))
  expect([woken, asked]).toEqual([[0], [10, 20, 20]])
})

it.each(['', '  ', undefined])('refuses the output tag %j', (name) => {
  expect(failure(() => outputTag(name as string))).toMatchObject({ code: 'ARGUMENT_INVALID' })
})
