import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/core/limits.ts'
import { KernelRig } from './kernel-rig.ts'
import { at } from './probe.ts'

let rig: KernelRig
beforeEach(() => {
  rig = new KernelRig()
})

describe('messages', () => {
  it('of one sender arrive in order, and those to oneself after those that wait', () => {
    rig.spawn('a', (message, self) => {
      if (message === 1) self.post('own')
    })
    for (const n of [1, 2, 3]) rig.kernel.send(at('a'), n)
    rig.run()
    expect(rig.journal).toEqual(['a 1', 'a 2', 'a 3', 'a own'])
  })

  it('are processed one at a time, also when an actor sends to itself in the middle', () => {
    rig.spawn('a', (message, self) => {
      if (message === 1) self.send(at('a'), 2)
      rig.journal.push(`end ${String(message)}`)
    })
    rig.kernel.send(at('a'), 1)
    rig.run()
    expect(rig.journal).toEqual(['a 1', 'end 1', 'a 2', 'end 2'])
  })

  it('to nobody are dropped', () => {
    rig.kernel.send(at('nobody'), 1)
    expect([rig.kernel.readyCount, rig.kernel.has(at('nobody'))]).toEqual([0, false])
  })

  it('are bounded: one more is a bug, and named', () => {
    rig.spawn('a')
    for (let n = 0; n < limits.mailboxCapacity; n++) rig.kernel.send(at('a'), n)
    expect(() => rig.kernel.send(at('a'), 'more')).toThrow('the mailbox of a is full')
  })

  it('come before work', () => {
    rig.spawn('a', undefined, { work: () => rig.journal.push('work') < 0 })
    rig.kernel.send(at('a'), 1)
    rig.kernel.send(at('a'), 2)
    rig.run()
    expect(rig.journal).toEqual(['a 1', 'a 2', 'work'])
  })
})

describe('rounds', () => {
  it('are fair: whoever has more work waits for those who were ready before', () => {
    const worker = (name: string) => {
      let left = 3
      return rig.spawn(name, undefined, {
        work: () => {
          rig.journal.push(name)
          return --left > 0
        },
      })
    }
    for (const name of ['a', 'b', 'c']) worker(name).wake()
    rig.run()
    expect(rig.journal).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('keep their order over thousands of steps, with many actors', () => {
    const names = Array.from({ length: 3_000 }, (_, n) => `n${n}`)
    const rounds = 3
    for (const name of names) {
      let left = rounds
      rig.spawn(name, undefined, { work: () => rig.journal.push(name) > 0 && --left > 0 }).wake()
    }
    rig.run()
    expect(rig.journal).toEqual(Array.from({ length: rounds }, () => names).flat())
  })

  it('tell the host when there is something to do again, not for each wake', () => {
    const a = rig.spawn('a')
    const b = rig.spawn('b')
    a.wake()
    a.wake()
    b.wake()
    expect([rig.readyCalls, rig.kernel.readyCount]).toEqual([1, 2])
    rig.run()
    b.wake()
    expect(rig.readyCalls).toBe(2)
  })

  it('may be taken in turn and out of turn', () => {
    for (const name of ['a', 'b', 'c']) rig.spawn(name, undefined, { work: () => rig.journal.push(name) < 0 }).wake()
    rig.kernel.step()
    rig.kernel.stepAt(1)
    rig.kernel.stepAt(0)
    expect([rig.journal, rig.kernel.readyCount]).toEqual([['a', 'c', 'b'], 0])
  })

  it('may be taken in any order by another scheduler', () => {
    for (const name of ['a', 'b', 'c']) rig.spawn(name, undefined, { work: () => rig.journal.push(name) < 0 }).wake()
    rig.kernel.stepAt(1)
    rig.kernel.stepAt(1)
    rig.kernel.stepAt(0)
    expect([rig.journal, rig.kernel.readyCount]).toEqual([['b', 'c', 'a'], 0])
  })
})

describe('a crash', () => {
  it('is told with the address, and does not hold up the others', () => {
    rig.spawn('a', () => {
      throw new Error('bug')
    })
    rig.spawn('b')
    rig.kernel.send(at('a'), 1)
    rig.kernel.send(at('b'), 2)
    rig.run()
    expect([rig.crashes, rig.journal]).toEqual([['a bug'], ['a 1', 'b 2']])
  })

  it('of work is told too', () => {
    rig
      .spawn('a', undefined, {
        work: () => {
          throw new Error('bug')
        },
      })
      .wake()
    rig.run()
    expect([rig.crashes, rig.kernel.readyCount]).toEqual([['a bug'], 0])
  })

  it('leaves the mail that waits behind it to be heard', () => {
    rig.spawn('a', (message) => {
      if (message === 1) throw new Error('bug')
    })
    rig.kernel.send(at('a'), 1)
    rig.kernel.send(at('a'), 2)
    rig.run()
    expect([rig.crashes, rig.journal]).toEqual([['a bug'], ['a 1', 'a 2']])
  })
})
