import { describe, expect, it } from 'vitest'
import { programs } from '../../../scripts/simulate/programs.ts'
import { StreamEnvironment } from '../../../src/program/environment.ts'
import { jobId, runSimulation } from '../../../src/testing/simulation/run-simulation.ts'
import { simulate } from '../../../src/testing/simulation/simulate.ts'
import type { SimulatedJob } from '../../../src/testing/simulation/simulation-options.ts'

const counts = programs['keyed-count']!

it('says what a program throws that fails again and again', async () => {
  const { problems } = await simulate(
    (run) => {
      const env = StreamEnvironment.create({ checkpoint: { intervalMs: 20, storage: run.storage } })
      run.expect('numbers', run.records)
      env
        .fromSource(run.source({ count: run.records, ratePerSecond: 1_000, at: (index) => index }))
        .uid('numbers')
        .map((index: number) => {
          if (index === 3) throw new Error('my bug')
          return index
        })
        .uid('map')
        .sinkTo(run.sink((index) => [{ stream: 'numbers', position: index + 1 }]))
        .uid('out')
      return env
    },
    { seed: 1, faults: false, twice: false },
  )
  expect(problems).toContainEqual({ checker: 'failures', message: expect.stringMatching(/again and again.*my bug/s) })
})

describe('simulate', () => {
  it('finds nothing wrong with a sound job, with and without faults', async () => {
    const calm = await simulate(counts, { seed: 3, faults: false, records: 40 })
    expect([calm.problems, calm.faults.size, calm.processes]).toEqual([[], 0, 1])
    const hit = await simulate(counts, { seed: 3, records: 80 })
    expect(hit.problems).toEqual([])
    expect(hit.faults.size).toBeGreaterThan(3)
    expect(hit.facts.get('committed')).toBeGreaterThan(0)
  })

  it('gives the same run for the same seed, another one for another, and the same for the same choices', async () => {
    const options = { seed: 5, records: 60, twice: false } as const
    const first = await simulate(counts, options)
    expect((await simulate(counts, options)).hash).toBe(first.hash)
    expect((await simulate(counts, { ...options, seed: 6 })).hash).not.toBe(first.hash)
    const again = await simulate(counts, { ...options, choices: first.choices })
    expect([again.hash, again.strategy, again.choices]).toEqual([first.hash, 'replay', first.choices])
  })

  it('says at which step a program differs from one run to the next', async () => {
    let runs = 0
    const job: SimulatedJob = (run) => {
      const name = `run ${++runs}`
      const env = StreamEnvironment.create({ checkpoint: { intervalMs: 20, storage: run.storage } })
      const count = 10 + runs * 7
      env
        .fromSource(run.source({ count, ratePerSecond: 1_000, at: (index) => `${name} ${index}` }))
        .uid('source')
        .sinkTo(run.sink((value: string) => [{ stream: value, position: 1 }]))
        .uid('out')
      return env
    }
    const { problems } = await simulate(job, { seed: 1, faults: false })
    expect(problems.map(({ checker }) => checker)).toContain('determinism')
    expect(problems.at(-1)?.message).toMatch(/differ at step \d+/)
  })

  it('objects to output that is lost or repeated, and to a job that does not end', async () => {
    const wrong: SimulatedJob = (run) => {
      const env = counts(run)
      run.expect('records', run.records + 1)
      return env
    }
    const { problems } = await simulate(wrong, { seed: 1, faults: false, records: 20 })
    expect(problems.map(({ message }) => message).join()).toContain('lacks 21 of 21')
    const short = await simulate(counts, { seed: 1, faults: false, maxSteps: 50 })
    expect(short.problems).toContainEqual({
      checker: 'end',
      message: expect.stringContaining('The job has not ended within 50 steps'),
    })
  })

  it('keeps the text of each step when asked', async () => {
    const { journal } = await runSimulation(counts, { seed: 1, faults: false, records: 10 }, true)
    expect(journal.steps?.length).toBe(journal.hashes.length)
    expect(journal.steps?.[0]).toContain(jobId)
  })
})
