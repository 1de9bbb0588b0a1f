import { describe, expect, it } from 'vitest'
import { maxWatermark } from '../../src/core/elements.ts'
import { parseCheckpointId } from '../../src/core/ids.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { checkpointConfigText, checkpointItem, distribution } from '../../src/rest/checkpoint-bodies.ts'
import { hasEnded, jobPlan } from '../../src/rest/job-bodies.ts'
import '../../src/rest/job-routes.ts'
import { graphOf, sink, source } from '../program/stub-endpoints.ts'
import { makeApi } from './api.ts'
import { checkpointEntry, fakeCheckpointing } from './fake-session.ts'

describe('jobs', () => {
  it('lists ids and statuses, with and without /v1', async () => {
    const { session, get } = makeApi()
    const [first, second] = [session.add(), session.add()]
    second.move('CANCELED')
    const jobs = [
      { id: first.id, status: 'RUNNING' },
      { id: second.id, status: 'CANCELED' },
    ]
    expect((await get('/jobs')).body).toEqual({ jobs })
    expect((await get('/v1/jobs')).body).toEqual({ jobs })
  })

  it('gives the overview with lower-case task counts and -1 for no end', async () => {
    const { session, get, clock } = makeApi()
    const { id } = session.add()
    clock.advance(500)
    const { jobs } = (await get('/jobs/overview')).body
    expect(jobs).toEqual([
      {
        jid: id,
        name: 'word count',
        'start-time': 10_000,
        'end-time': -1,
        duration: 500,
        state: 'RUNNING',
        'last-modification': 10_000,
        tasks: {
          total: 3,
          created: 1,
          scheduled: 0,
          deploying: 0,
          running: 2,
          finished: 0,
          canceling: 0,
          canceled: 0,
          failed: 0,
          reconciling: 0,
          initializing: 0,
        },
      },
    ])
  })

  it('describes the vertices of its plan as the program does, or by their names, and says how records reach them', () => {
    const planOf = (describe: boolean) => {
      const env = StreamEnvironment.create()
      const mapped = env.fromSource(source('numbers')).shuffle().map(String)
      if (describe) mapped.setDescription('as text')
      mapped.sinkTo(sink('out'))
      return jobPlan({ id: session.add().id, graph: graphOf(env) })
    }
    const { session } = makeApi()
    const described = (describe: boolean) => planOf(describe).nodes.map(({ description }) => description)
    expect([described(false), described(true)]).toEqual([
      ['numbers', 'map -> out'],
      ['numbers', 'as text -> out'],
    ])
    expect(planOf(true).nodes[1]!.inputs.map(({ ship_strategy }) => ship_strategy)).toEqual(['SHUFFLE'])
  })

  it('gives the watermark of each subtask of a vertex', async () => {
    const { session, get } = makeApi()
    const job = session.add()
    const [source, count] = job.graph.vertices.map(({ id }) => id)
    const of = async (vertex: string) => (await get(`/jobs/${job.id}/vertices/${vertex}/watermarks`)).body
    expect(await of(source!)).toEqual([
      { id: '0.currentInputWatermark', value: '-9223372036854775808' },
      { id: '1.currentInputWatermark', value: '-9223372036854775808' },
    ])
    job.watermark = 1_700_000_000_000
    expect(await of(count!)).toEqual([{ id: '0.currentInputWatermark', value: '1700000000000' }])
    job.watermark = maxWatermark.timestamp
    expect(await of(count!)).toEqual([{ id: '0.currentInputWatermark', value: '9223372036854775807' }])
    expect((await get(`/jobs/${job.id}/vertices/other/watermarks`)).status).toBe(404)
  })

  it('gives the metrics of the subtasks of a vertex that are asked for, and says which there are', async () => {
    const { session, get } = makeApi()
    const job = session.add()
    job.records = 7
    job.late = 3
    const [source, count] = job.graph.vertices.map(({ id }) => id)
    const of = (vertex: string, query = '') => get(`/jobs/${job.id}/vertices/${vertex}/metrics${query}`)
    const names = ['numRecordsIn', 'numRecordsOut', 'currentInputWatermark', 'numLateRecordsDropped']
    expect((await of(source!)).body).toEqual(
      [0, 1].flatMap((index) => names.map((name) => ({ id: `${index}.${name}` }))),
    )
    expect((await of(count!, '?get=0.numLateRecordsDropped,0.numRecordsIn,0.other,1.numRecordsIn')).body).toEqual([
      { id: '0.numRecordsIn', value: '7' },
      { id: '0.numLateRecordsDropped', value: '3' },
    ])
    expect((await of('other')).status).toBe(404)
  })

  it('gives details with vertices, their records, and the plan', async () => {
    const { session, get, clock } = makeApi()
    const job = session.add()
    job.records = 42
    clock.advance(7)
    const { body } = await get(`/jobs/${job.id}`)
    expect(body).toMatchObject({ jid: job.id, state: 'RUNNING', isStoppable: false, maxParallelism: 128, now: 10_007 })
    expect(body.timestamps).toMatchObject({ RUNNING: 10_000, FINISHED: 0 })
    expect(body.vertices[0]).toMatchObject({ name: 'lines -> split', parallelism: 2, status: 'RUNNING' })
    expect(body.vertices[0].metrics).toMatchObject({ 'read-records': 42, 'read-records-complete': true })
    expect(body.vertices[0].tasks.RUNNING).toBe(2)
    expect(body['status-counts']).toMatchObject({ RUNNING: 1, CREATED: 1, FAILED: 0 })
    const plan = (await get(`/jobs/${job.id}/plan`)).body.plan
    expect(body.plan).toEqual(plan)
    expect(plan.nodes[1].inputs).toEqual([
      { num: 0, id: plan.nodes[0].id, ship_strategy: 'HASH', exchange: 'pipelined_bounded' },
    ])
  })

  it('gives status, result and failures', async () => {
    const { session, get } = makeApi()
    const job = session.add()
    expect((await get(`/jobs/${job.id}/status`)).body).toEqual({ status: 'RUNNING' })
    expect((await get(`/jobs/${job.id}/execution-result`)).body).toEqual({ status: { id: 'IN_PROGRESS' } })
    job.failures.push({ at: 10_001, code: 'SOURCE_FAILED', message: 'second' })
    job.failures.push({ at: 10_000, code: 'USER_FUNCTION_FAILED', message: 'first' })
    job.move('FAILED')
    expect(hasEnded(job)).toBe(true)
    const result = (await get(`/jobs/${job.id}/execution-result`)).body
    expect(result['job-execution-result']).toMatchObject({
      'application-status': 'FAILED',
      'failure-cause': { class: 'SOURCE_FAILED', 'stack-trace': 'second' },
    })
    const failures = (await get(`/jobs/${job.id}/exceptions?maxExceptions=1`)).body
    expect(failures).toMatchObject({ 'root-exception': 'second', timestamp: 10_001 })
    expect(failures.exceptionHistory).toMatchObject({ truncated: true, entries: [{ exceptionName: 'SOURCE_FAILED' }] })
    expect((await get(`/jobs/${job.id}/exceptions?maxExceptions=x`)).status).toBe(400)
  })

  it('answers an unknown job with 404, an unparsable id with 400, and never a stack', async () => {
    const { get } = makeApi()
    const unknown = await get(`/jobs/${'0'.repeat(32)}`)
    expect([unknown.status, unknown.body]).toEqual([404, { errors: [`Job ${'0'.repeat(32)} not found.`] }])
    const bad = await get('/jobs/nonsense')
    expect([bad.status, bad.body.errors[0]]).toEqual([
      400,
      expect.stringContaining('Cannot parse JobID from "nonsense"'),
    ])
    expect(bad.text).not.toContain('at ')
    expect((await get('/nowhere')).status).toBe(404)
  })
})

