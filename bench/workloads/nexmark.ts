/**
 * The queries of Nexmark: events per second, and per second of a core, which is compared with what Flink's project has
 * published. README.md says how far that is the same thing.
 */
import { queries } from '../../examples/nexmark/queries.ts'
import type { NexmarkQuery } from '../../examples/nexmark/query.ts'
import { timeNexmark } from '../parts/nexmark-run.ts'
import type { Size } from '../sizes.ts'
import { type Contender, type Figure, short, type Workload } from '../workload.ts'

/** Thousand events a second and core: Flink 2.x by the V2 runner, q4 and q20 of an older one that was faster. */
const published: Readonly<Record<string, number>> = {
  q0: 379,
  q1: 395,
  q2: 414,
  q3: 219,
  q4: 34,
  q5: 75,
  q7: 23,
  q8: 162,
  q9: 14,
  q11: 46,
  q12: 194,
  q18: 65,
  q20: 19,
}

const seed = 1
const mebibyte = 1_024 ** 2

/** For each span of event time: how close together the events are, and so how many there are in a window. */
export const nexmark = ({ nexmarkEvents: events, nexmarkSpansS, nexmarkQueries }: Size): readonly Workload[] =>
  nexmarkSpansS.map((spanS) => {
    const chosen = queries.filter(({ name }) => nexmarkQueries?.includes(name) ?? true)
    const span = `${spanS}s`
    const ratePerSecond = events / spanS
    return {
      name: `nexmark-${span}`,
      about: `${short(events)} events in ${spanS} s of event time (${ratePerSecond}/s), the last quarter timed; heap, checkpoint to disk each second, seed ${seed}`,
      contenders: chosen.map((query) => contenderOf(query, span, { events, ratePerSecond, seed })),
      figures: chosen.flatMap((query) => figuresOf(query, span)),
    }
  })

type Load = Parameters<typeof timeNexmark>[1]

const contenderOf = (query: NexmarkQuery, span: string, load: Load): Contender => {
  const name = `nexmark-${query.name}-${span}`
  return {
    name,
    rows: {
      [name]: { about: `${query.name}: ${query.about}`, unit: 'events/s' },
      [`${name}-core`]: { about: `${query.name} per core`, unit: 'events/s' },
      [`${name}-checkpoint`]: { about: `${query.name} checkpoint`, unit: 'MiB' },
      [`${name}-restore`]: { about: `${query.name} restore`, unit: 'ms' },
    },
    run: async () => {
      const { eventsPerSecond, eventsPerCore, checkpointBytes, restoreMs } = await timeNexmark(query, load)
      return {
        [name]: eventsPerSecond,
        [`${name}-core`]: eventsPerCore,
        [`${name}-checkpoint`]: checkpointBytes / mebibyte,
        [`${name}-restore`]: restoreMs,
      }
    },
  }
}

function figuresOf({ name }: NexmarkQuery, span: string): readonly Figure[] {
  const flink = published[name]
  if (flink === undefined) return []
  return [
    {
      what: `${name} per core / Flink's ${flink} k`,
      unit: '×',
      rows: [`nexmark-${name}-${span}-core`],
      value: (core) => core! / (flink * 1_000),
      wanted: { atLeast: 1 },
    },
  ]
}
