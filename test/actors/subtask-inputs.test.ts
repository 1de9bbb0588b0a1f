import { describe, expect, it } from 'vitest'
import { Channel, OutputGate } from '../../src/actors/channel.ts'
import { SubtaskInputs } from '../../src/actors/subtask-inputs.ts'
import { recordBatch } from '../../src/core/elements.ts'

function make(inputOf: readonly (0 | 1)[]) {
  const channels = inputOf.map((_, n) => new Channel(`c${n}`, 8, new OutputGate(() => {}), () => {}))
  const inputs = new SubtaskInputs(channels, inputOf)
  const fill = (channel: number, ...values: unknown[]) => {
    for (const value of values) channels[channel]!.push(recordBatch([value]))
  }
  /** The value and the channel of everything that can be taken. */
  const takeAll = () => {
    const taken: string[] = []
    for (let element = inputs.take(); element !== undefined; element = inputs.take()) {
      taken.push(`${inputs.channel}:${element.type === 'batch' ? String(element.values[0]) : element.type}`)
    }
    return taken
  }
  return { inputs, fill, takeAll }
}

describe('the inputs of a subtask', () => {
  it('take from their channels in turn', () => {
    const { fill, takeAll } = make([0, 0, 0])
    fill(0, 'a', 'b', 'c')
    fill(1, 'd')
    fill(2, 'e', 'f')
    expect(takeAll()).toEqual(['0:a', '1:d', '2:e', '0:b', '2:f', '0:c'])
  })

  it('give nothing of a blocked channel until it is unblocked, and then in order', () => {
    const { inputs, fill, takeAll } = make([0, 0])
    fill(0, 'a', 'b')
    fill(1, 'c', 'd')
    inputs.block(0)
    expect(takeAll()).toEqual(['1:c', '1:d'])
    inputs.block(1)
    fill(1, 'e')
    expect(takeAll()).toEqual([])
    inputs.unblockAll()
    expect(takeAll().toSorted()).toEqual(['0:a', '0:b', '1:e'])
  })

  it('take nothing when there are none', () => {
    expect(make([]).inputs.take()).toBeUndefined()
  })

  it('know which of the two inputs a channel belongs to', () => {
    const { inputs } = make([0, 1, 0])
    expect([0, 1, 2].map((channel) => inputs.inputOf(channel))).toEqual([0, 1, 0])
  })
})

describe('what was restored', () => {
  const restored = (...values: unknown[]) => values.map((value) => recordBatch([value]))

  it('is taken before anything that has come since, on any channel', () => {
    const { inputs, fill, takeAll } = make([0, 0, 0])
    fill(0, 'c')
    fill(1, 'd')
    inputs.restore(1, restored('a', 'b'))
    inputs.restore(2, restored('x'))
    expect(takeAll()).toEqual(['1:a', '1:b', '2:x', '0:c', '1:d'])
  })

  it('holds up nothing while its channel is blocked', () => {
    const { inputs, fill, takeAll } = make([0, 0])
    inputs.restore(0, restored('a'))
    fill(1, 'b')
    inputs.block(0)
    expect(takeAll()).toEqual(['1:b'])
    inputs.unblockAll()
    fill(1, 'c')
    expect(takeAll()).toEqual(['0:a', '1:c'])
  })
})
