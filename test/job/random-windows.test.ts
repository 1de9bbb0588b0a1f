/**
 * Windows at random: whatever the window, the lateness, the order of the stream, the parallelism, the size of batches, the order
 * in which things happen, and the kills, savepoints and changes of parallelism in between, what comes out is what a batch computation over the
 * whole input gives.
 *
 * A case that fails is repeated with the command in its message. WINDOW_RUNS=2000 tries that many, WINDOW_SEED starts elsewhere.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchWindows, sequentialWindows } from './windows/batch-windows.ts'
import { batchJoin, joinProgram, joinSpecs } from './windows/join-program.ts'
import { live } from './windows/lives.ts'
import { logSource } from './windows/log-source.ts'
import { holds } from './windows/repeatable.ts'
import {
  countedSpecs,
  type InTime,
  inTime,
  isEntry,
  jobSpecs,
  marks,
  outOfOrderMs,
  streams,
  windowSpecs,
  withMarks,
} from './windows/window-case.ts'
import { windowProgram } from './windows/window-program.ts'

describe('windows at random', { timeout: 3_600_000 }, () => {
  it('give what a batch computation gives, where no record is late', async () => {
    const came = await holds(
      'no record is late',
      fc.record({ window: windowSpecs, job: jobSpecs, stream: streams }),
      async ({ window, job, stream }) => {
        const { items, time } = inTime(stream, job.partitions, window.assigner)
        const source = () => logSource(items, job.partitions)
        const lived = await live(job, (options, sink) => windowProgram(window, source(), time, options, sink))
        expect(lived.lines).toEqual(batchWindows(window, items.filter(isEntry)))
        return lived.came
      },
    )
    if (came !== undefined) expect([...came]).toEqual(expect.arrayContaining(['kill', 'stop', 'rescaled']))
  })

  it('give what one record after the other gives, and the late ones by themselves', async () => {
    await holds(
      'some are late',
      fc.record({ window: fc.oneof(windowSpecs, countedSpecs), job: jobSpecs, stream: streams, mark: marks }),
      async ({ window, job, stream, mark }) => {
        const items = withMarks(stream, mark.every, mark.behind)
        const aligned = { ...job, unaligned: false }
        const time = { type: 'marked' } as const
        const lived = await live(aligned, (options, sink) =>
          windowProgram(window, logSource(items, 1), time, options, sink),
        )
        expect(lived.lines).toEqual(sequentialWindows(window, items))
        return lived.came
      },
    )
  })

  it('give every record once or say that it was late, where watermarks come as they may', async () => {
    await holds(
      'nobody knows which are late',
      fc.record({ window: windowSpecs, job: jobSpecs, stream: streams, boundMs: fc.nat(outOfOrderMs) }),
      async ({ window, job, stream, boundMs }) => {
        const size = window.assigner.type === 'sliding' ? window.assigner.size : 0
        const assigner = size > 0 ? { type: 'tumbling' as const, size, offset: 0 } : window.assigner
        const once = { ...window, assigner, latenessMs: 0 }
        const time = { type: 'bounded', ms: boundMs } as const
        const lived = await live(job, (options, sink) =>
          windowProgram(once, logSource(stream, job.partitions), time, options, sink),
        )
        const numbers = lived.lines.flatMap((line) =>
          /(?:^| )([\d,]+)(?: @-?\d+)?$/.exec(line)![1]!.split(',').map(Number),
        )
        expect(numbers.sort((a, b) => a - b)).toEqual(stream.map(({ n }) => n))
        return lived.came
      },
    )
  })
})

describe('joins at random', { timeout: 3_600_000 }, () => {
  it('give what a nested loop over both inputs gives, pair by pair', async () => {
    await holds(
      'pair by pair',
      fc.record({ join: joinSpecs, job: jobSpecs, left: streams, right: streams }),
      async ({ join, job, left, right }) => {
        const assigner = 'assigner' in join ? join.assigner : undefined
        const inputs = [left, right].map((stream) => inTime(stream, job.partitions, assigner)) as [InTime, InTime]
        const lived = await live(job, (options, sink) => joinProgram(join, inputs, job.partitions, options, sink))
        const [lefts, rights] = inputs.map(({ items }) => items.filter(isEntry))
        expect(lived.lines).toEqual(batchJoin(join, lefts!, rights!))
        return lived.came
      },
    )
  })
})
