import { NEVER, Observable, of, range, Subject, throwError } from 'rxjs'
import { expect, it } from 'vitest'
import { fromObservable } from '../../src/connectors/observable.ts'
import { codeOf, drain, readAll, testContext } from './endpoint-harness.ts'

it('reads what is emitted, and ends when the observable completes', async () => {
  expect(await readAll(fromObservable(of('a', 'b')))).toEqual(['a', 'b'])
})

it('wakes the runtime once per wait', async () => {
  const subject = new Subject<number>()
  const context = testContext()
  let wakes = 0
  const counting = {
    ...context,
    wake() {
      wakes += 1
    },
  }
  const reader = fromObservable(subject).createReader(counting, undefined)
  expect(reader.poll(10)).toEqual({ type: 'waiting' })
  subject.next(1)
  subject.next(2)
  expect(wakes).toBe(1)
  expect(reader.poll(10)).toEqual({ type: 'records', values: [1, 2] })
  expect(reader.poll(10)).toEqual({ type: 'waiting' })
  subject.complete()
  expect(wakes).toBe(2)
  expect(reader.poll(10)).toEqual({ type: 'end' })
})

it('says that it cannot be read again, in the contract and in the log', () => {
  const source = fromObservable(NEVER)
  const context = testContext({ operatorName: 'clicks' })
  source.createReader(context, undefined)
  expect(source).toMatchObject({ replayable: false, bounded: false, parallelism: 1 })
  expect(context.logged).toEqual([expect.stringMatching(/^warn Source "clicks" .*cannot be read again/)])
})

it('delivers what came before an error, then fails naming the source and the cause', async () => {
  const context = testContext({ operatorName: 'clicks' })
  const broken = new Observable<number>((subscriber) => {
    subscriber.next(1)
    subscriber.error(new Error('socket closed'))
  })
  const reader = fromObservable(broken).createReader(context, undefined)
  expect(reader.poll(5)).toEqual({ type: 'records', values: [1] })
  const { code, message } = await codeOf(() => reader.poll(5))
  expect(code).toBe('SOURCE_FAILED')
  expect(message).toMatch(/"clicks" errored: socket closed/)
  expect((await codeOf(() => readAll(fromObservable(throwError(() => 'text'))))).message).toContain('errored: text')
})

it('fails on the first record over bufferMax, after the ones that fit', async () => {
  const context = testContext()
  const reader = fromObservable(range(0, 10), { bufferMax: 3 }).createReader(context, undefined)
  expect(reader.poll(5)).toEqual({ type: 'records', values: [0, 1, 2] })
  const { code, message } = await codeOf(() => reader.poll(5))
  expect(code).toBe('SOURCE_FAILED')
  expect(message).toMatch(/3 records are waiting/)
})

it.each([
  ['drop-oldest', [7, 8, 9]],
  ['drop-newest', [0, 1, 2]],
] as const)('%s keeps bufferMax records and logs how many it dropped', async (onOverflow, kept) => {
  const context = testContext()
  const reader = fromObservable(range(0, 10), { bufferMax: 3, onOverflow }).createReader(context, undefined)
  expect(await drain(reader, context, { max: 2 })).toEqual(kept)
  await reader.close()
  expect(context.logged.at(1)).toContain(`started to drop records (${onOverflow})`)
  expect(context.logged.at(-1)).toContain('dropped 7 records')
})

it('unsubscribes when it is closed, and when it has failed', async () => {
  const subject = new Subject<number>()
  const reader = fromObservable(subject).createReader(testContext(), undefined)
  expect(subject.observed).toBe(true)
  await reader.close()
  expect(subject.observed).toBe(false)
  fromObservable(subject, { bufferMax: 1 }).createReader(testContext(), undefined)
  subject.next(1)
  subject.next(2)
  expect(subject.observed).toBe(false)
  let torn = false
  const eager = new Observable<number>((subscriber) => {
    for (const value of [1, 2]) subscriber.next(value)
    return () => {
      torn = true
    }
  })
  fromObservable(eager, { bufferMax: 1 }).createReader(testContext(), undefined)
  expect(torn).toBe(true)
})

it.each([0, -1, 1.5, Number.NaN])('refuses bufferMax %d', async (bufferMax) => {
  expect((await codeOf(() => fromObservable(NEVER, { bufferMax }))).code).toBe('ARGUMENT_INVALID')
})
