import { describe, expect, it } from 'vitest'
import { createRealKernel } from '../../src/actors/real-host.ts'
import { type Clock, VirtualClock } from '../../src/core/clock.ts'
import { limits } from '../../src/core/limits.ts'
import { at } from './probe.ts'

/** A clock on which reading the time takes `stepMs`: time passes only as the scheduler looks at it. */
const steppingClock = (stepMs: number): Clock => {
  let nowMs = 0
  return {
    now: () => nowMs,
    monotonicMs() {
      nowMs += stepMs
      return nowMs
    },
    setTimer: (_delayMs, fire) => {
      fire()
      return { clear() {} }
    },
  }
}

const macroTask = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Runs one busy actor on a kernel; notes its units of work, and each turn of the host's own loop, as they interleave. */
async function interleave(options: { sliceMs?: number; stepMs: number; units: number }): Promise<string[]> {
  const journal: string[] = []
  const kernel = createRealKernel({
    ...(options.sliceMs !== undefined && { sliceMs: options.sliceMs }),
    // On this clock the host seems to be at work whenever somebody looks; its share is tested apart.
    hostShare: 0,
    clock: steppingClock(options.stepMs),
    log: () => {},
    onCrash: () => {},
  })
  let left = options.units
  kernel.spawn(at('busy'), (self) => ({
    receive: () => self.wake(),
    work() {
      journal.push('work')
      return --left > 0
    },
  }))
  kernel.send(at('busy'), 'go')
  while (left > 0) {
    await macroTask()
    journal.push('host')
  }
  return journal
}

describe('the real scheduler', () => {
  it('yields when its slice is over, and the host runs in between', async () => {
    // The deadline is at 1 + 4; the clock is read after each unit, so the fourth unit is the last of a turn.
    const journal = await interleave({ sliceMs: 4, stepMs: 1, units: 8 })
    const work = ['work', 'work', 'work', 'work']
    expect(journal).toEqual([...work, 'host', ...work, 'host'])
  })

  it('does all in one turn while its slice lasts', async () => {
    expect(await interleave({ sliceMs: 10, stepMs: 1, units: 5 })).toEqual([...Array(5).fill('work'), 'host'])
  })

  it('never takes a longer slice than promised, whatever it is told', async () => {
    const journal = await interleave({ sliceMs: 1_000_000, stepMs: limits.sliceMs / 2, units: 4 })
    expect(journal).toEqual(['work', 'work', 'host', 'work', 'work', 'host'])
  })

  it('has a default', async () => {
    const journal = await interleave({ stepMs: limits.sliceDefaultMs, units: 2 })
    expect(journal).toEqual(['work', 'host', 'work', 'host'])
  })

  it('takes time and timers from the clock it is given, an object with a state of its own included', async () => {
    const clock = new VirtualClock(1_000)
    const heard: unknown[] = []
    const kernel = createRealKernel({ clock, log: () => {}, onCrash: () => {} })
    kernel.spawn(at('a'), (self) => ({
      receive(message) {
        heard.push(message)
        if (message === 'go') self.setTimer('t', 50)
      },
    }))
    kernel.send(at('a'), 'go')
    await macroTask()
    expect([kernel.host.now(), kernel.host.monotonicMs()]).toEqual([1_000, 1_000])
    clock.advance(50)
    await macroTask()
    expect(heard).toEqual(['go', { type: 'timer.fired', name: 't' }])
  })

  it('turns what an operation returns, rejects or throws into messages', async () => {
    const heard: unknown[] = []
    const kernel = createRealKernel({ log: () => {}, onCrash: () => {} })
    kernel.spawn(at('a'), (self) => ({
      receive(message) {
        heard.push(message)
        if (message !== 'go') return
        const done = (value: unknown) => `done ${String(value)}`
        const failed = (error: unknown) => `failed ${(error as Error).message}`
        self.io('one', async () => 1, done, failed)
        self.io('two', () => Promise.reject(new Error('rejected')), done, failed)
        const thrower = (): Promise<void> => {
          throw new Error('thrown')
        }
        self.io('three', thrower, done, failed)
      },
    }))
    kernel.send(at('a'), 'go')
    while (heard.length < 4) await macroTask()
    expect(heard.toSorted()).toEqual(['done 1', 'failed rejected', 'failed thrown', 'go'])
  })

  it('tells the listener of a crash, and goes on with the others even if that throws', async () => {
    const heard: unknown[] = []
    const told: string[] = []
    const escaped: unknown[] = []
    const kernel = createRealKernel({
      log: () => {},
      onCrash: (address) => {
        told.push(address)
        throw new Error('the listener fails')
      },
    })
    kernel.spawn(at('a'), () => ({
      receive: () => {
        throw new Error('bug')
      },
    }))
    for (const name of ['b', 'c']) kernel.spawn(at(name), () => ({ receive: (message) => void heard.push(message) }))
    // The error of the listener is the host's to see; here it is taken, so that it does not end the test run.
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => void escaped.push(error))
    try {
      for (const name of ['a', 'b', 'c']) kernel.send(at(name), name)
      for (let turn = 0; turn < 10 && heard.length < 2; turn++) await macroTask()
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of others) process.on('uncaughtException', listener)
    }
    expect([told, heard, escaped.map(String)]).toEqual([['a'], ['b', 'c'], ['Error: the listener fails']])
  })
})
