import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import '../../src/rest/operation-routes.ts'
import { makeApi } from './api.ts'

const inProgress = { status: { id: 'IN_PROGRESS' } }
const completed = (operation: object) => ({ status: { id: 'COMPLETED' }, operation })

describe('savepoints', () => {
  it('M1 trigger gives an id, then in progress, then completed with the location', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const triggered = await post(`/jobs/${job.id}/savepoints`, { 'target-directory': null, 'cancel-job': false })
    expect(triggered.status).toBe(202)
    expect(triggered.body).toEqual({ 'request-id': expect.stringMatching(/^[0-9a-f]{32}$/) })
    const poll = `/v1/jobs/${job.id}/savepoints/${triggered.body['request-id']}`
    expect((await get(poll)).body).toEqual(inProgress)
    await job.complete('jobmanager://savepoints/1')
    expect((await get(poll)).body).toEqual(completed({ location: 'jobmanager://savepoints/1' }))
    expect(job.calls).toEqual(['savepoint default'])
    expect(job.currentStatus).toBe('RUNNING')
  })

  it('M1 a failed savepoint is completed with a failure-cause, and 200', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const { body } = await post(`/v1/jobs/${job.id}/savepoints`)
    await job.fail(new StreamError('CHECKPOINT_FAILED', 'CHECKPOINT_EXPIRED: took too long.'))
    const answer = await get(`/jobs/${job.id}/savepoints/${body['request-id']}`)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(
      completed({
        'failure-cause': { class: 'CHECKPOINT_FAILED', 'stack-trace': 'CHECKPOINT_EXPIRED: took too long.' },
      }),
    )
  })

  it('M1 cancel-job cancels after the savepoint, and not when it failed', async () => {
    const { session, post, get } = makeApi()
    const [good, bad] = [session.add(), session.add()]
    const ids = []
    for (const job of [good, bad]) ids.push((await post(`/jobs/${job.id}/savepoints`, { 'cancel-job': true })).body)
    await good.complete('/s/1')
    await bad.fail(new StreamError('CHECKPOINT_FAILED', 'no'))
    expect((await get(`/jobs/${good.id}/savepoints/${ids[0]['request-id']}`)).body).toEqual(
      completed({ location: '/s/1' }),
    )
    expect(good.calls).toEqual(['savepoint default', 'cancel'])
    expect(bad.calls).toEqual(['savepoint default'])
  })

  it('M2 no directory given and none configured: 400 naming the field and the key', async () => {
    const { session, post } = makeApi({ targetDirectoryNeeded: true })
    const job = session.add()
    const savepoint = await post(`/jobs/${job.id}/savepoints`, {})
    expect(savepoint.status).toBe(400)
    expect(savepoint.headers.get('tidemark-error-code')).toBe('SAVEPOINT_DIR_MISSING')
    expect(savepoint.body.errors).toHaveLength(1)
    expect(savepoint.body.errors[0]).toMatch(/"target-directory".*"state.savepoints.dir"/)
    expect((await post(`/jobs/${job.id}/stop`, {})).body.errors[0]).toMatch(/"targetDirectory"/)
    expect(job.calls).toEqual([])
    const given = await post(`/jobs/${job.id}/savepoints`, { 'target-directory': join(tmpdir(), 'sp') })
    expect(given.status).toBe(202)
    expect(job.calls).toEqual([`savepoint ${join(tmpdir(), 'sp')}`])
  })

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

  it('M4 the same client trigger id is one operation', async () => {
    const { session, post } = makeApi()
    const job = session.add()
    const triggerId = 'AB'.repeat(16)
    for (let i = 0; i < 2; i++) {
      const answer = await post(`/jobs/${job.id}/savepoints`, { triggerId })
      expect([answer.status, answer.body]).toEqual([202, { 'request-id': triggerId.toLowerCase() }])
    }
    expect(job.calls).toEqual(['savepoint default'])
    expect((await post(`/jobs/${job.id}/stop`, { triggerId })).status).toBe(409)
    const other = session.add()
    await post(`/jobs/${other.id}/savepoints`, { triggerId })
    expect(other.calls).toEqual(['savepoint default'])
  })
})

describe('stop, checkpoint, disposal', () => {
  it('stop passes directory and drain and answers under savepoints', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const dir = join(tmpdir(), 'sp')
    const { status, body } = await post(`/jobs/${job.id}/stop`, {
      targetDirectory: dir,
      drain: true,
      formatType: 'NATIVE',
    })
    expect(status).toBe(202)
    await job.complete(`${dir}/savepoint-1`)
    const poll = await get(`/jobs/${job.id}/savepoints/${body['request-id']}`)
    expect(poll.body).toEqual(completed({ location: `${dir}/savepoint-1` }))
    expect(job.calls).toEqual([`stop ${dir} drain`])
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

  it('refuses a directory that is none, or that cannot be: 400', async () => {
    const { session, post } = makeApi()
    const job = session.add()
    for (const directory of ['jobmanager://savepoints/1', 'jobmanager:', 'x'.repeat(300)]) {
      for (const answer of [
        await post(`/jobs/${job.id}/savepoints`, { 'target-directory': directory }),
        await post(`/jobs/${job.id}/stop`, { targetDirectory: directory }),
      ]) {
        expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([400, 'REQUEST_INVALID'])
      }
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
