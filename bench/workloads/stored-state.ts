/**
 * State on its way to disk and back: the bandwidth of a checkpoint and of a restore against plain msgpackr on the same
 * entries, and the longest that the event loop is held while a checkpoint is written and records flow.
 */
import { join } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { JobOptions } from 'tidemark'
import { type CountingJob, countingJob } from '../parts/counting-job.ts'
import { keyTable } from '../parts/key-table.ts'
import { readPlain, storePlain } from '../parts/plain-store.ts'
import { clockMs, median } from '../parts/stopwatch.ts'
import { withDirectory } from '../parts/with-directory.ts'
import type { Size } from '../sizes.ts'
import { type Contender, check, type Figure, ratio, short, target, type Workload } from '../workload.ts'

/** How often something is done at least, within one process. */
const repetitions = 3

/** Entries per second, by the median of several times; goes on until so many milliseconds have passed. */
async function repeat(entries: number, once: () => Promise<unknown>, untilMs = 0): Promise<number> {
  const times: number[] = []
  const beginMs = clockMs()
  while (times.length < repetitions || clockMs() < beginMs + untilMs) {
    const startMs = clockMs()
    await once()
    times.push(clockMs() - startMs)
  }
  return entries / (median(times) / 1_000)
}

const plain = (keys: number): Promise<Readonly<Record<string, number>>> =>
  withDirectory(async (dir) => {
    const path = join(dir, 'entries')
    const entries = new Map(keyTable(keys).map((key) => [key, 1]))
    const write = await repeat(keys, () => storePlain(path, entries))
    let total = 0
    const add = (_key: string, value: number): void => {
      total += value
    }
    const read = await repeat(keys, () => readPlain(path, add))
    check('the sum of the entries read', total, repetitions * keys)
    const fill = await repeat(keys, () => {
      entries.clear()
      return readPlain(path, (key, value) => void entries.set(key, value))
    })
    check('the number of entries read', entries.size, keys)
    const name = short(keys)
    return { [`plain-write-${name}`]: write, [`plain-read-${name}`]: read, [`plain-fill-${name}`]: fill }
  })

/** `options` are those of the job besides its checkpoint directory: incremental checkpoints or a state backend. */
const stored = (keys: number, flowMs: number, options: JobOptions = {}): Promise<Readonly<Record<string, number>>> =>
  withDirectory(async (dir) => {
    const table = keyTable(keys)
    const checkpoint = { ...options.checkpoint, storage: { kind: 'filesystem', dir } } as const
    const setup = { keyAt: (index: number) => table[index % keys]!, options: { ...options, checkpoint } }

    const first = await countingJob(setup)
    first.source.open(keys)
    await first.sink.reached(keys)
    const write = await repeat(keys, () => first.job.triggerCheckpoint())
    const pauses = await measurePauses(first, keys, flowMs)
    await first.job.triggerCheckpoint()
    await first.session.close()
    const records = first.source.position
    globalThis.gc?.()

    const startMs = clockMs()
    const second = await countingJob({ ...setup, resume: true })
    second.source.open(records + 1)
    await Promise.race([second.sink.reached(1), second.job.done])
    const restore = keys / ((clockMs() - startMs) / 1_000)
    second.source.end()
    check('the job has ended well', Number((await second.job.done).status === 'FINISHED'), 1)
    check('the number of restored keys', second.counted.keys, keys)
    check('the sum of the counts after the restore', second.counted.records, records + 1)
    const name = short(keys)
    return { [`write-${name}`]: write, [`restore-${name}`]: restore, ...named(pauses, name) }
  })

interface Pauses {
  /** While records flow and nothing is stored: what the collector and the machine do anyway. */
  readonly quiet: IntervalHistogram
  /** While records flow and checkpoints are written. */
  readonly writing: IntervalHistogram
  readonly rate: number
}

