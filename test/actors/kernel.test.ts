import { beforeEach, describe, expect, it } from 'vitest'
import { type Actor, Kernel, type Self } from '../../src/actors/kernel.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import { at } from './probe.ts'

interface Io {
  readonly label: string
  finish(value: unknown): void
  fail(error: unknown): void
}

let clock: VirtualClock
let kernel: Kernel
let readyCalls: number
let crashes: string[]
let operations: Io[]
let journal: string[]

beforeEach(() => {
  clock = new VirtualClock()
  readyCalls = 0
  crashes = []
  operations = []
  journal = []
  kernel = new Kernel(
    {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      random: new Random(1),
      setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
      runIo: (label, _task, done, failed) => {
        operations.push({ label, finish: done as (value: unknown) => void, fail: failed })
      },
      ready: () => void readyCalls++,
      log: () => {},
    },
    (address, error) => void crashes.push(`${address} ${(error as Error).message}`),
  )
})

const run = () => {
  while (kernel.step());
}

/** Notes what it hears under its name; does what `on` says. */
function spawn(name: string, on: (message: unknown, self: Self) => void = () => {}, more: Partial<Actor> = {}): Self {
  let own: Self | undefined
  kernel.spawn(at(name), (self) => {
    own = self
    return {
      receive(message) {
        journal.push(`${name} ${typeof message === 'object' ? JSON.stringify(message) : String(message)}`)
        on(message, self)
      },
      ...more,
    }
  })
  return own!
}

describe('messages', () => {
  it('of one sender arrive in order, and those to oneself after those that wait', () => {
    spawn('a', (message, self) => {
      if (message === 1) self.post('own')
    })
    for (const n of [1, 2, 3]) kernel.send(at('a'), n)
    run()
    expect(journal).toEqual(['a 1', 'a 2', 'a 3', 'a own'])
  })

  it('are processed one at a time, also when an actor sends to itself in the middle', () => {
    spawn('a', (message, self) => {
      if (message === 1) self.send(at('a'), 2)
      journal.push(`end ${String(message)}`)
    })
    kernel.send(at('a'), 1)
    run()
    expect(journal).toEqual(['a 1', 'end 1', 'a 2', 'end 2'])
  })

  it('to nobody are dropped', () => {
    kernel.send(at('nobody'), 1)
    expect([kernel.readyCount, kernel.has(at('nobody'))]).toEqual([0, false])
  })

  it('are bounded: one more is a bug, and named', () => {
    spawn('a')
    for (let n = 0; n < limits.mailboxCapacity; n++) kernel.send(at('a'), n)
    expect(() => kernel.send(at('a'), 'more')).toThrow('the mailbox of a is full')
  })

  it('come before work', () => {
    spawn('a', undefined, { work: () => journal.push('work') < 0 })
    kernel.send(at('a'), 1)
    kernel.send(at('a'), 2)
    run()
    expect(journal).toEqual(['a 1', 'a 2', 'work'])
  })
})

