/** From the trigger of a checkpoint to its completion, with empty state, by number of subtasks. */
import { Subject } from 'rxjs'
import { type Source, StreamEnvironment, toSubject } from 'tidemark'
import { clockMs, type Measurement, type Sizes, type Workload } from '../workload.ts'

/** A parallel source that never has anything. */
const silence: Source<string> = {
  kind: 'silence',
  bounded: false,
  replayable: true,
  createReader: () => ({ poll: () => ({ type: 'waiting' }), snapshot: () => undefined, close() {} }),
}

async function latency(subtasks: number, { triggers }: Sizes): Promise<Measurement> {
  const env = StreamEnvironment.create({ parallelism: subtasks / 2 })
  env
    .fromSource(silence)
    .uid('silence')
    .keyBy((key) => key)
    .reduce((a) => a)
    .uid('reduce')
    .sinkTo(toSubject(new Subject<string>()))
    .uid('sink')
  const job = await env.execute(`barriers through ${subtasks} subtasks`)
  await new Promise<void>((resolve) => {
    job.status.subscribe((status) => status === 'RUNNING' && resolve())
  })
  for (let i = 0; i < 5; i++) await job.triggerCheckpoint()
  const times: number[] = []
  for (let i = 0; i < triggers; i++) {
    const start = clockMs()
    await job.triggerCheckpoint()
    times.push(clockMs() - start)
  }
  await job.cancel()
  times.sort((a, b) => a - b)
  return { value: times[Math.floor(times.length / 2)]!, unit: 'ms' }
}

export const barrierLatency: readonly Workload[] = [4, 256].map((subtasks) => ({
  name: `barriers-${subtasks}`,
  about: `trigger → complete, ${subtasks} subtasks, empty state (median)`,
  run: (sizes) => latency(subtasks, sizes),
}))
