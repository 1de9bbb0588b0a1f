import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import '../../src/cli/job-end.ts'
import '../../src/cli/rest-options.ts'
import '../../src/cli/run-here.ts'
import '../../src/cli/run-options.ts'
import { StreamError } from '../../src/core/errors.ts'
import { parseCheckpointId } from '../../src/core/ids.ts'
import { idOfUid } from '../../src/graph/operator-ids.ts'
import { portInUse } from '../../src/rest/server.ts'
import { checkpointEntry, FakeSession, fakeCheckpointing } from '../rest/fake-session.ts'
import { fixtures, makeCli, until } from './cli.ts'

type Cli = ReturnType<typeof makeCli>
const file = 'word-count.ts'

/** Starts `run` in this process; gives its job once it was submitted. */
const runHere = async (cli: Cli, ...words: readonly string[]) => {
  const done = cli.run('run', '--quiet', ...words)
  const job = await until(() => cli.sessions[0]?.jobs()[0])
  await until(() => cli.out().includes('JobID'))
  return { done, job }
}

describe('run in this process', () => {
  it('submits, serves REST, says how it ended, and closes everything', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(cli, file)
    const answer = await cli.network.get('127.0.0.1:8081')!.request('http://127.0.0.1:8081/config', {})
    expect(await answer.json()).toMatchObject({ features: { 'web-submit': false } })
    job.records = 1_234
    cli.clock.advance(1_500)
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(cli.out()).toBe(
      `Job has been submitted with JobID ${job.id}\nREST API: http://127.0.0.1:8081\n` +
        `Job ${job.id} has finished: 1,234 records in 1.5 s.\n`,
    )
    expect([cli.sessions[0]?.closed, cli.network.size]).toEqual([true, 0])
  })

  it('L8 -s, -n, --resume, --name and the configuration keys of restoring', async () => {
    const submitted = async (...words: readonly string[]) => {
      const cli = makeCli()
      const { done, job } = await runHere(cli, '--no-rest', ...words, file)
      job.move('FINISHED')
      expect(await done).toBe(0)
      return job.submitted
    }
    expect(await submitted()).toEqual({ allowNonRestoredState: false, resume: false })
    expect(await submitted('-s', 'sp/1')).toMatchObject({ fromSavepoint: join(fixtures, 'sp/1') })
    expect(await submitted('-s', 'jobmanager://savepoints/1', '-n')).toMatchObject({
      fromSavepoint: 'jobmanager://savepoints/1',
      allowNonRestoredState: true,
    })
    expect(await submitted('--allowNonRestoredState', '--name', 'mine')).toMatchObject({
      name: 'mine',
      allowNonRestoredState: true,
    })
    expect(await submitted('-s', '/x', '--map-state', 'a=b', '--map-state=a/s=c/t')).toMatchObject({
      stateMapping: [
        { from: 'a', to: 'b' },
        { from: 'a/s', to: 'c/t' },
      ],
    })
    expect(await submitted('--resume', '-Dexecution.savepoint.path=/x')).toMatchObject({ resume: true })
    expect(await submitted('-Dexecution.savepoint.path=/x')).toMatchObject({ fromSavepoint: '/x' })
  })

  it('refuses a malformed --map-state before anything is loaded', async () => {
    const cli = makeCli()
    expect(await cli.run('run', '-s', '/x', '--map-state', 'a=b=c', 'missing.ts')).toBe(1)
    expect(cli.err()).toContain('error[STATE_MAPPING_INVALID]: State mapping "a=b=c" is malformed')
  })

  it('L8 -p and -D reach the session as defaults', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(
      cli,
      '-p',
      '4',
      '-Dexecution.checkpointing.interval=200ms',
      '-Drest.port=-1',
      file,
    )
    job.move('FINISHED')
    await done
    expect(cli.sessionOptions[0]?.defaults).toEqual({ parallelism: 4, checkpoint: { intervalMs: 200 } })
    expect(cli.out()).not.toContain('REST API')
  })

  it('L8 claim modes are read in any case; legacy is refused', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(cli, '--no-rest', '-cm', 'NO_CLAIM', file)
    job.move('FINISHED')
    expect(await done).toBe(0)
    for (const [mode, why] of [
      ['Legacy', 'is not supported'],
      ['odd', 'is unknown'],
    ] as const) {
      const bad = makeCli()
      expect(await bad.run('run', '-claimMode', mode, file)).toBe(1)
      expect(bad.out()).toContain(why)
    }
  })

  it('L8 a bad parallelism, a missing file, and contradictions are argument errors', async () => {
    for (const words of [['-p', 'many', file], ['-p', '0', file], [], ['-s', 'x', '--resume', file]]) {
      const cli = makeCli()
      expect(await cli.run('run', ...words), words.join(' ')).toBe(1)
      expect(cli.out()).toContain('Use the help option')
      expect(cli.sessions).toHaveLength(0)
    }
  })

  it('a job that fails or is canceled ends with its error and 1', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(cli, file)
    job.move('FAILED', new StreamError('USER_FUNCTION_FAILED', "Operator 'map' (uid 'm') threw: no."))
    expect([await done, cli.err()]).toEqual([1, "error[USER_FUNCTION_FAILED]: Operator 'map' (uid 'm') threw: no.\n"])
    const other = makeCli()
    const second = await runHere(other, file)
    second.job.move('CANCELED')
    expect(await second.done).toBe(1)
    expect(other.err()).toBe(`error[JOB_CANCELED]: Job ${second.job.id} was canceled.\n`)
  })

  it('a submission that is refused closes everything', async () => {
    const cli = makeCli()
    const { context } = cli
    const refusing = {
      ...context,
      createSession: (options: Parameters<typeof context.createSession>[0]) => {
        const session = context.createSession(options)
        cli.sessions[0]!.refuse = new StreamError('UID_DUPLICATE', 'Two operators have uid x.')
        return session
      },
    }
    const again = makeCli({ createSession: refusing.createSession })
    expect(await again.run('run', file)).toBe(1)
    expect(again.err()).toBe('error[UID_DUPLICATE]: Two operators have uid x.\n')
    expect([cli.sessions[0]?.closed, again.network.size]).toEqual([true, 0])
  })

  it('says which port is taken when something else than a session has it', async () => {
    const cli = makeCli()
    cli.network.set('127.0.0.1:8081', { request: () => new Response('something else') })
    expect(await cli.run('run', file)).toBe(1)
    expect(cli.err()).toBe(`error[PORT_IN_USE]: ${portInUse('127.0.0.1', 8081).message}\n`)
    expect(cli.sessions[0]?.jobs()).toEqual([])
    const free = makeCli()
    const { done, job } = await runHere(free, '-Drest.port=0', file)
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(free.out()).toContain('REST API: http://127.0.0.1:4567')
  })

  it('first Ctrl-C suspends and tells how to go on, the second ends', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(cli, '--no-rest', file)
    job.checkpointing = { ...fakeCheckpointing, storage: 'filesystem' }
    job.history = [checkpointEntry(8), checkpointEntry(7, { bytes: 10 })]
    cli.interrupt()
    cli.interrupt()
    expect(await done).toBe(130)
    expect(job.currentStatus).toBe('SUSPENDED')
    expect(cli.exits).toEqual([130])
    expect(cli.out()).toContain(
      `after checkpoint 7. To go on: tidemark run --resume --no-rest --quiet ${join(fixtures, file)}\n`,
    )
  })

  it('tells how to go on with the options and arguments that were given', async () => {
    const cli = makeCli()
    const given = ['--no-rest', '-s', '/sp/1', '-p', '3', '--name', 'my job', '-Dexecution.checkpointing.interval=1s']
    const { done, job } = await runHere(cli, ...given, 'with-arguments.ts', '--to', "it's")
    job.checkpointing = { ...fakeCheckpointing, storage: 'filesystem' }
    job.history = [checkpointEntry(7, { bytes: 10 })]
    cli.interrupt()
    await done
    expect(cli.out()).toContain(
      "To go on: tidemark run --resume -p 3 --name 'my job' -Dexecution.checkpointing.interval=1s --no-rest --quiet " +
        `${join(fixtures, 'with-arguments.ts')} --to 'it'\\''s'\n`,
    )
  })

  it('says which checkpoint the job goes on from, and nothing when it does not', async () => {
    const cli = makeCli()
    const session = new FakeSession(cli.clock)
    const path = '/chk/312'
    session.tells = { restored: { checkpointId: parseCheckpointId(312), path, at: 1, isSavepoint: false } }
    const restoring = makeCli({ createSession: () => session })
    const done = restoring.run('run', '-q', '--no-rest', '--resume', file)
    const job = await until(() => session.jobs()[0])
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(restoring.out()).toContain('Job "word count" goes on from checkpoint 312 (/chk/312)\n')
    const fresh = await runHere(cli, '--no-rest', file)
    fresh.job.move('FINISHED')
    await fresh.done
    expect(cli.out()).not.toContain('goes on')
  })

  it('does not wait for a program that takes connections and says nothing', async () => {
    const aborted: string[] = []
    const cli = makeCli({
      fetch: (url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            aborted.push(url)
            reject(new Error('aborted'))
          })
        }),
    })
    cli.network.set('127.0.0.1:8081', { request: () => new Promise(() => {}) })
    expect(await cli.run('run', file)).toBe(1)
    expect(cli.err()).toContain('error[PORT_IN_USE]')
    expect(aborted).toEqual(['http://127.0.0.1:8081/v1/config'])
    expect(await cli.run('run', '-d', file)).toBe(1)
    expect(cli.err()).toContain(
      'error[SESSION_UNREACHABLE]: Something takes connections but says nothing within 1.5 s at',
    )
  })

  it('prints the failure that ends the job once', async () => {
    const cli = makeCli()
    const { done, job } = await runHere(cli, '--no-rest', file)
    const error = new StreamError('USER_FUNCTION_FAILED', 'It broke.')
    const task = { operatorId: idOfUid('m'), operatorName: 'map', subtaskIndex: 0, attempt: 0, error }
    job.events.next({ type: 'task-failed', timestamp: 1, ...task })
    job.events.next({ type: 'status-changed', timestamp: 1, from: 'RUNNING', to: 'FAILED', error })
    job.events.complete()
    job.move('FAILED', error)
    expect([await done, cli.err()]).toEqual([1, 'error[USER_FUNCTION_FAILED]: It broke.\n'])
  })

  it('says what is lost when a suspended job kept nothing', async () => {
    const suspended = async (storage: 'jobmanager' | 'filesystem') => {
      const cli = makeCli()
      const { done, job } = await runHere(cli, '--no-rest', file)
      job.checkpointing = { ...fakeCheckpointing, storage }
      cli.interrupt()
      await done
      return cli.out()
    }
    expect(await suspended('jobmanager')).toContain('are gone; set state.checkpoints.dir')
    expect(await suspended('filesystem')).toContain('before its first checkpoint')
  })

  it('says what a suspended job goes on from that has no checkpoint of its own yet', async () => {
    const suspended = async (...words: readonly string[]) => {
      const cli = makeCli()
      const { done, job } = await runHere(cli, '--no-rest', ...words, file)
      job.checkpointing = { ...fakeCheckpointing, storage: 'filesystem' }
      job.restored = { checkpointId: 4 as never, path: '/s/one', at: 1, isSavepoint: true }
      cli.interrupt()
      await done
      return cli.out()
    }
    expect(await suspended('-s', '/s/one')).toContain('start it from /s/one again (-s)')
    for (const words of [['-s', '/s/one', '-cm', 'claim'], ['--resume']]) {
      expect(await suspended(...words)).toContain('To go on: tidemark run --resume')
    }
  })

  it('shows progress now and then when piped, and nothing with --quiet', async () => {
    const cli = makeCli()
    const done = cli.run('run', '--no-rest', file)
    const job = await until(() => cli.sessions[0]?.jobs()[0])
    job.records = 5_000
    await until(() => cli.err().includes('5,000 records'))
    job.move('FINISHED')
    expect(await done).toBe(0)
    expect(cli.err()).toMatch(/^RUNNING {2}\d+ records\/s {2}5,000 records\n/)
  })
})
