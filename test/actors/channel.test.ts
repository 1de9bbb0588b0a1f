import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Channel, OutputGate } from '../../src/actors/channel.ts'
import { type Barrier, endOfData, endOfPartition, recordBatch, type StreamElement } from '../../src/core/elements.ts'
import type { CheckpointId } from '../../src/core/ids.ts'

const barrier: Barrier = {
  type: 'barrier',
  checkpointId: 5 as CheckpointId,
  timestamp: 1,
  kind: 'checkpoint',
  alignment: { type: 'unaligned' },
}
const ck = (id: number) => id as CheckpointId
const of = (id: number): Barrier => ({ ...barrier, checkpointId: ck(id) })
const mark = (timestamp: number): StreamElement => ({ type: 'watermark', timestamp })

function make(capacity: number) {
  const woken = { producer: 0, consumer: 0 }
  const gate = new OutputGate(() => void woken.producer++)
  const channel = new Channel('a>b#0', capacity, gate, () => void woken.consumer++)
  return { channel, gate, woken }
}

describe('a channel', () => {
  it('gives elements in the order they came, and undefined when it is empty', () => {
    const { channel } = make(4)
    expect(channel.shift()).toBeUndefined()
    for (const n of [1, 2, 3]) channel.push(mark(n))
    expect(channel.peek()).toEqual(mark(1))
    expect([channel.shift(), channel.shift(), channel.shift(), channel.shift()]).toEqual([
      mark(1),
      mark(2),
      mark(3),
      undefined,
    ])
    expect(channel.peek()).toBeUndefined()
  })

  it('takes credit at its capacity and gives it back below', () => {
    const { channel, gate, woken } = make(2)
    channel.push(mark(1))
    expect(gate.full).toBe(0)
    channel.push(mark(2))
    expect(gate.full).toBe(1)
    channel.push(mark(3))
    expect(gate.full).toBe(1)
    channel.shift()
    expect([gate.full, woken.producer]).toEqual([1, 0])
    channel.shift()
    expect([gate.full, woken.producer]).toEqual([0, 1])
    channel.shift()
    expect([gate.full, woken.producer]).toEqual([0, 1])
  })

  it('wakes the producer only when every one of its channels has credit', () => {
    let woken = 0
    const gate = new OutputGate(() => void woken++)
    const [left, right] = ['l', 'r'].map((id) => new Channel(id, 1, gate, () => {}))
    left!.push(mark(1))
    right!.push(mark(1))
    expect(gate.full).toBe(2)
    left!.shift()
    expect([gate.full, woken]).toEqual([1, 0])
    right!.shift()
    expect([gate.full, woken]).toEqual([0, 1])
  })

  it('wakes the consumer when it is no longer empty, and only then', () => {
    const { channel, woken } = make(2)
    channel.push(mark(1))
    channel.push(mark(2))
    expect(woken.consumer).toBe(1)
    channel.shift()
    channel.push(mark(3))
    expect(woken.consumer).toBe(1)
    while (channel.shift() !== undefined);
    channel.push(mark(4))
    expect(woken.consumer).toBe(2)
  })

  it('puts a barrier before what is queued, which stays behind it until it is taken', () => {
    const { channel, gate, woken } = make(3)
    const [one, two, three] = [recordBatch([1]), recordBatch([2]), recordBatch([3])]
    for (const element of [one, mark(1), two]) channel.push(element)
    const seen: string[] = []
    channel.watchBarriers({ ahead: () => void seen.push('ahead'), queued: () => void seen.push('queued') })
    channel.pushAhead(barrier)
    channel.push(three)
    expect([channel.size, gate.full, woken.consumer, seen]).toEqual([5, 1, 2, ['ahead']])
    const taken = channel.shift() as Barrier
    expect(taken).toEqual({ ...barrier, overtook: 3 })
    expect(channel.overtaken(taken)).toEqual([one, two])
    expect([channel.shift(), channel.shift(), channel.shift(), channel.shift()]).toEqual([one, mark(1), two, three])
    expect([gate.full, woken.producer]).toEqual([0, 1])
    channel.push(endOfPartition)
    expect(() => channel.pushAhead(barrier)).toThrow('a barrier after end-of-partition on channel a>b#0')
  })

  it('lets its consumer put a queued barrier ahead, once', () => {
    const { channel } = make(8)
    const [one, two] = [recordBatch([1]), recordBatch([2])]
    for (const element of [one, barrier, two]) channel.push(element)
    expect([channel.promote(6 as CheckpointId), channel.promote(barrier.checkpointId)]).toEqual([false, true])
    expect(channel.promote(barrier.checkpointId)).toBe(false)
    const taken = channel.shift() as Barrier
    expect([taken, channel.overtaken(taken)]).toEqual([{ ...barrier, overtook: 1 }, [one]])
    expect([channel.shift(), channel.shift(), channel.size]).toEqual([one, two, 0])
  })

  it('puts restored batches first, which takes credit', () => {
    const { channel, gate, woken } = make(3)
    const [one, two, three] = [recordBatch([1]), recordBatch([2]), recordBatch([3])]
    channel.push(three)
    channel.restore([one, two])
    expect([gate.full, woken.consumer]).toEqual([1, 2])
    expect([channel.shift(), channel.shift(), channel.shift()]).toEqual([one, two, three])
    expect([gate.full, woken.producer]).toEqual([0, 1])
  })

  it('keeps what is recorded for one checkpoint, and gives it once', () => {
    const { channel } = make(3)
    const [five, six] = [5, 6].map((id) => id as CheckpointId) as [CheckpointId, CheckpointId]
    channel.record(five, recordBatch([1]))
    channel.record(six, recordBatch([2]))
    channel.record(six, recordBatch([3]))
    expect(channel.takeRecorded(five)).toEqual([])
    expect(channel.takeRecorded(six)).toEqual([recordBatch([2]), recordBatch([3])])
    expect(channel.takeRecorded(six)).toEqual([])
  })

  it('lets elements follow the end of the data, and none the end of the partition', () => {
    const { channel } = make(2)
    channel.push(endOfData)
    channel.push(mark(1))
    channel.push(endOfPartition)
    expect(() => channel.push(mark(2))).toThrow('an element after end-of-partition on channel a>b#0')
  })

  it('keeps barriers put ahead in the order of their ids, and none counts another', () => {
    const { channel } = make(8)
    const [one, two, three] = [recordBatch([1]), recordBatch([2]), recordBatch([3])]
    channel.push(one)
    channel.pushAhead(of(1))
    channel.push(two)
    channel.push(of(2))
    channel.push(three)
    channel.pushAhead(of(3))
    expect(channel.promote(ck(2))).toBe(true)
    const taken = [1, 2, 3].map(() => {
      const next = channel.shift() as Barrier
      return [next.checkpointId, next.overtook, channel.overtaken(next)]
    })
    expect(taken).toEqual([
      [1, 1, [one]],
      [2, 2, [one, two]],
      [3, 3, [one, two, three]],
    ])
    expect([channel.shift(), channel.shift(), channel.shift(), channel.size]).toEqual([one, two, three, 0])
  })

  it('lets a barrier that came before restored batches overtake them', () => {
    const { channel, gate } = make(3)
    const [one, two] = [recordBatch([1]), recordBatch([2])]
    channel.push(two)
    channel.pushAhead(of(1))
    channel.restore([one])
    expect([channel.size, gate.full]).toEqual([3, 1])
    const taken = channel.shift() as Barrier
    expect([taken.overtook, channel.overtaken(taken), channel.shift(), channel.shift()]).toEqual([
      2,
      [one, two],
      one,
      two,
    ])
  })

  it('behaves as two lists do, whatever its capacity and however far it overshoots', () => {
    const step = fc.constantFrom('push', 'push', 'barrier', 'shift', 'shift', 'ahead', 'promote', 'restore')
    const actions = fc.array(fc.record({ step, promoted: fc.nat(9) }), { maxLength: 120, size: 'max' })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), actions, (capacity, steps) => {
        const { channel, gate, woken } = make(capacity)
        const model = new TwoLists()
        const expected = { producer: 0, consumer: 0 }
        for (const [n, { step, promoted }] of steps.entries()) {
          const before = model.size
          if (step === 'push' || step === 'barrier') {
            const element = step === 'push' ? recordBatch([n]) : of(n)
            if (before === 0) expected.consumer++
            model.queue.push(element)
            channel.push(element)
          } else if (step === 'ahead') {
            expected.consumer++
            model.putAhead(of(n), [...model.queue])
            channel.pushAhead(of(n))
          } else if (step === 'promote') {
            const queued = model.queue.filter(({ type }) => type === 'barrier') as Barrier[]
            const id = queued[promoted % Math.max(queued.length, 1)]?.checkpointId ?? ck(1_000)
            expect(channel.promote(id)).toBe(model.promote(id))
          } else if (step === 'restore') {
            expected.consumer++
            model.restore(recordBatch([n]))
            channel.restore([recordBatch([n])])
          } else {
            if (before === capacity) expected.producer++
            const [taken, overtaken] = model.shift()
            const got = channel.shift()
            const { overtook: _, ...element } = { overtook: 0, ...got }
            expect(got && element).toEqual(taken)
            if (overtaken !== undefined) {
              expect((got as Barrier).overtook).toBe(overtaken.length)
              expect(channel.overtaken(got as Barrier)).toEqual(overtaken.filter(({ type }) => type === 'batch'))
            } else if (got?.type === 'barrier') expect(got.overtook).toBeUndefined()
          }
          expect(channel.size).toBe(model.size)
          expect(gate.full).toBe(model.size >= capacity ? 1 : 0)
          expect(woken).toEqual(expected)
        }
      }),
    )
  })
})

