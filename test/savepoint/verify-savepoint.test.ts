import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FrameBuffer, segmentHeader } from '../../src/backends/keyed-segment.ts'
import type { ManifestOperator } from '../../src/backends/manifest.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { coverageFindings } from '../../src/savepoint/key-group-coverage.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { keepJob } from './kept-job.ts'
import { storeSegments } from './store-segments.ts'

const range = { start: 0, end: 15 }
const framed = (...frames: readonly unknown[]): Uint8Array => {
  const buffer = new FrameBuffer(64)
  for (const frame of frames) buffer.add(encodeValue(frame))
  return Uint8Array.from(buffer.take())
}

async function findingsOf(...frames: readonly unknown[]) {
  const states = [
    { name: 'v', kind: 'value' },
    { name: 'l', kind: 'list' },
    { name: 't', kind: 'timers' },
  ] as const
  const bytes = framed(segmentHeader(range, states, false), ...frames)
  const dir = join(temporaryDir(), 'chk-1')
  await storeSegments(dir, [{ bytes, delta: false, states }], range)
  return verifySavepoint(dir)
}

describe('a savepoint is verified', () => {
  it('and sound when it is', async () => {
    const kept = await keepJob()
    expect(await verifySavepoint(kept.savepoint)).toEqual([])
    expect(await verifySavepoint(kept.checkpoint)).toEqual([])
  })

  it('down to its pin', async () => {
    const kept = await keepJob()
    for (const name of readdirSync(kept.checkpoint)) if (name.startsWith('pin-')) rmSync(join(kept.checkpoint, name))
    expect(await verifySavepoint(kept.savepoint)).toMatchObject([
      { code: 'SAVEPOINT_NOT_PINNED', severity: 'warning', place: kept.checkpoint },
    ])
  })

  it('to the end, whatever is wrong on the way', async () => {
    const kept = await keepJob()
    const shared = join(kept.dir, 'checkpoints', kept.jobId, 'shared')
    const [first, second] = readdirSync(shared).sort()
    rmSync(join(shared, first!))
    writeFileSync(join(shared, second!), readFileSync(join(shared, second!)).subarray(0, 10))
    const findings = await verifySavepoint(kept.savepoint)
    expect(findings.map(({ code }) => code)).toEqual(['STATE_FILE_MISSING', 'STATE_FILE_DAMAGED'])
    expect(findings[0]!.message).toMatch(/^Operator "count" \(uid "count"\), subtask 0: /)
  })

  it.each([
    [
      'an entry of another key group',
      [[0, [3], 'x', 1], 1],
      /1 entries are not of the key group .*"x" of state "v": expected \d+, got 3/,
    ],
    ['a key that is none', [[0, [3], [1], 1], 1], /has no key/],
    ['a list that is none', [[1, [3], 1, 'no list'], 1], /expected a list/],
    ['a timer that is no time', [[2, [3], 1, ['soon']], 1], /are not all times/],
    ['a key group that is none of the segment', [[0, [16], 'x', 1], 1], /key group 16, expected 0 to 15/],
    ['a wrong number of entries', [[0, []], 7], /expected 7 entries, got 0/],
    ['no end', [], /the last frame is missing/],
  ])('and not sound with %s', async (_, frames, message) => {
    expect(await findingsOf(...frames)).toMatchObject([
      { code: 'STATE_FILE_DAMAGED', severity: 'damage', message: expect.stringMatching(message) },
    ])
  })

  it('for the key groups that each subtask covers', async () => {
    const { manifest } = await openSavepoint((await keepJob()).savepoint)
    const [operator] = manifest.operators.filter(({ uid }) => uid === 'count')
    const [subtask] = operator!.subtasks
    const twice: ManifestOperator = {
      ...operator!,
      parallelism: 2,
      subtasks: [subtask!, { ...subtask!, index: 1, keyed: [] }],
    }
    expect(coverageFindings(operator!, '/s')).toEqual([])
    expect(coverageFindings(twice, '/s').map(({ message }) => message)).toEqual(
      Array(2).fill(
        'Operator "count" (uid "count"), subtask 0, owned key groups 0 to 63, but a segment of it covers 0 to 127.',
      ),
    )
    const [full, delta] = subtask!.keyed
    const mixed = [full!, { ...delta!, states: [{ name: 'count', kind: 'list' as const }] }]
    expect(coverageFindings({ ...operator!, subtasks: [{ ...subtask!, keyed: mixed }] }, '/s')).toMatchObject([
      {
        code: 'MANIFEST_DAMAGED',
        message: expect.stringContaining('of kind value in one segment and list in another'),
      },
    ])
  })
})
