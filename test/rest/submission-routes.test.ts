import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import { parseCheckpointId } from '../../src/core/ids.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { submittedDefaults } from '../../src/rest/submission-routes.ts'
import { makeApi } from './api.ts'

const makeSession = () => {
  const loaded: (readonly [string, readonly string[]])[] = []
  const loadJob = async (path: string, args: readonly string[]) => {
    loaded.push([path, args])
    if (path.includes('absent')) throw new StreamError('JOB_FILE_NOT_FOUND', `There is no job file ${path}.`)
    return StreamEnvironment.create()
  }
  return { ...makeApi({ submission: { jobRoot: join(tmpdir(), 'jobs'), loadJob } }), loaded }
}

describe('POST /jobs/run', () => {
  it('loads the file and submits it with every option', async () => {
    const { session, post, get, loaded } = makeSession()
    const answer = await post('/v1/jobs/run', {
      file: 'wc.ts',
      args: ['--fast'],
      name: 'mine',
      savepointPath: 'jobmanager://savepoints/1',
      allowNonRestoredState: true,
      stateMapping: ['a=b'],
      resume: null,
      claimMode: 'CLAIM',
      parallelism: 3,
      configuration: { 'execution.checkpointing.interval': '200ms', 'parallelism.default': 9 },
    })
    const job = session.jobs()[0]!
    expect([answer.status, answer.body]).toEqual([200, { jobid: job.id, name: 'mine', warnings: [], restored: null }])
    expect(loaded).toEqual([[join(tmpdir(), 'jobs/wc.ts'), ['--fast']]])
    expect(job.submitted).toEqual({
      name: 'mine',
      fromSavepoint: 'jobmanager://savepoints/1',
      allowNonRestoredState: true,
      stateMapping: [{ from: 'a', to: 'b' }],
      resume: false,
      claimMode: 'claim',
      defaults: { parallelism: 3, checkpoint: { intervalMs: 200 } },
    })
    expect((await get('/config')).body.features['web-submit']).toBe(true)
  })

  it('knows the claim mode under its older name, and refuses one that there is not', async () => {
    const { session, post } = makeSession()
    await post('/jobs/run', { file: 'wc.ts', savepointPath: 'jobmanager://savepoints/1', restoreMode: 'claim' })
    expect(session.jobs()[0]?.submitted?.claimMode).toBe('claim')
    const refused = await post('/jobs/run', { file: 'wc.ts', claimMode: 'LEGACY' })
    expect([refused.status, refused.body.errors[0]]).toEqual([
      400,
      expect.stringContaining('"LEGACY" is not supported'),
    ])
  })

  it('answers with what was worth knowing and what the job goes on from', async () => {
    const { session, post } = makeSession()
    const restored = { checkpointId: parseCheckpointId(312), path: '/chk/312', at: 1, isSavepoint: false }
    session.tells = { warnings: ['Mind the gap.'], restored }
    expect((await post('/jobs/run', { file: 'wc.ts', resume: true })).body).toMatchObject({
      warnings: ['Mind the gap.'],
      restored: { id: 312, external_path: '/chk/312' },
    })
  })

  it('refuses a file outside the job root, without loading it', async () => {
    const { post, loaded } = makeSession()
    for (const file of ['../evil.ts', '/etc/passwd']) {
      const answer = await post('/jobs/run', { file })
      expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([400, 'PATH_OUTSIDE_ROOT'])
    }
    expect(loaded).toEqual([])
  })

  it('names the field that is missing or wrong, and the session keys that cannot come here', async () => {
    const { post } = makeSession()
    const error = async (body: object) => (await post('/jobs/run', body)).body.errors[0]
    expect(await error({})).toContain('Field "file" is missing')
    expect(await error({ file: 'a.ts', parallelism: 0 })).toContain('"parallelism" is 0: expected an integer from 1')
    expect(await error({ file: 'a.ts', configuration: { 'rest.port': 1 } })).toContain('tidemark start -Drest.port')
    expect(await error({ file: 'a.ts', configuration: { 'parallelism.defualt': 1 } })).toContain(
      '"parallelism.default"',
    )
    expect(await error({ file: 'a.ts', configuration: { 'parallelism.default': [] } })).toContain('"configuration"')
  })

  it('passes on what loading and submitting say', async () => {
    const { session, post } = makeSession()
    expect((await post('/jobs/run', { file: 'absent.ts' })).status).toBe(404)
    session.refuse = new StreamError('UID_DUPLICATE', 'Two operators have uid x.')
    const answer = await post('/jobs/run', { file: 'a.ts' })
    expect([answer.status, answer.body.errors]).toEqual([400, ['Two operators have uid x.']])
  })

  it('tells what a submission would restore, and submits nothing', async () => {
    const { session, post, loaded } = makeSession()
    const request = { file: 'wc.ts', savepointPath: 'jobmanager://savepoints/1', stateMapping: ['a/s=b/t'] }
    const { status, body } = await post('/v1/jobs/plan', request)
    expect([status, body.plan.path, body.plan.verdict]).toEqual([200, 'jobmanager://savepoints/1', 'lossless'])
    expect(session.planned).toMatchObject([{ stateMapping: [{ from: 'a/s', to: 'b/t' }] }])
    expect((await post('/jobs/plan', { file: 'wc.ts' })).body).toEqual({ plan: null })
    expect([session.jobs(), loaded.length]).toEqual([[], 2])
    const malformed = await post('/jobs/plan', { ...request, stateMapping: ['a=b=c'] })
    expect([malformed.status, malformed.headers.get('tidemark-error-code')]).toEqual([400, 'STATE_MAPPING_INVALID'])
    const elsewhere = await post('/jobs/plan', { file: '../evil.ts' })
    expect([elsewhere.status, elsewhere.headers.get('tidemark-error-code')]).toEqual([400, 'PATH_OUTSIDE_ROOT'])
    expect((await makeApi().post('/jobs/plan', { file: 'a.ts' })).status).toBe(409)
  })

  it('takes no job where one process runs its own', async () => {
    const { post } = makeApi()
    const answer = await post('/jobs/run', { file: 'a.ts' })
    expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([409, 'SUBMISSION_DISABLED'])
    expect(submittedDefaults({}, undefined)).toEqual({})
  })
})
