import { describe, expect, it } from 'vitest'
import { failure } from '../chain-harness.ts'
import { make } from './service.ts'

describe('a time-out', () => {
  it('fails the job, saying what to do', async () => {
    const { harness, service, feed } = await make(true, { timeoutMs: 100 })
    await feed('a')
    harness.advance(99)
    expect(service.aborted).toEqual([])
    const error = failure(() => harness.advance(1))
    expect([error.code, error.message]).toEqual([
      'ASYNC_TIMEOUT',
      'A call of operator "look up" (uid "users") was not done within 100 ms, its retries included: raise timeoutMs, or give ' +
        'the operator an onTimeout that says what to emit instead.',
    ])
    expect(service.aborted).toEqual(['a'])
  })

  it('emits what onTimeout gives in the place of the result, and nothing that comes later', async () => {
    const { harness, service, feed } = await make(true, { timeoutMs: 100, onTimeout: (value) => `no ${value}` })
    await feed('a')
    harness.advance(50)
    await feed('b')
    harness.advance(50)
    await harness.settle()
    expect([harness.values, service.aborted]).toEqual([['no a'], ['a']])
    service.answers('a', 'b')
    await harness.settle()
    expect(harness.values).toEqual(['no a', 'B'])
    harness.advance(1_000)
    await harness.settle()
    expect(harness.values).toEqual(['no a', 'B'])
  })

  it.each([true, false])('emits a record once, also when its call comes back later (ordered: %s)', async (ordered) => {
    const { harness, service, feed } = await make(ordered, { timeoutMs: 100, onTimeout: (value) => `no ${value}` })
    await feed('a')
    harness.advance(100)
    await feed('b')
    service.answers('a')
    await harness.settle()
    service.answers('b')
    await harness.settle()
    expect(harness.values).toEqual(['no a', 'B'])
  })

  it('counts from the first call, also over retries and the waits between them', async () => {
    const retry = { attempts: 10, delayMs: 60 }
    const { harness, service, feed } = await make(true, { timeoutMs: 100, retry, onTimeout: () => 'late' })
    await feed('a')
    service.fails('a')
    await harness.settle()
    harness.advance(60)
    await harness.settle()
    service.fails('a#2')
    await harness.settle()
    harness.advance(40)
    await harness.settle()
    expect([service.calls, harness.values]).toEqual([['a', 'a#2'], ['late']])
  })

  it('does not run for records that wait for room', async () => {
    const { harness, feed } = await make(true, { timeoutMs: 100, capacity: 1, onTimeout: (value) => `no ${value}` })
    await feed('a', 'b')
    harness.advance(100)
    await harness.settle()
    harness.advance(99)
    await harness.settle()
    expect(harness.values).toEqual(['no a'])
    harness.advance(1)
    await harness.settle()
    expect(harness.values).toEqual(['no a', 'no b'])
  })

  it('refuses an onTimeout that returns a promise', async () => {
    const { harness, feed } = await make(true, { timeoutMs: 1, onTimeout: async () => 'x' as never } as never)
    await feed('a')
    expect(failure(() => harness.advance(1)).message).toContain('The onTimeout function of operator "look up"')
  })
})
