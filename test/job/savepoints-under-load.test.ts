/**
 * Savepoints and stops of jobs that have no time for them: channels full behind a slow sink, checkpoints without end, a
 * checkpoint that is stuck. The sink is slow because sixteen records come to it for each that the source reads.
 */
import { describe, expect, it } from 'vitest'
import { generate } from '../../src/connectors/generate.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { limits } from '../../src/core/limits.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { type ObservedJob, type ProcessOptions, SimulatedProcess } from './simulated-process.ts'

const copies = 16
const batchRecords = 2
const checkpointings: readonly (readonly [string, CheckpointOptions])[] = [
  ['no periodic checkpoints', {}],
  ['checkpoints all the time', { intervalMs: 1, minPauseMs: 0 }],
  ['unaligned checkpoints all the time', { intervalMs: 1, minPauseMs: 0, unaligned: true }],
]

function flood(output: string[], checkpoint: CheckpointOptions, count?: number): StreamEnvironment {
  const env = StreamEnvironment.create({
    name: 'flood',
    batchRecords,
    checkpoint: { tolerableFailures: 100, ...checkpoint },
  })
  env
    .fromSource(generate({ at: (index) => index, ...(count !== undefined && { count }) }))
    .uid('numbers')
    .flatMap((index) => Array.from({ length: copies }, (_, copy) => `${index} ${copy}`))
    .uid('copies')
    .rebalance()
    .map((record) => record)
    .uid('slow')
    .sinkTo(toArray(output))
    .uid('out')
  return env
}

/** Records that have left the source's subtask and have not come to that of the sink. */
function queued({ job }: ObservedJob): number {
  const [sent, taken] = job.graph.vertices.map(({ id }) => job.counts().get(id)![0]!)
  return sent!.recordsOut - taken!.recordsIn
}
const full = limits.channelCapacity * batchRecords

/** Time passes by the millisecond: it would jump to the time-out of the savepoint where nothing else is due. */
function tick({ simulated }: SimulatedProcess): void {
  const again = () => void simulated.clock.setTimer(1, again)
  again()
}

async function flooded(checkpoint: CheckpointOptions, output: string[] = []) {
  const process = new SimulatedProcess({ seed: 7, lateness: true })
  const observed = await process.submit(flood(output, checkpoint))
  tick(process)
  await observed.is('RUNNING')
  const periodic = () => checkpoint.intervalMs === undefined || observed.of('checkpoint-triggered').length > 0
  await process.until(() => queued(observed) >= full && periodic())
  return { process, observed }
}

/** Each copy of each record once, in order. */
const wanted = (records: number): string[] =>
  Array.from({ length: records * copies }, (_, n) => `${Math.floor(n / copies)} ${n % copies}`)

describe.each(checkpointings)('behind full channels, with %s', (_, checkpoint) => {
  it('a savepoint completes, has what was queued in front of it, and the job runs on', async () => {
    const { process, observed } = await flooded(checkpoint)
    const path = await process.settle(observed.job.triggerSavepoint())
    expect(observed.job.currentStatus).toBe('RUNNING')
    await process.until(() => queued(observed) >= full)
    await process.settle(observed.job.cancel())

    const { manifest } = await process.storages.find(path)
    expect(manifest.operators.flatMap(({ subtasks }) => subtasks.flatMap(({ inFlight }) => inFlight ?? []))).toEqual([])
    const output: string[] = []
    const resumed = await process.submit(flood(output, checkpoint, 200), { fromSavepoint: path })
    expect((await resumed.done()).status).toBe('FINISHED')
    // What checkpoints had committed before the savepoint is with the first job; nothing is missing behind it.
    expect(output).toEqual(wanted(200).slice(-output.length))
    expect(output.length).toBeGreaterThan(full)
    expect(process.crashes).toEqual([])
  })

  it.each([false, true])('a stop ends the job with every record that was read (drain: %s)', async (drain) => {
    const output: string[] = []
    const { process, observed } = await flooded(checkpoint, output)
    const path = await process.settle(observed.job.stop({ drain }))
    expect([path, observed.job.currentStatus]).toEqual(['jobmanager://savepoints/1', 'FINISHED'])
    expect(output).toEqual(wanted(output.length / copies))
    expect(output.length).toBeGreaterThan(full)
  })
})

describe('beside periodic checkpoints', () => {
  const running = async (checkpoint: CheckpointOptions, more: ProcessOptions = {}) => {
    const process = new SimulatedProcess({ lateness: true, ...more })
    tick(process)
    const observed = await process.submit(countProgram(new Feed(['to', 'be']).source, [], { checkpoint }))
    await observed.is('RUNNING')
    return { process, observed }
  }

  it('that follow each other without a pause, the next that begins is the savepoint', async () => {
    const { process, observed } = await running({ intervalMs: 1, minPauseMs: 0 })
    for (let n = 0; n < 10; n++) {
      await observed.completes(1)
      const before = observed.of('checkpoint-triggered').length
      await process.settle(observed.job.triggerSavepoint())
      const kinds = observed
        .of('checkpoint-triggered')
        .slice(before)
        .map(({ kind }) => kind)
      // The timer may fire before the request arrives, once.
      expect([0, 1]).toContain(kinds.indexOf('savepoint'))
    }
  })

  it('of which one is stuck in a slow disk, a savepoint and then a stop do not wait for it', async () => {
    const checkpoint = { intervalMs: 10, minPauseMs: 0, timeoutMs: 1_000_000 }
    const { process, observed } = await running(checkpoint, { held: (label) => label.includes('persist checkpoint 1') })
    await process.until(() => observed.of('checkpoint-triggered').length === 1)
    expect(await process.settle(observed.job.triggerSavepoint())).toBe('jobmanager://savepoints/1')
    expect(observed.job.checkpointStats().history.at(-1)).toMatchObject({
      triggered: { checkpointId: 1 },
      end: undefined,
    })
    expect(observed.completed).toEqual([2])
    expect(await process.settle(observed.job.stop())).toBe('jobmanager://savepoints/2')
    expect(observed.job.currentStatus).toBe('FINISHED')
  })

  it('with a pause of a year between them, a savepoint is taken now', async () => {
    const { process, observed } = await running({ intervalMs: 10, minPauseMs: 365 * 24 * 3_600_000 })
    await process.settle(observed.job.triggerCheckpoint())
    const asked = process.simulated.clock.now()
    await process.settle(observed.job.triggerSavepoint())
    expect(process.simulated.clock.now() - asked).toBeLessThan(1_000)
  })
})
