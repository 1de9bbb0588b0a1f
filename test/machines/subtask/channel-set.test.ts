import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChannelSet, hasChannel, noChannels, withChannel } from '../../../src/machines/subtask/channel-set.ts'

const listChannels = (set: ChannelSet) => Array.from({ length: 400 }, (_, i) => i).filter((i) => hasChannel(set, i))
const setOf = (channels: readonly number[]) => channels.reduce(withChannel, noChannels)

describe('a set of channels', () => {
  it('has what was added and nothing else, with any number of inputs', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300)), fc.nat(300), (channels, other) => {
        const set = setOf(channels)
        const expected = [...new Set(channels)].toSorted((a, b) => a - b)
        expect(listChannels(set)).toEqual(expected)
        expect(set.size).toBe(expected.length)
        expect(hasChannel(set, other)).toBe(expected.includes(other))
      }),
    )
  })

  it('is the same value in whatever order they were added, and at the ends of a word', () => {
    expect(setOf([31, 32, 0, 64])).toEqual(setOf([64, 0, 32, 31]))
    expect(listChannels(setOf([63, 31, 32]))).toEqual([31, 32, 63])
    const one = setOf([5])
    expect(withChannel(one, 5)).toBe(one)
    expect(withChannel(one, 6)).not.toBe(one)
    expect(listChannels(one)).toEqual([5])
  })

  it('knows no channel that does not exist', () => {
    expect([hasChannel(noChannels, 0), hasChannel(setOf([31]), -1)]).toEqual([false, false])
  })
})
