import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { CheckpointOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const many = Array.from({ length: 400 }, (_, index) => `key-${index}`)

function program(feed: Feed<string>, found: string[], checkpoint: CheckpointOptions): StreamEnvironment {
  const env = StreamEnvironment.create({ name: 'incremental', checkpoint })
  env
    .fromSource(feed.source)
    .uid('keys')
    .keyBy((key) => key)
    .process({
      output: '' as string,
      state: { count: valueState(0) },
      element(key, ctx) {
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.emit(`${key} ${ctx.state.count.value()}`)
      },
    })
    .uid('count')
    .sinkTo(toArray(found))
    .uid('found')
  return env
}

const storageIn = (dir: string) => ({ kind: 'filesystem', dir }) as const

/** Names of the files in the job's directory that all of its checkpoints may name. */
const sharedIn = (dir: string, jobId: string) => readdirSync(join(dir, jobId, 'shared')).toSorted()

describe('incremental checkpoints of a job', () => {
  it('write what has changed, name what has not, and keep no file that none of them names', async () => {
    const dir = temporaryDir()
    const feed = new Feed(many)
    const process = new SimulatedProcess()
    const checkpoint = { incremental: true, inlineStateBytes: 0, storage: storageIn(dir) }
    const observed = await process.submit(program(feed, [], checkpoint))
    await observed.is('RUNNING')
    await process.until(() => feed.read === feed.size)
    const take = () => process.settle(observed.job.triggerCheckpoint())
    await take()
    feed.push('key-7', 'key-8')
    await process.until(() => feed.read === feed.size)
    await take()
    const [first, second] = observed.of('checkpoint-completed')
    expect(first!.writtenBytes).toBeUndefined()
    expect(second!.stateBytes).toBeGreaterThan(first!.stateBytes)
    expect(second!.writtenBytes! * 10).toBeLessThan(first!.stateBytes)
    expect(sharedIn(dir, observed.job.id).map((name) => Number.parseInt(name, 10))).toEqual([1, 2])
    for (let i = 0; i < 20; i++) {
      feed.push('key-7')
      await process.until(() => feed.read === feed.size)
      await take()
    }
    // About log2 of the checkpoints.
    expect(sharedIn(dir, observed.job.id).length).toBeLessThan(8)
  })
})
