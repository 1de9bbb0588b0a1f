import { describe, expect, it } from 'vitest'
import { fromCollection, StreamEnvironment, StreamError, toArray, valueState } from '../../src/index.ts'
import { installExecutor } from '../../src/job/execute.ts'
import { setExecutor } from '../../src/program/environment.ts'

/** On the real kernel: what is awaited here are promises of the job. */
describe('env.execute', () => {
  const counting = (words: readonly string[], output: string[], checkpoint = {}) => {
    const env = StreamEnvironment.create({ parallelism: 2, checkpoint })
    env
      .fromSource(fromCollection(words))
      .uid('words')
      .keyBy((word) => word)
      .process({
        output: '',
        state: { count: valueState<number>(0) },
        element(word, ctx) {
          ctx.state.count.update(ctx.state.count.value() + 1)
          ctx.emit(`${word} ${ctx.state.count.value()}`)
        },
      })
      .uid('count')
      .sinkTo(toArray(output))
      .uid('out')
    return env
  }

  it.each([{}, { intervalMs: 3_600_000 }])('runs a job to its end (checkpoints: %o)', async (checkpoint) => {
    const output: string[] = []
    const job = await counting(['to', 'be', 'to'], output, checkpoint).execute('words')
    expect(job.name).toBe('words')
    expect(await job.done).toEqual({ id: job.id, status: 'FINISHED' })
    expect(output.toSorted()).toEqual(['be 1', 'to 1', 'to 2'])
  })

  it('runs several jobs of one process at the same time', async () => {
    const outputs: string[][] = [[], [], []]
    const jobs = await Promise.all(outputs.map((output) => counting(['to', 'be'], output, { intervalMs: 1 }).execute()))
    const results = await Promise.all(jobs.map(({ done }) => done))
    expect(results.map(({ status }) => status)).toEqual(['FINISHED', 'FINISHED', 'FINISHED'])
    for (const output of outputs) expect(output.toSorted()).toEqual(['be 1', 'to 1'])
  })

  it('is refused where nobody runs jobs', async () => {
    setExecutor(undefined)
    try {
      await expect(counting([], []).execute()).rejects.toBeInstanceOf(StreamError)
    } finally {
      installExecutor()
    }
  })
})