/** A channel as it is meant: what has been put ahead, with all that each barrier overtook, and what is queued. */
class TwoLists {
  ahead: { barrier: Barrier; overtaken: StreamElement[] }[] = []
  queue: StreamElement[] = []

  get size(): number {
    return this.ahead.length + this.queue.length
  }

  putAhead(barrier: Barrier, overtaken: StreamElement[]): void {
    this.ahead = [...this.ahead, { barrier, overtaken }].toSorted(
      (a, b) => a.barrier.checkpointId - b.barrier.checkpointId,
    )
  }

  promote(id: CheckpointId): boolean {
    const place = this.queue.findIndex((one) => one.type === 'barrier' && one.checkpointId === id)
    const barrier = this.queue[place] as Barrier
    if (barrier === undefined) return false
    this.queue.splice(place, 1)
    for (const one of this.ahead) one.overtaken = one.overtaken.filter((other) => other !== barrier)
    this.putAhead(barrier, this.queue.slice(0, place))
    return true
  }

  restore(batch: StreamElement): void {
    this.queue.unshift(batch)
    for (const { overtaken } of this.ahead) overtaken.unshift(batch)
  }

  shift(): readonly [StreamElement | undefined, StreamElement[] | undefined] {
    const first = this.ahead.shift()
    return first === undefined ? [this.queue.shift(), undefined] : [first.barrier, first.overtaken]
  }
}