async function measurePauses({ source, sink, job }: CountingJob, keys: number, flowMs: number): Promise<Pauses> {
  source.open()
  const quiet = monitorEventLoopDelay({ resolution: 1 })
  quiet.enable()
  await new Promise((resolve) => setTimeout(resolve, flowMs))
  quiet.disable()
  const writing = monitorEventLoopDelay({ resolution: 1 })
  writing.enable()
  const rate = await repeat(keys, () => job.triggerCheckpoint(), flowMs)
  writing.disable()
  source.close()
  await sink.reached(source.position)
  return { quiet, writing, rate }
}

const named = ({ quiet, writing, rate }: Pauses, name: string): Readonly<Record<string, number>> => ({
  [`busy-write-${name}`]: rate,
  [`pause-p99.9-${name}`]: writing.percentile(99.9) / 1e6,
  [`pause-max-${name}`]: writing.max / 1e6,
  [`quiet-p99.9-${name}`]: quiet.percentile(99.9) / 1e6,
  [`quiet-max-${name}`]: quiet.max / 1e6,
})

function contendersOf(keys: number, flowMs: number): readonly Contender[] {
  const name = short(keys)
  const speed = (about: string) => ({ about: `${about}, ${name} keys`, unit: 'entries/s' }) as const
  const pause = (about: string) => ({ about: `${about}, ${name} keys`, unit: 'ms' }) as const
  return [
    {
      name: `plain-state-${name}`,
      rows: {
        [`plain-write-${name}`]: speed('msgpackr, write, sync'),
        [`plain-read-${name}`]: speed('read, msgpackr'),
        [`plain-fill-${name}`]: speed('read, msgpackr, into a Map'),
      },
      run: () => plain(keys),
    },
    {
      name: `stored-state-${name}`,
      rows: {
        [`write-${name}`]: speed('a checkpoint'),
        [`busy-write-${name}`]: speed('a checkpoint while records flow'),
        [`restore-${name}`]: speed('a restore'),
        [`pause-p99.9-${name}`]: pause('loop held, writing, p99.9'),
        [`pause-max-${name}`]: pause('loop held, writing, longest'),
        [`quiet-p99.9-${name}`]: pause('loop held, not writing, p99.9'),
        [`quiet-max-${name}`]: pause('loop held, not writing, longest'),
      },
      run: () => stored(keys, flowMs),
    },
  ]
}

function figuresOf(keys: number): readonly Figure[] {
  const name = short(keys)
  return [
    ratio(`checkpoint / plain write, ${name} keys`, `write-${name}`, `plain-write-${name}`, { atLeast: 0.6 }),
    ratio(`the same while records flow, ${name} keys`, `busy-write-${name}`, `plain-write-${name}`),
    ratio(`restore / plain read, ${name} keys`, `restore-${name}`, `plain-read-${name}`, { atLeast: 0.6 }),
    ratio(`restore / plain read into a Map, ${name} keys`, `restore-${name}`, `plain-fill-${name}`, { atLeast: 0.6 }),
    target(`pause while writing, p99.9, ${name} keys`, 'ms', `pause-p99.9-${name}`, { atMost: 10 }),
    ratio(`pause p99.9, writing / not writing, ${name} keys`, `pause-p99.9-${name}`, `quiet-p99.9-${name}`),
  ]
}

/** From the smallest state to the largest: what should stay flat. */
function growthOf(stateKeys: readonly number[]): readonly Figure[] {
  const [least, most] = [stateKeys[0]!, stateKeys.at(-1)!].map(short)
  if (least === most) return []
  const grown = `${most} keys / ${least} keys`
  return [
    ratio(`pause while writing, p99.9, ${grown}`, `pause-p99.9-${most}`, `pause-p99.9-${least}`),
    ratio(`checkpointed keys per second, ${grown}`, `write-${most}`, `write-${least}`),
    ratio(`restored keys per second, ${grown}`, `restore-${most}`, `restore-${least}`),
  ]
}

export const storedState = ({ stateKeys, flowMs }: Size): Workload => ({
  name: 'stored-state',
  about: 'checkpoints and restores of counts by string key',
  contenders: stateKeys.flatMap((keys) => contendersOf(keys, flowMs)),
  figures: [...stateKeys.flatMap(figuresOf), ...growthOf(stateKeys)],
})
