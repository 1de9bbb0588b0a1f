/** From the trigger of a checkpoint to its completion, with empty state and nothing else to do, by number of subtasks. */
import { filter, firstValueFrom } from 'rxjs'
import { type Source, StreamEnvironment } from 'tidemark'
import { clockMs, median } from '../parts/stopwatch.ts'
import { TallySink } from '../parts/tally-sink.ts'
import type { Size } from '../sizes.ts'
import { check, contender, type Figure, ratio, target, type Workload } from '../workload.ts'

/** A parallel source that never has anything. */
const silence: Source<string> = {
  kind: 'silence',
  bounded: false,
  replayable: true,
  createReader: () => ({ poll: () => ({ type: 'waiting' }), snapshot: () => undefined, close() {} }),
}

/** One subtask is a source with its sink; more are sources and as many keyed reducers, each connected to all. */
function program(subtasks: number): StreamEnvironment {
  const env = StreamEnvironment.create({ parallelism: Math.max(1, subtasks / 2) })
  const source = env.fromSource(silence).uid('silence')
  const sink = new TallySink<string>()
  if (subtasks === 1) source.sinkTo(sink)
  else {
    source
      .keyBy((key) => key)
      .reduce((a) => a)
      .uid('reduce')
      .sinkTo(sink)
  }
  return env
}

async function latency(subtasks: number, triggers: number): Promise<number> {
  const job = await program(subtasks).execute(`barriers through ${subtasks} subtasks`)
  await firstValueFrom(job.status.pipe(filter((status) => status === 'RUNNING')))
  const warmUps = Math.ceil(triggers / 10)
  const times: number[] = []
  let lastId = 0
  for (let i = 0; i < warmUps + triggers; i++) {
    const startMs = clockMs()
    lastId = await job.triggerCheckpoint()
    if (i >= warmUps) times.push(clockMs() - startMs)
  }
  await job.cancel()
  check('the id of the last checkpoint', lastId, warmUps + triggers)
  return median(times)
}

/** Each source sends its barrier to each reducer. */
const barriers = (subtasks: number): number => (subtasks / 2) ** 2

const wantedMs: Readonly<Record<number, number>> = { 4: 2, 256: 100 }
const subtasksText = (subtasks: number): string => (subtasks === 1 ? '1 subtask' : `${subtasks} subtasks`)
const nameOf = (subtasks: number): string => `barriers-${subtasks}`

const perBarrier = (subtasks: number): Figure => ({
  what: `per barrier, ${subtasksText(subtasks)} (${barriers(subtasks)} channels)`,
  unit: 'µs',
  rows: [nameOf(subtasks)],
  value: (ms) => (ms! * 1_000) / barriers(subtasks),
})

export const barrierLatency = ({ subtasks, triggers }: Size): Workload => ({
  name: 'barrier-latency',
  about: 'from the trigger of a checkpoint to its completion, empty state',
  contenders: subtasks.map((n) =>
    contender(nameOf(n), `${subtasksText(n)} (median of ${triggers})`, 'ms', () => latency(n, triggers)),
  ),
  figures: subtasks.flatMap((n): Figure[] => [
    ...(wantedMs[n] === undefined
      ? []
      : [target(`trigger → complete, ${n} subtasks`, 'ms', nameOf(n), { atMost: wantedMs[n] })]),
    ...(n === 1 ? [] : [ratio(`${n} subtasks / 1 subtask`, nameOf(n), nameOf(1))]),
    ...(n > 2 ? [perBarrier(n)] : []),
  ]),
})
