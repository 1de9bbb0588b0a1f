/** What a stop does to calls that are under way: without a drain they go into the savepoint, with one they are waited for. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not']

/** Calls in the chain of the source, or in a subtask of their own; they come back while `service.answers`. */
async function start(seed: number) {
  const service = { answers: false, calls: 0 }
  const held = (label: string) => label.endsWith(' call') && !service.answers
  const process = new SimulatedProcess({ seed, held })
  const feed = new Feed(words)
  const output: string[] = []
  const program = (ordered: boolean) => {
    const env = StreamEnvironment.create({ name: 'calls', checkpoint: { intervalMs: 1_000_000 } })
    const definition = {
      call: async (word: string) => {
        service.calls++
        return word.toUpperCase()
      },
      capacity: 10,
    }
    const source = env.fromSource(feed.source).uid('in')
    const called = ordered ? source.asyncOrdered(definition) : source.rebalance().asyncUnordered(definition)
    called.uid('calls').setParallelism(1).sinkTo(toArray(output)).uid('out')
    return env
  }
  return { service, process, feed, output, program }
}

it.each([1, 2, 3, 4, 5, 6])('a stop waits for no call, and a drain for all (seed %i)', async (seed) => {
  const { service, process, feed, output, program } = await start(seed)
  const ordered = seed % 2 === 0
  const observed = await process.submit(program(ordered))
  await observed.is('RUNNING')
  await process.until(() => feed.read === feed.size)
  const path = await process.settle(observed.job.stop())
  expect(await observed.done()).toMatchObject({ status: 'FINISHED' })
  expect([output, service.calls]).toEqual([[], 0])

  const resumed = await process.submit(program(ordered), { fromSavepoint: path })
  await resumed.is('RUNNING')
  feed.push('to')
  await process.until(() => feed.read === feed.size)
  const draining = resumed.job.stop({ drain: true })
  await process.simulated.settle()
  expect([resumed.job.currentStatus, output]).toEqual(['RUNNING', []])
  service.answers = true
  await process.settle(draining)
  expect(await resumed.done()).toMatchObject({ status: 'FINISHED' })
  const expected = [...words, 'to'].map((word) => word.toUpperCase())
  expect(ordered ? output : output.toSorted()).toEqual(ordered ? expected : expected.toSorted())
  expect(process.crashes).toEqual([])
})
