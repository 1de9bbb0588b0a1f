import { describe, expect, it } from 'vitest'
import type { StepSeen } from '../../src/actors/tap.ts'
import { fromCollection } from '../../src/connectors/collection.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { Storages } from '../../src/job/storages.ts'
import type { Sink } from '../../src/operators/endpoints.ts'
import { type Counted, countProgram, expectedCounts, shown } from './count-program.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

describe('a bounded job whose process dies after its final checkpoint', () => {
  it.each([
    [
      'before its sinks were told to commit',
      ({ effects }: StepSeen) => effects.some(({ type }) => type === 'notifyComplete'),
    ],
    ['when its subtasks had finished', ({ effects }: StepSeen) => effects.some(({ type }) => type === 'release')],
  ])('%s, shows its records once', async (_, moment) => {
    const output: Counted[] = []
    let dead = false
    const tap = (step: StepSeen) => {
      if (!moment(step)) return
      dead = true
      throw new Error('dead')
    }
    const program = countProgram(fromCollection(words), output, {
      parallelism: 2,
      checkpoint: { intervalMs: 1_000_000 },
    })
    const first = new SimulatedProcess({ tap })
    const before = await first.submit(program)
    await first.until(() => dead)
    expect(before.job.endedAt).toBeUndefined()
    const second = new SimulatedProcess({ seed: 2, storages: first.storages })
    const after = await second.submit(program, { resume: true })
    expect(await after.done()).toMatchObject({ status: 'FINISHED' })
    expect(shown(output)).toEqual(expectedCounts(words))
  })

  it('when it had noted its end, has nothing to resume', async () => {
    const output: Counted[] = []
    const options = { parallelism: 2, checkpoint: { intervalMs: 1_000_000 } }
    const program = countProgram(fromCollection(words), output, options)
    const storages = new Storages()
    const finished = () =>
      storages.checkpoints({ kind: 'jobmanager' }).finishedJob(program.options.name ?? 'streaming job')
    const first = new SimulatedProcess({ storages })
    const { job } = await first.submit(program)
    let noted: string | undefined
    while (noted === undefined) {
      await first.simulated.step()
      noted = await finished()
    }
    expect(noted).toBe(job.id)
    expect(job.endedAt).toBeUndefined()
    const second = new SimulatedProcess({ seed: 2, storages })
    await expect(second.submit(program, { resume: true })).rejects.toMatchObject({
      code: 'JOB_FINISHED',
      message: expect.stringContaining(job.id),
    })
    expect(shown(output)).toEqual(expectedCounts(words))
    const again: Counted[] = []
    const { done } = await second.submit(countProgram(fromCollection(words), again, options))
    void done
    expect(await finished()).toBeUndefined()
  })

  it('shows them once too when a sink fails to commit and the job restarts', async () => {
    const output: Counted[] = []
    let failures = 1
    const { createWriter, ...rest } = toArray(output)
    const sink: Sink<Counted> = {
      ...rest,
      createWriter: (context, restored) => {
        const writer = createWriter(context, restored)
        const notifyCompleted: typeof writer.notifyCompleted = (id) => {
          if (failures-- > 0) throw new Error('cannot commit')
          return writer.notifyCompleted(id)
        }
        return {
          write: (values) => writer.write(values),
          endOfData: () => writer.endOfData(),
          snapshot: (id, kind) => writer.snapshot(id, kind),
          notifyCompleted,
          close: () => writer.close(),
        }
      },
    }
    const ends: string[] = []
    const options = { parallelism: 2, checkpoint: { intervalMs: 1_000_000 } }
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(fromCollection(words), output, options, { sink, ends }))
    expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
    expect(observed.of('restarting')).toHaveLength(1)
    expect(shown(output)).toEqual(expectedCounts(words))
    expect(ends.filter((end) => end === 'data')).toHaveLength(2)
  })
})