describe('rounds', () => {
  it('are fair: whoever has more work waits for those who were ready before', () => {
    const worker = (name: string) => {
      let left = 3
      return spawn(name, undefined, {
        work: () => {
          journal.push(name)
          return --left > 0
        },
      })
    }
    for (const name of ['a', 'b', 'c']) worker(name).wake()
    run()
    expect(journal).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('keep their order over thousands of steps, with many actors', () => {
    const names = Array.from({ length: 3_000 }, (_, n) => `n${n}`)
    const rounds = 3
    for (const name of names) {
      let left = rounds
      spawn(name, undefined, { work: () => journal.push(name) > 0 && --left > 0 }).wake()
    }
    run()
    expect(journal).toEqual(Array.from({ length: rounds }, () => names).flat())
  })

  it('tell the host when there is something to do again, not for each wake', () => {
    const a = spawn('a')
    const b = spawn('b')
    a.wake()
    a.wake()
    b.wake()
    expect([readyCalls, kernel.readyCount]).toEqual([1, 2])
    run()
    b.wake()
    expect(readyCalls).toBe(2)
  })

  it('may be taken in any order by another scheduler', () => {
    for (const name of ['a', 'b', 'c']) spawn(name, undefined, { work: () => journal.push(name) < 0 }).wake()
    kernel.stepAt(1)
    kernel.stepAt(1)
    kernel.stepAt(0)
    expect([journal, kernel.readyCount]).toEqual([['b', 'c', 'a'], 0])
  })
})

describe('incarnations', () => {
  it('share no address', () => {
    spawn('a')
    expect(() => spawn('a')).toThrow('two actors at a')
  })

  it('lose their mail when they are stopped, and are told so once', () => {
    let stopped = 0
    spawn('a', undefined, { stopped: () => void stopped++ })
    kernel.send(at('a'), 1)
    kernel.stop(at('a'))
    kernel.stop(at('a'))
    spawn('a')
    run()
    expect([journal, stopped]).toEqual([[], 1])
  })

  it('that are stopped in the middle of their mail hear no more of it, and do not work', () => {
    spawn('a', (_message, self) => self.stop(at('a')), { work: () => journal.push('work') < 0 })
    kernel.send(at('a'), 1)
    kernel.send(at('a'), 2)
    run()
    expect(journal).toEqual(['a 1'])
  })

  it('do not get the timers of their predecessor', () => {
    const first = spawn('a')
    first.setTimer('t', 10)
    kernel.stop(at('a'))
    spawn('a')
    clock.advance(100)
    run()
    expect(journal).toEqual([])
  })

  it('do not get the results of their predecessor, whose message is not even made', () => {
    const first = spawn('a')
    let made = 0
    const make = () => ++made
    first.io('read', async () => 1, make, make)
    first.io('read', async () => 1, make, make)
    kernel.stop(at('a'))
    spawn('a')
    operations[0]!.finish(1)
    operations[1]!.fail(new Error('no'))
    run()
    expect([journal, made]).toEqual([[], 0])
  })

  it('are not woken or written to by their predecessor', () => {
    const first = spawn('a')
    kernel.stop(at('a'))
    spawn('a', undefined, { work: () => journal.push('work') < 0 })
    first.wake()
    first.post('from the dead')
    run()
    expect(journal).toEqual([])
  })

  it('may not act while they are being made', () => {
    expect(() =>
      kernel.spawn(at('a'), (self) => {
        self.wake()
        return { receive: () => {} }
      }),
    ).toThrow('an actor acted while it was being made')
  })
})

describe('timers', () => {
  it('come as a message with their name, once', () => {
    spawn('a').setTimer('t', 10)
    clock.advance(9)
    run()
    expect(journal).toEqual([])
    clock.advance(1)
    clock.advance(100)
    run()
    expect(journal).toEqual(['a {"type":"timer.fired","name":"t"}'])
  })

  it('are replaced by a timer of the same name', () => {
    const a = spawn('a')
    a.setTimer('t', 10)
    a.setTimer('t', 50)
    clock.advance(49)
    run()
    expect(journal).toEqual([])
    clock.advance(1)
    run()
    expect(journal).toHaveLength(1)
  })

  it('do not fire once they are cleared, and others do', () => {
    const a = spawn('a')
    a.setTimer('t', 10)
    a.setTimer('u', 10)
    a.clearTimer('t')
    a.clearTimer('never set')
    clock.advance(100)
    run()
    expect(journal).toEqual(['a {"type":"timer.fired","name":"u"}'])
  })
})

describe('operations', () => {
  it('are labelled with their actor, and come back as the message made of their result', () => {
    const a = spawn('a')
    a.io(
      'read',
      async () => 1,
      (value) => `done ${value}`,
      (error) => `failed ${(error as Error).message}`,
    )
    a.io(
      'write',
      async () => 1,
      (value) => `done ${value}`,
      (error) => `failed ${(error as Error).message}`,
    )
    expect(operations.map(({ label }) => label)).toEqual(['a read', 'a write'])
    operations[1]!.fail(new Error('disk'))
    operations[0]!.finish(7)
    run()
    expect(journal).toEqual(['a failed disk', 'a done 7'])
  })

  it('whose message cannot be made count as a crash of their actor, and nothing escapes to the host', () => {
    const a = spawn('a')
    const fail = () => {
      throw new Error('no message')
    }
    a.io('read', async () => 1, fail, fail)
    operations[0]!.finish(1)
    expect(crashes).toEqual(['a no message'])
  })
})

describe('a crash', () => {
  it('is told with the address, and does not hold up the others', () => {
    spawn('a', () => {
      throw new Error('bug')
    })
    spawn('b')
    kernel.send(at('a'), 1)
    kernel.send(at('b'), 2)
    run()
    expect([crashes, journal]).toEqual([['a bug'], ['a 1', 'b 2']])
  })

  it('of work is told too', () => {
    spawn('a', undefined, {
      work: () => {
        throw new Error('bug')
      },
    }).wake()
    run()
    expect([crashes, kernel.readyCount]).toEqual([['a bug'], 0])
  })

  it('leaves the mail that waits behind it to be heard', () => {
    spawn('a', (message) => {
      if (message === 1) throw new Error('bug')
    })
    kernel.send(at('a'), 1)
    kernel.send(at('a'), 2)
    run()
    expect([crashes, journal]).toEqual([['a bug'], ['a 1', 'a 2']])
  })
})
