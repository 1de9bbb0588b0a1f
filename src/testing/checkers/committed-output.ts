/**
 * S10 and L5: the committed output of a run is that of a run without failures.
 *
 * Each stream brings its positions once each, so output is what a run without failures could have brought if nothing came
 * twice, nothing came that is not there, and no hole is left when the job has finished. A commit may be repeated: one
 * is a repetition when its transaction is no newer than the one that brought the items. At-least-once may bring items twice.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { missingFrom, overlapping, type Range, withRange } from './item-ranges.ts'
import { type ByName, put } from './memory.ts'

interface Output {
  readonly exactlyOnce: boolean
  readonly totals: ByName<number>
  readonly streams: ByName<readonly Range[]>
  readonly finished: boolean
}

function commit(memory: Output, { checkpointId: id, items }: FactOf<'committed'>) {
  let { streams } = memory
  for (const { stream, first, last } of items) {
    const ranges = streams[stream] ?? []
    const twice = memory.exactlyOnce && ranges.find((one) => id > one[2] && overlapping([one], first, last))
    if (twice) return violation(`Items ${first} to ${last} of ${stream} came with ${id}, and with ${twice[2]} before.`)
    if (last > (memory.totals[stream] ?? last)) {
      return violation(`Item ${last} of ${stream} was committed, which has only ${memory.totals[stream]}.`)
    }
    streams = put(streams, stream, withRange(ranges, first, last, id))
  }
  return streams === memory.streams ? memory : { ...memory, streams }
}

export const committedOutput = defineChecker<Output>({
  name: 'S10',
  title: 'Committed output is that of a run without failures.',
  initial: { exactlyOnce: true, totals: {}, streams: {}, finished: false },
  on: {
    'run.began': (_, { mode, outputs }) => ({
      exactlyOnce: mode === 'exactly-once',
      totals: outputs,
      streams: {},
      finished: false,
    }),
    committed: commit,
    'job.over': (memory, { status }) => (status === 'FINISHED' ? { ...memory, finished: true } : memory),
  },
  atEnd: ({ streams, finished }) => {
    for (const [stream, ranges] of Object.entries(streams)) {
      const [hole] = finished ? missingFrom(ranges, 1, ranges.at(-1)?.[1] ?? 0) : []
      if (hole !== undefined) return `Items ${hole[0]} to ${hole[1]} of ${stream} are missing before later ones.`
    }
    return undefined
  },
})

interface Delivery {
  readonly totals: ByName<number>
  readonly streams: ByName<readonly Range[]>
  /** Nobody is owed the rest: the job ended before its data did, or its process died for good. */
  readonly excused: boolean
  /** A stop-savepoint completed, so the job ends before its data does. */
  readonly stopped: boolean
}

function missing({ totals, streams }: Delivery): string | undefined {
  for (const [stream, total] of Object.entries(totals)) {
    const [part] = missingFrom(streams[stream] ?? [], 1, total)
    if (part !== undefined) return `Items ${part[0]} to ${part[1]} of ${stream} were never committed.`
  }
  return undefined
}

export const everythingDelivered = defineChecker<Delivery>({
  name: 'L5',
  title: 'Every input record is covered by a completed checkpoint and its output committed, in the end.',
  initial: { totals: {}, streams: {}, excused: false, stopped: false },
  on: {
    'run.began': (_, { outputs }) => ({ totals: outputs, streams: {}, excused: false, stopped: false }),
    committed: (memory, { items }) => {
      let { streams } = memory
      for (const { stream, first, last } of items) {
        streams = put(streams, stream, withRange(streams[stream] ?? [], first, last, 0))
      }
      return streams === memory.streams ? memory : { ...memory, streams }
    },
    completed: (memory, { kind }) =>
      kind === 'stop-suspend' || kind === 'stop-drain' ? { ...memory, stopped: true } : memory,
    // A stopped job that begins again, by hand or because it failed while it stopped, owes everything again.
    'attempt.began': (memory) =>
      memory.excused || memory.stopped ? { ...memory, excused: false, stopped: false } : memory,
    'process.died': (memory) => (memory.excused ? memory : { ...memory, excused: true }),
    'lease.taken': (memory) => (memory.excused ? { ...memory, excused: false } : memory),
    'job.over': (memory, { status }) => (status === 'FINISHED' ? memory : { ...memory, excused: true }),
  },
  atEnd: (memory) => (memory.excused || memory.stopped ? undefined : missing(memory)),
})
