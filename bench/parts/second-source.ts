/**
 * Gives every key so many times in each second of event time, in order, and then waits for ever: an end would bring the
 * last watermark, with which an hour's window fires another 3600 times for each key.
 */
import type { Source } from 'tidemark'

export interface Seconds {
  readonly table: readonly string[]
  /** Of each key, per second. */
  readonly perSecond: number
  readonly seconds: number
}

/** When event time begins: a time of these days, which is no small integer. */
const startMs = 1_700_000_000_000

export const recordsIn = ({ table, perSecond, seconds }: Seconds): number => table.length * perSecond * seconds

export const secondSource = (input: Seconds): Source<string> => ({
  kind: 'seconds',
  bounded: false,
  replayable: true,
  parallelism: 1,
  createReader(_context, restored) {
    const { table, perSecond } = input
    const records = recordsIn(input)
    const eachMs = 1_000 / (table.length * perSecond)
    let position = (restored as number | undefined) ?? 0
    return {
      poll(max) {
        if (position >= records) return { type: 'waiting' }
        const start = position % table.length
        const values = table.slice(start, Math.min(start + max, table.length))
        const timestamps: number[] = new Array(values.length)
        for (let i = 0; i < values.length; i++) timestamps[i] = startMs + Math.floor((position + i) * eachMs)
        position += values.length
        return { type: 'records', values, timestamps }
      },
      snapshot: () => position,
      close() {},
    }
  },
})
