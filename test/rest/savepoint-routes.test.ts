import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import '../../src/rest/operation-bodies.ts'
import '../../src/rest/savepoint-routes.ts'
import { makeApi } from './api.ts'
import { settled } from './fake-session.ts'

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

  it('asks for a self-contained one, or for a pointer, or for what is configured', async () => {
    const { session, post } = makeApi()
    const [job, stopping] = [session.add(), session.add()]
    for (const body of [{}, { selfContained: true }, { selfContained: false }]) {
      expect((await post(`/jobs/${job.id}/savepoints`, body)).status).toBe(202)
    }
    expect(job.calls).toEqual(['savepoint default', 'savepoint default self-contained', 'savepoint default pointer'])
    await post(`/jobs/${stopping.id}/stop`, { selfContained: true })
    expect(stopping.calls).toEqual(['stop true suspend self-contained'])
    const wrong = await post(`/jobs/${job.id}/savepoints`, { selfContained: 'yes' })
    expect([wrong.status, wrong.body.errors[0]]).toEqual([400, expect.stringContaining('"selfContained"')])
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

describe('stops', () => {
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

  it('that made their savepoint and failed have its place beside the failure', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const { body } = await post(`/jobs/${job.id}/stop`)
    const details = { path: '/s/1', status: 'RESTARTING', failure: null }
    await job.fail(new StreamError('STOP_INCOMPLETE', 'Made at /s/1, not stopped.', { details }))
    expect((await get(`/jobs/${job.id}/savepoints/${body['request-id']}`)).body).toEqual(
      completed({
        'failure-cause': { class: 'STOP_INCOMPLETE', 'stack-trace': 'Made at /s/1, not stopped.' },
        location: '/s/1',
      }),
    )
  })

  it('that made nothing have no place, and the status tells that the job runs', async () => {
    const { session, post, get } = makeApi()
    const job = session.add()
    const { body } = await post(`/jobs/${job.id}/stop`)
    await job.fail(new StreamError('CHECKPOINT_FAILED', 'It expired.'))
    const { operation } = (await get(`/jobs/${job.id}/savepoints/${body['request-id']}`)).body
    expect(Object.keys(operation)).toEqual(['failure-cause'])
    expect((await get(`/jobs/${job.id}/status`)).body).toEqual({ status: 'RUNNING' })
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
})

describe('asking again', () => {
  const triggerId = 'ab'.repeat(16)

  it.each(['savepoints', 'stop'])(
    'for the same of %s is answered alike after the job and the result are gone',
    async (what) => {
      const { session, post, get, clock } = makeApi({ resultRetentionMs: 5_000 })
      const job = session.add()
      const ask = () => post(`/jobs/${job.id}/${what}`, { triggerId })
      await ask()
      await job.complete('/s/1')
      job.move('FINISHED')
      clock.advance(60_000)
      const poll = `/jobs/${job.id}/savepoints/${triggerId}`
      expect((await get(poll)).body).toEqual(completed({ location: '/s/1' }))
      const again = await ask()
      expect([again.status, again.body]).toEqual([202, { 'request-id': triggerId }])
      await settled()
      expect((await get(poll)).body).toEqual(completed({ location: '/s/1' }))
      expect(job.calls).toHaveLength(1)
      expect((await post(`/jobs/${job.id}/${what}`, { triggerId: 'cd'.repeat(16) })).status).toBe(409)
    },
  )

  it('for something else, or elsewhere, under the same id is a conflict, also after the result is gone', async () => {
    const { session, post, clock } = makeApi({ resultRetentionMs: 5_000 })
    const job = session.add()
    await post(`/jobs/${job.id}/stop`, { triggerId })
    await job.fail(new StreamError('CHECKPOINT_FAILED', 'no'))
    const others: readonly (readonly [string, object])[] = [
      ['savepoints', { triggerId }],
      ['stop', { triggerId, drain: true }],
      ['stop', { triggerId, targetDirectory: join(tmpdir(), 'sp') }],
    ]
    for (const later of [0, 60_000]) {
      clock.advance(later)
      for (const [what, body] of others) {
        const { status, headers } = await post(`/jobs/${job.id}/${what}`, body)
        expect([status, headers.get('tidemark-error-code')]).toEqual([409, 'TRIGGER_CONFLICT'])
      }
    }
    expect(job.calls).toEqual(['stop true suspend'])
  })

  it('with cancel-job, where the savepoint was to leave the job running, is a conflict and cancels nothing', async () => {
    const { session, post, clock } = makeApi({ resultRetentionMs: 5_000 })
    const job = session.add()
    await post(`/jobs/${job.id}/savepoints`, { triggerId })
    const byProgram = 'cd'.repeat(16)
    void job.triggerSavepoint({ triggerId: byProgram })
    const refused = async (id: string) => {
      const { status, headers } = await post(`/jobs/${job.id}/savepoints`, { triggerId: id, 'cancel-job': true })
      expect([status, headers.get('tidemark-error-code')]).toEqual([409, 'TRIGGER_CONFLICT'])
    }
    for (const id of [triggerId, byProgram]) await refused(id)
    await job.complete('/s/1')
    await job.complete('/s/2')
    await settled()
    clock.advance(60_000)
    for (const id of [triggerId, byProgram]) await refused(id)
    expect(job.calls).toEqual(['savepoint default', 'savepoint default'])
    expect(job.currentStatus).toBe('RUNNING')
  })

  it('with cancel-job again is answered alike when the savepoint has failed, and when the job has ended', async () => {
    const { session, post, get, clock } = makeApi({ resultRetentionMs: 5_000 })
    const job = session.add()
    const ask = (id: string) => post(`/jobs/${job.id}/savepoints`, { triggerId: id, 'cancel-job': true })
    const poll = async (id: string) => (await get(`/jobs/${job.id}/savepoints/${id}`)).body.operation
    await ask(triggerId)
    await job.fail(new StreamError('CHECKPOINT_FAILED', 'no'))
    clock.advance(60_000)
    expect((await ask(triggerId)).status).toBe(202)
    await settled()
    expect((await poll(triggerId))['failure-cause'].class).toBe('CHECKPOINT_FAILED')
    expect(job.calls).toEqual(['savepoint default'])
    const next = 'cd'.repeat(16)
    await ask(next)
    await job.complete('/s/1')
    await settled()
    job.move('CANCELED')
    clock.advance(60_000)
    expect((await ask(next)).status).toBe(202)
    await settled()
    expect(await poll(next)).toEqual({ location: '/s/1' })
  })

  it('finds what a program has asked for', async () => {
    const { session, get } = makeApi()
    const job = session.add()
    void job.triggerSavepoint({ triggerId })
    const poll = `/jobs/${job.id}/savepoints/${triggerId}`
    expect((await get(poll)).body).toEqual(inProgress)
    await job.complete('/s/1')
    expect((await get(poll)).body).toEqual(completed({ location: '/s/1' }))
  })
})

describe('the list of savepoints and stops', () => {
  it('has those under way and those that have ended, newest first, as their polls are answered', async () => {
    const { session, post, get, clock } = makeApi()
    const job = session.add()
    const dir = join(tmpdir(), 'sp')
    const ids: string[] = []
    const ask = async (what: string, body: object) => {
      ids.unshift((await post(`/jobs/${job.id}/${what}`, body)).body['request-id'])
      clock.advance(1_000)
    }
    await ask('savepoints', { 'target-directory': dir })
    await ask('stop', { drain: true })
    await ask('savepoints', {})
    await job.complete(`${dir}/savepoint-1`)
    await job.fail(new StreamError('CHECKPOINT_FAILED', 'It expired.'))
    const { body } = await get(`/v1/jobs/${job.id}/savepoints`)
    const facts = { 'target-directory': null, 'end-time': 13_000 }
    const failure = { class: 'CHECKPOINT_FAILED', 'stack-trace': 'It expired.' }
    expect(body.operations).toEqual([
      { ...facts, 'request-id': ids[0], kind: 'savepoint', 'start-time': 12_000, 'end-time': -1, ...inProgress },
      {
        ...facts,
        'request-id': ids[1],
        kind: 'drain',
        'start-time': 11_000,
        ...completed({ 'failure-cause': failure }),
      },
      {
        ...facts,
        'request-id': ids[2],
        kind: 'savepoint',
        'target-directory': dir,
        'start-time': 10_000,
        ...completed({ location: `${dir}/savepoint-1` }),
      },
    ])
  })

  it('is empty at first, and there is none of an unknown job', async () => {
    const { session, get } = makeApi()
    expect((await get(`/jobs/${session.add().id}/savepoints`)).body).toEqual({ operations: [] })
    expect((await get(`/jobs/${'0'.repeat(32)}/savepoints`)).status).toBe(404)
  })
})
