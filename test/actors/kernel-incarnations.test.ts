import { beforeEach, describe, expect, it } from 'vitest'
import { KernelRig } from './kernel-rig.ts'
import { at } from './probe.ts'

let rig: KernelRig
beforeEach(() => {
  rig = new KernelRig()
})

describe('incarnations', () => {
  it('share no address', () => {
    rig.spawn('a')
    expect(() => rig.spawn('a')).toThrow('two actors at a')
  })

  it('lose their mail when they are stopped, and are told so once', () => {
    let stopped = 0
    rig.spawn('a', undefined, { stopped: () => void stopped++ })
    rig.kernel.send(at('a'), 1)
    rig.kernel.stop(at('a'))
    rig.kernel.stop(at('a'))
    rig.spawn('a')
    rig.run()
    expect([rig.journal, stopped]).toEqual([[], 1])
  })

  it('that are stopped in the middle of their mail hear no more of it, and do not work', () => {
    rig.spawn('a', (_message, self) => self.stop(at('a')), { work: () => rig.journal.push('work') < 0 })
    rig.kernel.send(at('a'), 1)
    rig.kernel.send(at('a'), 2)
    rig.run()
    expect(rig.journal).toEqual(['a 1'])
  })

  it('do not get the timers of their predecessor', () => {
    const first = rig.spawn('a')
    first.setTimer('t', 10)
    rig.kernel.stop(at('a'))
    rig.spawn('a')
    rig.clock.advance(100)
    rig.run()
    expect(rig.journal).toEqual([])
  })

  it('do not get the results of their predecessor, whose message is not even made', () => {
    const first = rig.spawn('a')
    let made = 0
    const make = () => ++made
    first.io('read', async () => 1, make, make)
    first.io('read', async () => 1, make, make)
    rig.kernel.stop(at('a'))
    rig.spawn('a')
    rig.operations[0]!.finish(1)
    rig.operations[1]!.fail(new Error('no'))
    rig.run()
    expect([rig.journal, made]).toEqual([[], 0])
  })

  it('are not woken or written to by their predecessor', () => {
    const first = rig.spawn('a')
    rig.kernel.stop(at('a'))
    rig.spawn('a', undefined, { work: () => rig.journal.push('work') < 0 })
    first.wake()
    first.post('from the dead')
    rig.run()
    expect(rig.journal).toEqual([])
  })

  it('may not act while they are being made', () => {
    expect(() =>
      rig.kernel.spawn(at('a'), (self) => {
        self.wake()
        return { receive: () => {} }
      }),
    ).toThrow('an actor acted while it was being made')
  })
})

describe('timers', () => {
  it('come as a message with their name, once', () => {
    rig.spawn('a').setTimer('t', 10)
    rig.clock.advance(9)
    rig.run()
    expect(rig.journal).toEqual([])
    rig.clock.advance(1)
    rig.clock.advance(100)
    rig.run()
    expect(rig.journal).toEqual(['a {"type":"timer.fired","name":"t"}'])
  })

  it('are replaced by a timer of the same name', () => {
    const a = rig.spawn('a')
    a.setTimer('t', 10)
    a.setTimer('t', 50)
    rig.clock.advance(49)
    rig.run()
    expect(rig.journal).toEqual([])
    rig.clock.advance(1)
    rig.run()
    expect(rig.journal).toHaveLength(1)
  })

  it('that are replaced, cleared or without an actor are taken off the host', () => {
    const a = rig.spawn('a')
    a.setTimer('t', 10)
    a.setTimer('t', 50)
    expect(rig.clock.nextDueMs()).toBe(50)
    a.clearTimer('t')
    expect(rig.clock.nextDueMs()).toBeUndefined()
    a.setTimer('t', 10)
    rig.kernel.stop(at('a'))
    expect(rig.clock.nextDueMs()).toBeUndefined()
  })

  it('do not come when they were replaced or cleared, though the host heard of it too late', () => {
    rig = new KernelRig({ lateClear: true })
    const a = rig.spawn('a')
    a.setTimer('replaced', 10)
    a.setTimer('replaced', 1_000)
    a.setTimer('cleared', 10)
    a.clearTimer('cleared')
    rig.clock.advance(100)
    rig.run()
    expect(rig.journal).toEqual([])
  })

  it('do not fire once they are cleared, and others do', () => {
    const a = rig.spawn('a')
    a.setTimer('t', 10)
    a.setTimer('u', 10)
    a.clearTimer('t')
    a.clearTimer('never set')
    rig.clock.advance(100)
    rig.run()
    expect(rig.journal).toEqual(['a {"type":"timer.fired","name":"u"}'])
  })
})

describe('operations', () => {
  it('are labelled with their actor, and come back as the message made of their result', () => {
    const a = rig.spawn('a')
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
    expect(rig.operations.map(({ label }) => label)).toEqual(['a read', 'a write'])
    rig.operations[1]!.fail(new Error('disk'))
    rig.operations[0]!.finish(7)
    rig.run()
    expect(rig.journal).toEqual(['a failed disk', 'a done 7'])
  })

  it('whose message cannot be made count as a crash of their actor, and nothing escapes to the host', () => {
    const a = rig.spawn('a')
    const fail = () => {
      throw new Error('no message')
    }
    a.io('read', async () => 1, fail, fail)
    rig.operations[0]!.finish(1)
    expect(rig.crashes).toEqual(['a no message'])
  })
})
