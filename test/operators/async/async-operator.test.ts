import { describe, expect, it } from 'vitest'
import { asyncOperator } from '../../../src/operators/async/async-operator.ts'
import { OperatorHarness } from '../../../src/testing/operator-harness.ts'
import { failure } from '../chain-harness.ts'
import { type Definition, make } from './service.ts'

describe('results', () => {
  it('are emitted in the order of their records', async () => {
    const { harness, service, feed } = await make(true)
    await feed('a', 'b', 'c')
    service.answers('c', 'a')
    await harness.settle()
    expect(harness.values).toEqual(['A'])
    service.answers('b')
    await harness.settle()
    expect(harness.values).toEqual(['A', 'B', 'C'])
  })

  it('are emitted as they come when that is asked for, but not across a watermark', async () => {
    const { harness, service } = await make(false)
    harness.feed([
      { value: 'a', timestamp: 1 },
      { value: 'b', timestamp: 2 },
    ])
    harness.watermark(2)
    harness.element('c', 3)
    await harness.settle()
    service.answers('c', 'b')
    await harness.settle()
    expect([harness.values, harness.watermarks]).toEqual([['B'], []])
    service.answers('a')
    await harness.settle()
    expect(harness.records).toEqual([
      { value: 'B', timestamp: 2 },
      { value: 'A', timestamp: 1 },
      { value: 'C', timestamp: 3 },
    ])
    expect([harness.watermarks, service.calls]).toEqual([[2], ['a@1', 'b@2', 'c@3']])
  })

  it('come in one batch when they come together, and wake the subtask once', async () => {
    const { harness, service, feed } = await make(true)
    await feed('a', 'b', 'c')
    service.answers('a', 'b', 'c')
    await harness.settle()
    expect([harness.batchSizes, harness.wakes]).toEqual([[3], 1])
  })

  it('may be given at once, or be any thenable', async () => {
    const { harness, feed } = await make(true, { call: (value) => `${value}!` as never })
    await feed('a', 'b')
    expect(harness.values).toEqual(['a!', 'b!'])
  })
})

describe('capacity', () => {
  it('bounds what is under way, and says when no more should come', async () => {
    const { harness, service, feed } = await make(true, { capacity: 2 })
    await feed('a', 'b')
    expect([service.calls, harness.full]).toEqual([['a', 'b'], false])
    await feed('c', 'd')
    expect([service.calls, harness.full]).toEqual([['a', 'b'], true])
    service.answers('a')
    await harness.settle()
    expect([service.calls, harness.full]).toEqual([['a', 'b', 'c'], true])
    service.answers('b')
    await harness.settle()
    expect([service.calls, harness.full, harness.values]).toEqual([['a', 'b', 'c', 'd'], false, ['A', 'B']])
  })

  it('counts results that wait for those before them', async () => {
    const { harness, service, feed } = await make(true, { capacity: 2 })
    await feed('a', 'b', 'c')
    service.answers('b')
    await harness.settle()
    expect(service.calls).toEqual(['a', 'b'])
  })
})

describe('a call that fails', () => {
  it('fails the job under the name of the operator', async () => {
    const { harness, service, feed } = await make(false)
    await feed('a')
    service.fails('a')
    await expect(harness.settle()).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: 'A function of operator "look up" (uid "users") failed: no a',
      restartable: true,
    })
  })

  it('by throwing is no different', async () => {
    const call = () => {
      throw new Error('no network')
    }
    const { harness } = await make(true, { call })
    harness.element('a')
    await expect(harness.settle()).rejects.toThrow('failed: no network')
  })

  it('is made again after a delay that grows, as often as was said', async () => {
    const retry = { attempts: 4, delayMs: 10, backoffMultiplier: 3, maxDelayMs: 50 }
    const { harness, service, feed } = await make(true, { retry })
    await feed('a')
    const attempts: unknown[] = []
    for (const [name, ms] of [
      ['a', 10],
      ['a#2', 30],
      ['a#3', 50],
    ] as const) {
      service.fails(name)
      await harness.settle()
      harness.advance(ms - 1)
      await harness.settle()
      const before = service.calls.length
      harness.advance(1)
      await harness.settle()
      attempts.push([before, service.calls.length])
    }
    expect(attempts).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ])
    service.fails('a#4')
    await expect(harness.settle()).rejects.toThrow('no a#4')
  })

  it('is made again only for the failures and results that are worth it', async () => {
    const retry = {
      attempts: 2,
      delayMs: 0,
      retryOn: (error: unknown) => (error as Error).message === 'busy',
      retryOnResult: (result: string) => result === 'A',
    }
    const { harness, service, feed } = await make(true, { retry })
    await feed('a', 'b')
    service.answers('a')
    service.fails('b', new Error('busy'))
    await harness.settle()
    harness.advance(0)
    await harness.settle()
    expect(service.calls).toEqual(['a', 'b', 'a#2', 'b#2'])
    service.answers('a#2', 'b#2')
    await harness.settle()
    expect(harness.values).toEqual(['A#2', 'B#2'])
    await feed('c')
    service.fails('c', new Error('gone'))
    await expect(harness.settle()).rejects.toThrow('failed: gone')
  })
})

