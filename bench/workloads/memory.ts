/** What a key of the heap backend takes, against the same entries in a Map. */
import { countingJob } from '../parts/counting-job.ts'
import type { Size } from '../sizes.ts'
import { check, contender, type Figure, ratio, short, type Workload } from '../workload.ts'

/** Made anew for each entry, so that nobody but the state holds it. */
const keyAt = (index: number): string => `key-${index}`

/** Bytes that are in use once all garbage is collected. */
async function usedBytes(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('Memory can be measured only with --expose-gc.')
  // What is freed in one collection may hold what is freed in the next; buffers go with a task of their own.
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  // Array buffers are counted in `external`.
  return heapUsed + external
}

/** Bytes per key of what `fill` gives, which `size` must say holds so many. */
async function bytesOf<T>(keys: number, fill: () => T, size: (filled: T) => number): Promise<number> {
  const before = await usedBytes()
  const filled = fill()
  const after = await usedBytes()
  check('the number of keys', size(filled), keys)
  return (after - before) / keys
}

const map = (keys: number): Promise<number> => {
  const fill = () => {
    const entries = new Map<string, number>()
    for (let i = 0; i < keys; i++) entries.set(keyAt(i), 1)
    return entries
  }
  return bytesOf(keys, fill, ({ size }) => size)
}

/** The strings alone: what the entries take however they are kept. */
const strings = (keys: number): Promise<number> => {
  const slots: string[] = new Array(keys).fill('')
  const fill = () => {
    for (let i = 0; i < keys; i++) slots[i] = keyAt(i)
    return slots
  }
  return bytesOf(keys, fill, ({ length }) => length)
}

async function tidemark(keys: number): Promise<number> {
  const { source, sink, job, counted } = await countingJob({ keyAt })
  // The first record brings up everything that does not grow with the keys.
  source.open(1)
  await sink.reached(1)
  const before = await usedBytes()
  source.open(keys)
  await sink.reached(keys)
  const after = await usedBytes()
  source.end()
  await job.done
  check('the number of keys', counted.keys, keys)
  return (after - before) / (keys - 1)
}

export function memory({ memoryKeys }: Size): Workload {
  const structure: Figure = {
    what: 'the same without the strings',
    unit: '×',
    rows: ['state-memory', 'map-memory', 'string-memory'],
    value: (state, map, string) => (state! - string!) / (map! - string!),
  }
  return {
    name: 'memory',
    about: `memory of ${short(memoryKeys)} keys, strings with counts`,
    contenders: [
      contender('map-memory', 'a Map', 'bytes/key', () => map(memoryKeys)),
      contender('string-memory', 'its keys alone', 'bytes/key', () => strings(memoryKeys)),
      contender('state-memory', 'value state on the heap', 'bytes/key', () => tidemark(memoryKeys)),
    ],
    figures: [ratio('state / Map', 'state-memory', 'map-memory', { atMost: 1.3 }), structure],
  }
}
