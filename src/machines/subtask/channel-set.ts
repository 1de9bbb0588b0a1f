/**
 * A set of input channels, as a value: one bit per channel in words of 32.
 *
 * With hundreds of inputs one is added for each barrier of each of them, and a list of numbers, copied each time, would
 * be most of what a checkpoint costs. The same channels make the same value, in whatever order they were added.
 */
import type { ChannelIndex } from './protocol.ts'

export interface ChannelSet {
  readonly size: number
  readonly words: readonly number[]
}

export const noChannels: ChannelSet = { size: 0, words: [] }

export const hasChannel = ({ words }: ChannelSet, channel: ChannelIndex): boolean =>
  ((words[channel >>> 5] ?? 0) & (1 << (channel & 31))) !== 0

export function withChannel(set: ChannelSet, channel: ChannelIndex): ChannelSet {
  if (hasChannel(set, channel)) return set
  const words = set.words.slice()
  const word = channel >>> 5
  while (words.length <= word) words.push(0)
  words[word]! |= 1 << (channel & 31)
  return { size: set.size + 1, words }
}