describe('cancel', () => {
  it('answers 202 {} to PATCH ?mode=cancel and to yarn-cancel', async () => {
    const { session, ask, get } = makeApi()
    const [first, second] = [session.add(), session.add()]
    const answer = await ask('PATCH', `/v1/jobs/${first.id}?mode=cancel`)
    expect([answer.status, answer.body, first.calls]).toEqual([202, {}, ['cancel']])
    expect((await get(`/jobs/${second.id}/yarn-cancel`)).status).toBe(202)
    expect(second.currentStatus).toBe('CANCELED')
    expect((await ask('PATCH', `/jobs/${second.id}`)).status).toBe(202)
  })

  it('refuses another mode with 400 and a job that has finished with 409', async () => {
    const { session, ask } = makeApi()
    const job = session.add()
    expect((await ask('PATCH', `/jobs/${job.id}?mode=stop`)).status).toBe(400)
    job.move('FINISHED')
    expect((await ask('PATCH', `/jobs/${job.id}?mode=cancel`)).status).toBe(409)
    expect(job.calls).toEqual([])
  })
})

describe('checkpoint statistics', () => {
  it('M5 statistics survive JSON: counts, summary, latest, history', async () => {
    const { session, get } = makeApi()
    const job = session.add()
    job.history = [
      checkpointEntry(4),
      checkpointEntry(3, { bytes: 300 }, 'stop-drain'),
      checkpointEntry(2, { reason: 'CHECKPOINT_EXPIRED' }),
      checkpointEntry(1, { bytes: 100 }),
    ]
    const { body } = await get(`/jobs/${job.id}/checkpoints`)
    expect(body.counts).toEqual({ restored: 0, total: 4, in_progress: 1, completed: 2, failed: 1 })
    expect(body.summary.state_size).toMatchObject({ min: 100, max: 300, avg: 200, p50: 100, p999: 300 })
    expect(body.summary.end_to_end_duration.avg).toBe(40)
    expect(body.latest.completed).toMatchObject({ id: 1, external_path: '/chk/chk-1', className: 'completed' })
    expect(body.latest.savepoint).toMatchObject({ id: 3, is_savepoint: true, checkpoint_type: 'SYNC_SAVEPOINT' })
    expect(body.latest.failed).toMatchObject({ id: 2, failure_message: 'CHECKPOINT_EXPIRED: took too long' })
    expect(body.latest.restored).toBeNull()
    expect(body.history.map(({ id, status }: { id: number; status: string }) => [id, status])).toEqual([
      [4, 'IN_PROGRESS'],
      [3, 'COMPLETED'],
      [2, 'FAILED'],
      [1, 'COMPLETED'],
    ])
    const details = await get(`/jobs/${job.id}/checkpoints/details/1`)
    expect(details.body).toEqual(body.latest.completed)
  })

  it('M5 an unknown checkpoint is 404, an unparsable id 400', async () => {
    const { session, get } = makeApi()
    const { id } = session.add()
    const unknown = await get(`/jobs/${id}/checkpoints/details/${parseCheckpointId(99)}`)
    expect(unknown.status).toBe(404)
    expect(unknown.body.errors[0]).toContain('Could not find checkpointing statistics for checkpoint 99')
    expect((await get(`/jobs/${id}/checkpoints/details/0`)).status).toBe(400)
  })

  it('M5 without any checkpoint the percentiles are "NaN"', () => {
    expect(distribution([])).toMatchObject({ min: 0, max: 0, avg: 0, p50: 'NaN', p999: 'NaN' })
    expect(distribution([3, 1, 2])).toMatchObject({ min: 1, max: 3, avg: 2, p50: 2, p90: 3 })
  })

  it('writes "no interval" as 2^63 − 1, digit for digit', async () => {
    const { session, get } = makeApi()
    const { id } = session.add()
    const { text, body, headers } = await get(`/jobs/${id}/checkpoints/config`)
    expect(headers.get('content-type')).toContain('application/json')
    expect(text).toContain('"interval":9223372036854775807,')
    expect(body).toMatchObject({ mode: 'exactly_once', timeout: 600_000, max_concurrent: 1 })
    const given = JSON.parse(checkpointConfigText({ ...fakeCheckpointing, intervalMs: 200, retention: 'delete' }))
    const overtaking = JSON.parse(checkpointConfigText({ ...fakeCheckpointing, unaligned: { alignedTimeoutMs: 30 } }))
    expect([given.unaligned_checkpoints, given.aligned_checkpoint_timeout]).toEqual([false, 0])
    expect([overtaking.unaligned_checkpoints, overtaking.aligned_checkpoint_timeout]).toEqual([true, 30])
    expect(given).toMatchObject({ interval: 200, externalization: { enabled: false, delete_on_cancellation: true } })
  })
})

it('what was on its way in a checkpoint is persisted data', () => {
  const entry = checkpointEntry(1, { bytes: 50 })
  expect(checkpointItem(entry).persisted_data).toBe(0)
  const { end } = entry
  if (end?.type !== 'completed') throw new Error('the entry is complete')
  expect(checkpointItem({ ...entry, end: { ...end, inFlightBytes: 20 } }).persisted_data).toBe(20)
  const item = checkpointItem({ ...entry, end: { ...end, bytes: 70, writtenBytes: 5 } })
  expect([item.state_size, item.checkpointed_size]).toEqual([70, 5])
})
