import { describe, expect, it } from 'vitest'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { at } from './probe.ts'

/** Six actors that write to each other, set timers and run operations; the journal is the order of everything. */
async function play(seed: number): Promise<{ journal: string[]; steps: number }> {
  const journal: string[] = []
  const simulation = new SimulatedKernel({ seed })
  const { kernel } = simulation
  for (let n = 0; n < 6; n++) {
    let left = 5
    kernel.spawn(at(`a${n}`), (self) => ({
      receive(message) {
        journal.push(`${simulation.clock.now()} a${n} ${JSON.stringify(message)}`)
        if (left-- <= 0) return
        self.send(at(`a${(n + 1) % 6}`), 'next')
        self.setTimer(`t${left}`, left * 10)
        self.io(
          'io',
          async () => left,
          (value) => `io ${value}`,
          () => 'failed',
        )
      },
    }))
  }
  for (let n = 0; n < 6; n++) kernel.send(at(`a${n}`), 'go')
  await simulation.runToEnd()
  return { journal, steps: simulation.steps }
}

describe('the simulated scheduler', () => {
  it('takes the same steps for the same seed', async () => {
    const [first, second] = [await play(7), await play(7)]
    expect(first.journal.length).toBeGreaterThan(60)
    expect(second).toEqual(first)
  })

  it('takes others for another seed', async () => {
    const orders = new Set<string>()
    for (let seed = 0; seed < 5; seed++) orders.add((await play(seed)).journal.join('\n'))
    expect(orders.size).toBe(5)
  })

  it('lets any ready actor and any operation go first', async () => {
    const firsts = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const order: string[] = []
      const simulation = new SimulatedKernel({ seed })
      for (const name of ['a', 'b', 'c']) {
        simulation.kernel.spawn(at(name), (self) => ({
          receive: () => {
            self.io(
              'io',
              async () => void order.push(`io ${name}`),
              () => undefined,
              () => undefined,
            )
            order.push(name)
          },
        }))
        simulation.kernel.send(at(name), 'go')
      }
      await simulation.settle()
      firsts.add(order[0]!)
      firsts.add(order.find((step) => step.startsWith('io'))!)
    }
    expect([...firsts].toSorted()).toEqual(['a', 'b', 'c', 'io a', 'io b', 'io c'])
  })

  it('gives actors randomness that its own choices do not draw from', async () => {
    const draws = async (noise: number) => {
      const simulation = new SimulatedKernel({ seed: 3 })
      for (let n = 0; n < noise; n++) {
        simulation.kernel.spawn(at(`noise${n}`), () => ({ receive: () => {} }))
        simulation.kernel.send(at(`noise${n}`), 1)
      }
      await simulation.runToEnd()
      return simulation.host.random.uint32()
    }
    expect(await draws(20)).toBe(await draws(0))
  })

  it('moves time to the next timer when nothing else can happen', async () => {
    const simulation = new SimulatedKernel({ seed: 1, startMs: 500 })
    const times: number[] = []
    simulation.kernel.spawn(at('a'), (self) => ({
      receive(message) {
        if (message === 'go') {
          self.setTimer('far', 86_400_000)
          self.setTimer('near', 10)
        } else times.push(self.host.now())
      },
    }))
    simulation.kernel.send(at('a'), 'go')
    await simulation.runToEnd()
    expect(times).toEqual([510, 86_400_500])
  })

  it('comes to rest without moving time', async () => {
    const simulation = new SimulatedKernel({ seed: 1 })
    const heard: unknown[] = []
    simulation.kernel.spawn(at('a'), (self) => ({
      receive(message) {
        heard.push(message)
        if (message !== 'go') return
        self.setTimer('t', 10)
        self.io(
          'io',
          async () => 'io',
          (value) => value,
          () => 'failed',
        )
      },
    }))
    simulation.kernel.send(at('a'), 'go')
    await simulation.settle()
    expect([simulation.clock.now(), heard]).toEqual([0, ['go', 'io']])
  })

  it('fails the operations that it is told to fail, without running them', async () => {
    const ran: string[] = []
    const heard: unknown[] = []
    const simulation = new SimulatedKernel({
      seed: 1,
      fault: (label) => (label === 'a write' ? new Error('disk full') : undefined),
    })
    simulation.kernel.spawn(at('a'), (self) => ({
      receive(message) {
        heard.push(message)
        if (message !== 'go') return
        for (const label of ['read', 'write']) {
          const task = async () => void ran.push(label)
          self.io(
            label,
            task,
            () => `${label} done`,
            (error) => (error as Error).message,
          )
        }
      },
    }))
    simulation.kernel.send(at('a'), 'go')
    await simulation.runToEnd()
    expect([ran, heard.toSorted()]).toEqual([['read'], ['disk full', 'go', 'read done']])
  })

  it('stops at an actor that throws, unless somebody listens', async () => {
    const crash = (simulation: SimulatedKernel) => {
      simulation.kernel.spawn(at('a'), () => ({
        receive: () => {
          throw new Error('bug')
        },
      }))
      simulation.kernel.send(at('a'), 1)
      return simulation.runToEnd()
    }
    await expect(crash(new SimulatedKernel({ seed: 1 }))).rejects.toThrow('Actor a threw: Error: bug')
    const told: string[] = []
    await crash(new SimulatedKernel({ seed: 1, onCrash: (address) => void told.push(address) }))
    expect(told).toEqual(['a'])
  })

  it('says when it cannot reach its goal, or does not end', async () => {
    const idle = new SimulatedKernel({ seed: 1 })
    await expect(idle.runUntil(() => false)).rejects.toThrow('nothing left to do')
    await expect(idle.runUntil(() => true)).resolves.toBeUndefined()
    const busy = new SimulatedKernel({ seed: 1 })
    busy.kernel.spawn(at('a'), () => ({ receive: () => {}, work: () => true }))
    busy.kernel.send(at('a'), 1)
    await expect(busy.runUntil(() => false, 100)).rejects.toThrow('has not reached its goal within 100 steps')
    await expect(busy.runToEnd(100)).rejects.toThrow('does not end within 100 steps')
    await expect(busy.settle(100)).rejects.toThrow('does not come to rest within 100 steps')
  })
})