describe('a snapshot', () => {
  it('holds the records whose results are not emitted, which a restored operator calls for first and in order', async () => {
    const { harness, service, feed } = await make(true, { capacity: 3 })
    harness.element('a', 7)
    await feed('b', 'c', 'd')
    service.answers('a', 'c')
    await harness.settle()
    const snapshot = await harness.snapshot()
    expect(harness.values).toEqual(['A'])
    const again = await make(true, { capacity: 3 }, { restored: snapshot })
    await again.feed('e')
    again.service.answers('b', 'c', 'd')
    await again.harness.settle()
    again.service.answers('e')
    await again.harness.settle()
    expect([again.service.calls, again.harness.values]).toEqual([
      ['b', 'c', 'd', 'e'],
      ['B', 'C', 'D', 'E'],
    ])
  })

  it('keeps timestamps', async () => {
    const { harness } = await make(false)
    harness.element('a', 7)
    const again = await make(false, {}, { restored: await harness.snapshot() })
    expect(again.service.calls).toEqual(['a@7'])
  })

  it('is empty when nothing is in flight', async () => {
    const { harness } = await make(false)
    expect((await harness.snapshot()).lists).toBeUndefined()
  })
})

describe('the end', () => {
  it('aborts what is under way when the operator is closed, and drops what comes back', async () => {
    const { harness, service, feed } = await make(false)
    await feed('a', 'b')
    service.answers('b')
    await harness.close()
    expect(service.aborted).toEqual(['a', 'b'])
    await harness.settle()
    expect(harness.values).toEqual([])
  })

  it('hands the state of its input on behind the records before it', async () => {
    const { harness, service, feed } = await make(true)
    await feed('a')
    harness.watermarkStatus('idle')
    expect(harness.statuses).toEqual([])
    service.answers('a')
    await harness.settle()
    expect(harness.statuses).toEqual(['idle'])
  })
})

it.each([
  ['capacity', { capacity: 0 }, 'capacity of an asynchronous operator is 0: expected an integer from 1.'],
  ['timeoutMs', { timeoutMs: 1.5 }, 'is 1.5: expected an integer from 1.'],
  ['attempts', { retry: { attempts: 0, delayMs: 1 } }, 'retry.attempts of'],
  ['delayMs', { retry: { attempts: 1 } as never }, 'retry.delayMs of an asynchronous operator is undefined'],
  ['maxDelayMs', { retry: { attempts: 1, delayMs: 5, maxDelayMs: 4 } }, 'expected an integer from 5.'],
  ['backoffMultiplier', { retry: { attempts: 1, delayMs: 5, backoffMultiplier: 0.5 } }, 'expected a number from 1.'],
  ['retry', { retry: null as never }, 'retry of an asynchronous operator is null: expected an object.'],
  ['onTimeout', { onTimeout: 5 as never }, 'onTimeout of an asynchronous operator is 5: expected a function.'],
  ['retryOn', { retry: { attempts: 2, delayMs: 1, retryOn: 5 as never } }, 'retry.retryOn of'],
  ['retryOnResult', { retry: { attempts: 2, delayMs: 1, retryOnResult: {} as never } }, 'retry.retryOnResult of'],
])('refuses a wrong %s', (_option, definition: Definition, message) => {
  const error = failure(() => asyncOperator({ call: async (x: string) => x, ...definition }, true))
  expect([error.code, error.message.includes(message)]).toEqual(['ARGUMENT_INVALID', true])
})

it.each(['retryOn', 'retryOnResult'])('refuses an asynchronous %s', async (option) => {
  const late = async (): Promise<never> => {
    throw new Error('too late for anyone')
  }
  const call = async () => {
    if (option === 'retryOn') throw new Error('no answer')
  }
  const harness = new OperatorHarness(
    asyncOperator({ call, retry: { attempts: 2, delayMs: 1, [option]: late as never } }, true),
  )
  harness.element('a')
  await expect(harness.settle()).rejects.toThrow(`The ${option} function`)
})
