/** A new version of a program that sets no timers any more: what was pending is state, how far event time had come is not. */
import { expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { type Tick, timed } from './tick-program.ts'

it.each([
  ['is refused where some are pending', true],
  ['needs no leave where all have fired', false],
])('going on without timers %s', async (_title, pending) => {
  const feed = new Feed<Tick>([{ key: 'a', at: 100 }, { at: pending ? 50 : 150 }])
  const program = (timers: boolean) => {
    const env = StreamEnvironment.create({ name: 'once timed', checkpoint: { intervalMs: 100 } })
    timed(env.fromSource(feed.source).uid('in'))
      .uid('time')
      .keyBy(({ key }) => key)
      .process({
        state: { seen: valueState(0) },
        element({ at }, ctx) {
          ctx.state.seen.update(at)
          if (timers) ctx.timers.registerEventTime(at)
        },
        ...(timers && { timer() {} }),
      })
      .uid('one')
      .sinkTo(toArray<unknown>([]))
      .uid('out')
    return env
  }
  const process = new SimulatedProcess()
  const first = await process.submit(program(true))
  await process.until(() => feed.read === feed.size)
  await first.is('RUNNING')
  const path = await process.settle(first.job.stop())
  const second = process.submit(program(false), { fromSavepoint: path })
  if (pending)
    await expect(second).rejects.toMatchObject({
      code: 'RESTORE_STATE_UNMATCHED',
      message: expect.stringContaining('event-time'),
    })
  else await (await second).is('RUNNING')
})
