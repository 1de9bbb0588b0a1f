import { describe, expect, it } from 'vitest'
import { describeEvent, logJob } from '../../src/cli/job-log.ts'
import { VirtualClock } from '../../src/core/clock.ts'
import { StreamError } from '../../src/core/errors.ts'
import { parseCheckpointId } from '../../src/core/ids.ts'
import { idOfUid } from '../../src/graph/operator-ids.ts'
import type { JobEvent } from '../../src/program/job-handle.ts'
import { FakeSession } from '../rest/fake-session.ts'

const checkpointId = parseCheckpointId(3)
const events: readonly (readonly [JobEvent, string | undefined])[] = [
  [
    {
      type: 'task-failed',
      timestamp: 1,
      operatorId: idOfUid('m'),
      operatorName: 'map -> out',
      subtaskIndex: 1,
      attempt: 2,
      error: new StreamError('USER_FUNCTION_FAILED', 'no.'),
    },
    "warn word count: 'map -> out' failed in subtask 1, attempt 2: [USER_FUNCTION_FAILED] no.",
  ],
  [
    { type: 'restarting', timestamp: 1, attempt: 3, delayMs: 1_500, fromCheckpoint: checkpointId },
    'warn word count: restarts from checkpoint 3 in 1.5 s, attempt 3',
  ],
  [
    { type: 'restarting', timestamp: 1, attempt: 1, delayMs: 0, fromCheckpoint: undefined },
    'warn word count: restarts from the beginning in 0 ms, attempt 1',
  ],
  [
    { type: 'checkpoint-aborted', timestamp: 1, checkpointId, kind: 'checkpoint', reason: 'EXPIRED', durationMs: 1 },
    'info word count: checkpoint 3 was given up: EXPIRED',
  ],
  [{ type: 'checkpoint-triggered', timestamp: 1, checkpointId, kind: 'checkpoint' }, undefined],
]

describe('logJob', () => {
  it.each(events)('%o', (event, line) => {
    const job = new FakeSession(new VirtualClock()).add()
    const lines: string[] = []
    logJob(job, (level, text) => lines.push(`${level} ${text}`))
    job.events.next(event)
    job.events.complete()
    expect(lines).toEqual(line === undefined ? [] : [line])
    expect(describeEvent(event) === undefined).toBe(line === undefined)
  })

  const failed = (message: string): JobEvent => ({
    type: 'task-failed',
    timestamp: 1,
    operatorId: idOfUid('m'),
    operatorName: 'map',
    subtaskIndex: 0,
    attempt: 0,
    error: new StreamError('USER_FUNCTION_FAILED', message),
  })
  const restarting: JobEvent = { type: 'restarting', timestamp: 1, attempt: 1, delayMs: 0, fromCheckpoint: undefined }
  const ended = (message: string): JobEvent => {
    const error = new StreamError('USER_FUNCTION_FAILED', message)
    return { type: 'status-changed', timestamp: 1, from: 'FAILING', to: 'FAILED', error }
  }
  const logged = (options: { readonly endTold: boolean }, ...told: readonly JobEvent[]) => {
    const job = new FakeSession(new VirtualClock()).add()
    const lines: string[] = []
    logJob(job, (_level, text) => lines.push(/\] (.*)$|: (restarts)/.exec(text)?.slice(1).join('') ?? text), options)
    for (const event of told) job.events.next(event)
    job.events.complete()
    return lines
  }

  it('leaves the failure that ends the job to whoever tells its end, and no other', () => {
    const events = [failed('a'), restarting, failed('b'), failed('c'), ended('c')]
    expect(logged({ endTold: true }, ...events)).toEqual(['a', 'restarts', 'b'])
    expect(logged({ endTold: false }, ...events)).toEqual(['a', 'restarts', 'b', 'c'])
  })

  it('tells a failure from which the job restarts, also when it is the same as the last one', () => {
    expect(logged({ endTold: true }, failed('a'), ended('a'), restarting, failed('a'), ended('a'))).toEqual([
      'a',
      'restarts',
    ])
  })
})
