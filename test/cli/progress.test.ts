import { describe, expect, it } from 'vitest'
import { followLocal } from '../../src/cli/followed-job.ts'
import { formatBytes, formatMs, formatProgress, showProgress } from '../../src/cli/progress.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import { checkpointEntry, FakeSession, settled } from '../rest/fake-session.ts'

const setUp = (isTTY: boolean) => {
  const clock = new VirtualClock()
  const text: string[] = []
  const sample = { status: 'RUNNING', records: 0, checkpoint: undefined }
  const stream = { write: (part: string) => text.push(part), isTTY, columns: 30 }
  const stop = showProgress({ clock, stream, sample: async () => ({ ...sample }) })
  const tick = async (ms: number) => {
    clock.advance(ms)
    await settled()
  }
  return { clock, text, sample, stop, tick }
}

describe('showProgress', () => {
  it('writes over one line on a terminal, no wider than it, and clears it', async () => {
    const { text, sample, stop, tick, clock } = setUp(true)
    await settled()
    sample.records = 1_000
    await tick(500)
    expect(text).toEqual(['\r\x1b[2KRUNNING  0 records/s  0 recor', '\r\x1b[2KRUNNING  2,000 records/s  1,0'])
    stop()
    expect(text.at(-1)).toBe('\r\x1b[2K')
    expect(clock.nextDueMs()).toBeUndefined()
  })

  it('writes a line every ten seconds elsewhere', async () => {
    const { text, sample, stop, tick, clock } = setUp(false)
    await settled()
    expect(text).toEqual([])
    sample.records = 50_000
    await tick(9_999)
    expect(text).toEqual([])
    await tick(1)
    stop()
    expect(text).toEqual(['RUNNING  5,000 records/s  50,000 records\n'])
    expect(clock.nextDueMs()).toBeUndefined()
  })
})

describe('the look', () => {
  it('formats', () => {
    const checkpoint = { id: 3, bytes: 3 * 1024 * 1024, durationMs: 12.4 }
    expect(formatProgress({ status: 'RUNNING', records: 10, checkpoint }, 2.4)).toBe(
      'RUNNING  2 records/s  10 records  checkpoint 3: 3.0 MB in 12 ms',
    )
    expect([0, 1, 1_023, 1_024, 5e12].map(formatBytes)).toEqual(['0 B', '1 B', '1023 B', '1.0 KB', '4.5 TB'])
    expect([0, 999, 1_000].map(formatMs)).toEqual(['0 ms', '999 ms', '1.0 s'])
  })

  it('counts what sources read, and shows the last completed checkpoint', async () => {
    const job = new FakeSession(new VirtualClock()).add()
    job.records = 9
    job.history = [checkpointEntry(3), checkpointEntry(2, { bytes: 5 }), checkpointEntry(1, { bytes: 1 })]
    expect(await followLocal(job).sample()).toEqual({
      status: 'RUNNING',
      records: 9,
      checkpoint: { id: 2, bytes: 5, durationMs: 40 },
    })
  })
})
