/**
 * A job with every kind of state, run in a simulated process and canceled: what it leaves is a savepoint that points to
 * a checkpoint, whose keyed state is a chain of segments.
 */
import { join } from 'node:path'
import { toArray } from '../../src/connectors/to-array.ts'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'

export const words = ['to', 'be', 'or', 'not', 'to', 'be']

const countAll = {
  createAccumulator: () => 0,
  add: (_: string, sum: number) => sum + 1,
  getResult: (sum: number) => sum,
}

/** Counts words in five ways, and sets a timer for each. */
export function manyStates(feed: Feed<string>, output: string[], dir: string, parallelism = 1): StreamEnvironment {
  const env = StreamEnvironment.create({
    name: 'many states',
    parallelism,
    checkpoint: {
      incremental: true,
      inlineStateBytes: 0,
      storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') },
    },
    savepoint: { kind: 'filesystem', dir: join(dir, 'savepoints') },
  })
  env
    .fromSource(feed.source)
    .uid('words')
    .keyBy((word) => word)
    .process({
      output: '',
      state: {
        count: valueState(0),
        seen: listState<string>(),
        lengths: mapState<number, string>(),
        longest: reducingState<number>(Math.max),
        all: aggregatingState(countAll),
      },
      element(word, ctx) {
        ctx.state.count.update(ctx.state.count.value() + 1)
        ctx.state.seen.add(word)
        ctx.state.lengths.put(word.length, word)
        ctx.state.longest.add(word.length)
        ctx.state.all.add(word)
        ctx.timers.registerProcessingTime(1e15 + word.length)
        ctx.emit(`${word} ${ctx.state.count.value()}`)
      },
      timer() {},
    })
    .name('count')
    .uid('count')
    .sinkTo(toArray(output))
    .uid('out')
  return env
}

export interface KeptJob {
  readonly dir: string
  readonly jobId: string
  readonly savepoint: string
  /** The checkpoint that the savepoint points to. */
  readonly checkpoint: string
  readonly feed: Feed<string>
}

/** `changed` comes between a checkpoint and the savepoint, so that the savepoint's chain has two segments. */
export async function keepJob(changed: readonly string[] = ['be', 'be'], first = words): Promise<KeptJob> {
  const dir = temporaryDir()
  const process = new SimulatedProcess()
  const feed = new Feed(first)
  const observed = await process.submit(manyStates(feed, [], dir))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const checkpointId = await process.settle(observed.job.triggerCheckpoint())
  feed.push(...changed)
  await process.until(() => feed.read === feed.size)
  const savepoint = await process.settle(observed.job.triggerSavepoint())
  await process.settle(observed.job.cancel())
  const checkpoint = join(dir, 'checkpoints', observed.job.id, `chk-${checkpointId + 1}`)
  return { dir, jobId: observed.job.id, savepoint, checkpoint, feed }
}
