import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import '../../src/rest/operation-routes.ts'
import { makeApi } from './api.ts'

const inProgress = { status: { id: 'IN_PROGRESS' } }
const completed = (operation: object) => ({ status: { id: 'COMPLETED' }, operation })

describe('checkpoints and disposals', () => {
  it('M3 unknown trigger id: 404; unparsable: 400', async () => {
    const { session, get } = makeApi()
    const { id } = session.add()
    for (const path of [`/jobs/${id}/savepoints/`, `/jobs/${id}/checkpoints/`, '/savepoint-disposal/']) {
      const unknown = await get(`${path}${'0'.repeat(32)}`)
      expect([unknown.status, unknown.headers.get('tidemark-error-code')]).toEqual([404, 'TRIGGER_NOT_FOUND'])
      expect((await get(`${path}xyz`)).status).toBe(400)
    }
  })

  it('M3 a result is kept for the configured time after the end, then 404', async () => {
    const { session, post, get, clock } = makeApi({ resultRetentionMs: 5_000 })
    const job = session.add()
    const { body } = await post(`/jobs/${job.id}/checkpoints`)
    const poll = `/jobs/${job.id}/checkpoints/${body['request-id']}`
    clock.advance(60_000)
    expect((await get(poll)).body).toEqual(inProgress)
    await job.complete('7')
    await get(poll)
    clock.advance(4_999)
    expect((await get(poll)).body).toEqual(completed({ checkpointId: 7 }))
    clock.advance(1)
    expect((await get(poll)).status).toBe(404)
  })

  it('a failed checkpoint is under failureCause', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const { body } = await post(`/jobs/${job.id}/checkpoints`, { checkpointType: 'FULL' })
    await job.fail(new Error('surprise'))
    const poll = await get(`/jobs/${job.id}/checkpoints/${body['request-id']}`)
    expect(poll.body).toEqual(completed({ failureCause: { class: 'BUG', 'stack-trace': 'surprise' } }))
  })

  it('disposal answers 200 at once, then completes with an empty operation or a failure-cause', async () => {
    const { session, post, get } = makeApi()
    const good = await post('/savepoint-disposal', { 'savepoint-path': 'jobmanager://savepoints/1' })
    expect(good.status).toBe(200)
    expect((await get(`/savepoint-disposal/${good.body['request-id']}`)).body).toEqual(completed({}))
    expect(session.disposed).toEqual(['jobmanager://savepoints/1'])
    const bad = await post('/savepoint-disposal', { 'savepoint-path': 'jobmanager://missing' })
    const poll = await get(`/savepoint-disposal/${bad.body['request-id']}`)
    expect(poll.body.operation['failure-cause'].class).toBe('SAVEPOINT_NOT_FOUND')
  })

  it('a trigger id names the disposal of one path: another is a conflict, and stays', async () => {
    const { session, post } = makeApi()
    const triggerId = 'ab'.repeat(16)
    const dispose = (n: number) =>
      post('/savepoint-disposal', { 'savepoint-path': `jobmanager://savepoints/${n}`, triggerId })
    expect((await dispose(1)).body).toEqual({ 'request-id': triggerId })
    const other = await dispose(2)
    expect([other.status, other.headers.get('tidemark-error-code')]).toEqual([409, 'TRIGGER_CONFLICT'])
    expect((await dispose(1)).status).toBe(200)
    expect(session.disposed).toEqual(['jobmanager://savepoints/1'])
  })

  it('refuses paths outside the roots', async () => {
    const { session, post } = makeApi()
    const job = session.add()
    for (const answer of [
      await post('/savepoint-disposal', { 'savepoint-path': '/etc' }),
      await post(`/jobs/${job.id}/savepoints`, { 'target-directory': `${tmpdir()}/../etc` }),
      await post(`/jobs/${job.id}/stop`, { targetDirectory: 's3://bucket/x' }),
    ]) {
      expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([400, 'PATH_OUTSIDE_ROOT'])
    }
    expect(job.calls).toEqual([])
  })

  it('refuses to trigger anything on a job that has ended: 409', async () => {
    const { session, post } = makeApi()
    const job = session.add()
    job.move('FINISHED')
    for (const what of ['savepoints', 'stop', 'checkpoints']) {
      expect((await post(`/jobs/${job.id}/${what}`)).status).toBe(409)
    }
  })
})
