import { describe, expect, it } from 'vitest'
import { loadJob } from '../../src/cli/load-job.ts'
import '../../src/cli/run-there.ts'
import { StreamError } from '../../src/core/errors.ts'
import { parseCheckpointId } from '../../src/core/ids.ts'
import { checkpointEntry } from '../rest/fake-session.ts'
import { fixtures, makeCli, until } from './cli.ts'

const file = 'word-count.ts'
const importModule = (url: string) => import(/* @vite-ignore */ url)
const submission = (jobRoot: string) => ({
  jobRoot,
  loadJob: (path: string, args: readonly string[]) => loadJob(path, args, importModule),
})

describe('run in a session', () => {
  const inSession = () => {
    const cli = makeCli()
    const session = cli.serve('127.0.0.1:8081', { submission: submission(fixtures), roots: [fixtures] })
    return { cli, session }
  }

  it('goes to the session that answers at the configured address, and follows', async () => {
    const { cli, session } = inSession()
    const done = cli.run(
      'run',
      '-s',
      'jobmanager://savepoints/1',
      '-p',
      '3',
      '--name',
      'n',
      '--map-state',
      'a/s=b/t',
      'with-arguments.ts',
      '--x',
      'y',
    )
    const job = await until(() => session.jobs()[0])
    job.records = 77
    job.history = [checkpointEntry(4), checkpointEntry(3, { bytes: 2_048 })]
    await until(() => cli.err().includes('77 records'))
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(job.submitted).toEqual({
      name: 'n',
      fromSavepoint: 'jobmanager://savepoints/1',
      claimMode: 'no_claim',
      allowNonRestoredState: false,
      stateMapping: [{ from: 'a/s', to: 'b/t' }],
      resume: false,
      defaults: { parallelism: 3 },
    })
    expect(session.programs[0]?.options.name).toBe('job of --x+y')
    expect(cli.out()).toContain(`Job has been submitted with JobID ${job.id}\n`)
    expect(cli.out()).toContain('has finished: 77 records in')
    expect(cli.err()).toContain('checkpoint 3: 2.0 KB in 40 ms')
    expect(cli.sessions).toHaveLength(0)
  })

  it('-d submits and returns', async () => {
    const { cli, session } = inSession()
    expect(await cli.run('run', '-d', file)).toBe(0)
    expect(cli.out()).toBe(`Job has been submitted with JobID ${session.jobs()[0]?.id}\n`)
  })

  it('-d and -m without a session say so, with the fix', async () => {
    for (const flags of [['-d'], ['-m', 'localhost:9']]) {
      const cli = makeCli()
      expect(await cli.run('run', ...flags, file)).toBe(1)
      expect(cli.err()).toMatch(
        /^error\[SESSION_UNREACHABLE\]: No session answers at \S+: start one with `tidemark start`/,
      )
    }
    const cli = makeCli()
    cli.serve()
    expect(await cli.run('run', '-d', file)).toBe(1)
    expect(cli.err()).toContain('is no session that takes jobs')
  })

  it('says what the session warned of, and what the job goes on from', async () => {
    const { cli, session } = inSession()
    const restored = { checkpointId: parseCheckpointId(312), path: '/chk/312', at: 1, isSavepoint: false }
    session.tells = { warnings: ['Mind the gap.'], restored }
    expect(await cli.run('run', '-d', '--resume', file)).toBe(0)
    expect(cli.out()).toContain('Job "word count" goes on from checkpoint 312 (/chk/312)\n')
    expect(cli.err()).toBe('warn: Mind the gap.\n')
  })

  it('a savepoint that is not there is said so before the session is asked, if it is on this machine', async () => {
    for (const path of ['/nope/sp', 'nope/sp', 'file:///nope/sp']) {
      const { cli, session } = inSession()
      expect(await cli.run('run', '-s', path, file)).toBe(1)
      expect(cli.err()).toMatch(
        /^error\[SAVEPOINT_NOT_FOUND\]: There is no savepoint or checkpoint at \S*nope\/sp\.\n$/,
      )
      expect(session.jobs()).toEqual([])
    }
    const { cli, session } = inSession()
    expect(await cli.run('run', '-d', '-s', fixtures, file)).toBe(0)
    expect(session.jobs()[0]?.submitted.fromSavepoint).toBe(fixtures)
    const far = makeCli()
    const there = far.serve('far.example:8081', { submission: submission(fixtures), roots: ['/nope'], loopback: false })
    await far.run('run', '-d', '-m', 'far.example:8081', '-s', '/nope/sp', file)
    expect(far.err()).not.toContain('SAVEPOINT_NOT_FOUND')
    expect(there.jobs()).toHaveLength(1)
  })

  it('a job that fails there ends with its error here', async () => {
    const { cli, session } = inSession()
    const done = cli.run('run', '-q', file)
    const job = await until(() => session.jobs()[0])
    job.move('FAILED', new StreamError('SOURCE_FAILED', 'The input is gone.'))
    expect([await done, cli.err()]).toEqual([1, 'error[SOURCE_FAILED]: The input is gone.\n'])
  })

  it('tells each failure from which the job restarts, once', async () => {
    const { cli, session } = inSession()
    const done = cli.run('run', '-q', file)
    const job = await until(() => session.jobs()[0])
    job.move('RESTARTING', new StreamError('SOURCE_FAILED', 'The input is gone.'))
    await until(() => cli.err() !== '')
    const polled = cli.clock.now() + 5_000
    await until(() => cli.clock.now() > polled)
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(cli.err()).toBe('warn: the job failed and restarts: The input is gone.\n')
  })

  it('a session that goes away is an error', async () => {
    const { cli, session } = inSession()
    const done = cli.run('run', '-q', file)
    await until(() => session.jobs()[0])
    cli.network.clear()
    expect([await done, cli.err()]).toEqual([1, expect.stringContaining('error[SESSION_UNREACHABLE]')])
  })

  it('Ctrl-C leaves the job running', async () => {
    const { cli, session } = inSession()
    const done = cli.run('run', '-q', file)
    const job = await until(() => session.jobs()[0])
    await until(() => cli.out().includes('JobID'))
    cli.interrupt()
    expect([await done, job.currentStatus]).toEqual([130, 'RUNNING'])
    expect(cli.out()).toContain(`To end it: tidemark cancel ${job.id}`)
  })

  it('refuses settings of the session, and passes on what it refuses itself', async () => {
    const { cli, session } = inSession()
    expect(await cli.run('run', '-Dstate.checkpoints.dir=/x', file)).toBe(1)
    expect(cli.out()).toContain('belongs to the session')
    session.refuse = new StreamError('UID_DUPLICATE', 'Two operators have uid x.')
    expect(await cli.run('run', file)).toBe(1)
    expect(cli.err()).toBe('error[UID_DUPLICATE]: Two operators have uid x.\n')
    expect(await cli.run('run', '../cli.ts')).toBe(1)
    expect(cli.err()).toContain('error[PATH_OUTSIDE_ROOT]')
  })
})
