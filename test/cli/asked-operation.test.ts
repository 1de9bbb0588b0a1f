import { describe, expect, it } from 'vitest'
import '../../src/cli/asked-operation.ts'
import '../../src/cli/operation-list.ts'
import { formatTime } from '../../src/cli/list-command.ts'
import { StreamError } from '../../src/core/errors.ts'
import { makeCli, until } from './cli.ts'

const triggerId = 'ab'.repeat(16)
const expired = new StreamError('CHECKPOINT_FAILED', 'It expired (CHECKPOINT_EXPIRED)')
const details = { path: '/s/1', status: 'RESTARTING', failure: null }
const incomplete = new StreamError('STOP_INCOMPLETE', 'A savepoint has been created at /s/1, but …', { details })

const serving = () => {
  const cli = makeCli()
  const session = cli.serve()
  const job = session.add()
  /** Runs one command to its end; what it prints is its own only. */
  const run = async (...words: readonly string[]) => {
    const [out, err] = [cli.out().length, cli.err().length]
    const code = await cli.run(...words)
    return { code, out: cli.out().slice(out), err: cli.err().slice(err) }
  }
  /** Runs a command, and ends what it asks for. */
  const ending = async (end: string | StreamError, ...words: readonly string[]) => {
    const asked = job.calls.length
    const done = run(...words)
    await until(() => job.calls.length > asked)
    await (end instanceof StreamError ? job.fail(end) : job.complete(end))
    return done
  }
  return { cli, session, job, run, ending }
}

describe('--trigger-id', () => {
  it.each(['savepoint', 'stop'])('asks for one %s, however often', async (action) => {
    const { job, run, ending } = serving()
    const words = [action, '--trigger-id', triggerId.toUpperCase(), job.id]
    const first = await ending('/s/1', ...words)
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('Savepoint completed. Path: /s/1\n')])
    const again = await run(...words)
    expect([again.code, again.out]).toEqual([0, first.out])
    expect(job.calls).toHaveLength(1)
  })

  it('that is none is an argument error, and nothing is asked', async () => {
    const { job, run } = serving()
    for (const words of [['savepoint'], ['stop'], ['savepoint', '--status', 'x']]) {
      const flags = words.includes('--status') ? [] : ['--trigger-id', 'x']
      const { code, out, err } = await run(...words, ...flags, job.id)
      expect([code, out, err]).toEqual([
        1,
        expect.stringMatching(/^Cannot parse trigger id from "x".*\n\nUse the help/),
        '',
      ])
    }
    expect(job.calls).toEqual([])
  })

  it('of something else is a conflict', async () => {
    const { job, run } = serving()
    await run('savepoint', '-detached', '--trigger-id', triggerId, job.id)
    const { code, err } = await run('stop', '--trigger-id', triggerId, job.id)
    expect([code, err]).toEqual([1, expect.stringMatching(/^error\[TRIGGER_CONFLICT\].*names a savepoint in/)])
  })
})

describe('a client that times out', () => {
  it.each([
    ['savepoint', []],
    ['stop', ['-d']],
    ['cancel', ['-s']],
  ] as const)('%s says the id, and the command to ask with, which then tells the end', async (action, flags) => {
    const { job, run } = serving()
    const { code, err } = await run(action, ...flags, job.id, '-Dclient.timeout=3s')
    const said =
      /within 3 s\. The operation goes on; its id is ([0-9a-f]{32}), and `tidemark ([^`]+)` tells its end/.exec(err)
    expect([code, err]).toEqual([2, expect.stringContaining('error[REQUEST_TIMEOUT]')])
    const [, id, command = ''] = said ?? []
    expect(command).toBe(`savepoint --status ${id} ${job.id}`)
    expect(await run(...command.split(' '))).toEqual({
      code: 2,
      out: `Operation ${id} of job ${job.id} is in progress.\n`,
      err: '',
    })
    await job.complete('/s/1')
    expect(await run(...command.split(' '))).toEqual({
      code: 0,
      out: 'Savepoint completed. Path: /s/1\nTo go on from it: tidemark run -s /s/1 <job file>\n',
      err: '',
    })
    expect(job.calls.filter((call) => call !== 'cancel')).toHaveLength(1)
  })

  it('names the session that was asked', async () => {
    const cli = makeCli()
    const job = cli.serve('localhost:99').add()
    expect(await cli.run('savepoint', '-m', 'localhost:99', job.id, '-Dclient.timeout=1s')).toBe(2)
    expect(cli.err()).toMatch(/`tidemark savepoint -m localhost:99 --status [0-9a-f]{32} [0-9a-f]{32}`/)
  })

  it('says the id also when the session is not there any more', async () => {
    const { cli, job, run } = serving()
    const done = run('savepoint', job.id)
    await until(() => job.calls.length > 0)
    cli.network.clear()
    const { code, err } = await done
    expect([code, err]).toEqual([1, expect.stringMatching(/^error\[SESSION_UNREACHABLE\]/)])
    const [id, polled] = [job.savepointOperations()[0]?.triggerId, job.id]
    expect(err).toContain(
      `may have gone on: its id is ${id}, and \`tidemark savepoint --status ${id} ${polled}\` tells its end`,
    )
  })

  it('repeats a request whose answer was lost, and asks for nothing twice', async () => {
    const { cli, job, run } = serving()
    const app = cli.network.get('127.0.0.1:8081')!
    const lost = {
      request: async (url: string, init: RequestInit) => {
        await app.request(url, init)
        throw new TypeError('fetch failed', { cause: new Error('socket hang up') })
      },
    }
    cli.network.set('127.0.0.1:8081', lost)
    expect(await cli.run('savepoint', job.id)).toBe(1)
    const [, id] = /socket hang up.*may have arrived: repeat it with --trigger-id ([0-9a-f]{32})/.exec(cli.err()) ?? []
    cli.network.set('127.0.0.1:8081', app)
    await job.complete('/s/1')
    const repeated = await run('savepoint', '--trigger-id', `${id}`, job.id)
    expect([repeated.code, repeated.out]).toEqual([0, expect.stringContaining('Savepoint completed. Path: /s/1\n')])
    expect(job.calls).toEqual(['savepoint default'])
  })
})

describe('the three outcomes of a stop', () => {
  it('stopped: 0 and the path', async () => {
    const { job, ending } = serving()
    const { code, out, err } = await ending('/s/1', 'stop', job.id)
    expect([code, err, job.currentStatus]).toEqual([0, '', 'FINISHED'])
    expect(out).toContain('Savepoint completed. Path: /s/1\n')
  })

  it('a savepoint, but no clean end: 3, the path in the usual line, and the error', async () => {
    const { job, run, ending } = serving()
    const usual = 'Savepoint completed. Path: /s/1\nTo go on from it: tidemark run -s /s/1 <job file>\n'
    const { code, out, err } = await ending(incomplete, 'stop', '--trigger-id', triggerId, job.id)
    expect([code, out]).toEqual([3, expect.stringContaining(usual)])
    expect(err).toMatch(/^error\[STOP_INCOMPLETE\]: Could not stop with a savepoint job .* created at \/s\/1, but …\n$/)
    const polled = await run('stop', '--status', triggerId, job.id)
    expect([polled.code, polled.out]).toEqual([3, usual])
    expect(polled.err).toMatch(/^error\[STOP_INCOMPLETE\]: Operation (?:ab){16} of job /)
  })

  it.each(['RUNNING', 'RESTARTING'] as const)(
    'nothing, and the job goes on (%s): 1, and the error says so',
    async (status) => {
      const { job, run, ending } = serving()
      job.move(status)
      const { code, out, err } = await ending(expired, 'stop', '--trigger-id', triggerId, job.id)
      expect([code, out]).toEqual([1, expect.not.stringContaining('Savepoint completed')])
      expect(err).toMatch(/^error\[CHECKPOINT_FAILED\]: Could not stop .*It expired/)
      expect(err).toContain(
        `It expired (CHECKPOINT_EXPIRED). No savepoint was made; the job goes on: it is ${status}.\n`,
      )
      const polled = await run('savepoint', '--status', triggerId, job.id)
      expect([polled.code, polled.out]).toEqual([1, ''])
      expect(polled.err).toContain(`No savepoint was made; the job goes on: it is ${status}.\n`)
    },
  )

  it('nothing, and the job fails with it: the error says how it ended, once it has', async () => {
    const { job, run } = serving()
    const done = run('stop', job.id)
    await until(() => job.calls.length > 0)
    job.move('FAILING')
    await job.fail(expired)
    for (let turns = 0; turns < 5; turns++) await until(() => true)
    job.move('FAILED', expired)
    const { code, err } = await done
    expect([code, err]).toEqual([1, expect.stringContaining('No savepoint was made; the job is FAILED.\n')])
  })

  it('-detached can be polled for all of them', async () => {
    const { job, run } = serving()
    const { code, out } = await run('stop', '--detached', job.id)
    const [, id = ''] = /triggerId: ([0-9a-f]{32})\n$/.exec(out) ?? []
    expect([code, (await run('stop', '--status', id, job.id)).code]).toEqual([0, 2])
    await job.complete('/s/1')
    expect((await run('stop', '--status', id, job.id)).code).toBe(0)
  })
})

describe('--status', () => {
  it('of an id or a job that is not known is an error', async () => {
    const { job, run } = serving()
    const unknown = await run('savepoint', '--status', triggerId, job.id)
    expect([unknown.code, unknown.err]).toEqual([
      1,
      expect.stringMatching(/^error\[TRIGGER_NOT_FOUND\]: .*was asked for of/),
    ])
    const elsewhere = await run('savepoint', '--status', triggerId, '0'.repeat(32))
    expect([elsewhere.code, elsewhere.err]).toEqual([1, expect.stringMatching(/^error\[JOB_NOT_FOUND\]/)])
    const nobody = await run('savepoint', '--status', triggerId)
    expect([nobody.code, nobody.out]).toEqual([1, expect.stringMatching(/^Missing JobID/)])
  })
})

describe('--pending', () => {
  it('lists what is under way and what has ended, with what has come of it', async () => {
    const { cli, job, run, ending } = serving()
    const empty = await run('savepoint', '--pending', job.id)
    expect(empty).toEqual({
      code: 0,
      out: 'Waiting for response...\nNo pending savepoints.\nNo recent savepoints.\n',
      err: '',
    })
    const at = formatTime(cli.clock.now())
    const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(32))
    await ending('/s/1', 'savepoint', '--trigger-id', ids[0]!, job.id)
    await ending(expired, 'stop', '--drain', '--trigger-id', ids[1]!, job.id)
    await ending(incomplete, 'stop', '--trigger-id', ids[2]!, job.id)
    await run('savepoint', '-detached', '--trigger-id', ids[3]!, job.id, '/data')
    const { code, out } = await run('savepoint', '--pending', job.id)
    expect(code).toBe(0)
    const rows = out.split('\n')
    expect(rows.map((row) => row.replace(/^\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d : /, 'at '))).toEqual([
      'Waiting for response...',
      '--------------------- Pending Savepoints ---------------------',
      `at ${ids[3]} : savepoint : to /data`,
      '-'.repeat(62),
      '--------------------- Recent Savepoints ----------------------',
      `at ${ids[2]} : stop : /s/1 : STOP_INCOMPLETE: A savepoint has been created at /s/1, but …`,
      `at ${ids[1]} : drain : CHECKPOINT_FAILED: It expired (CHECKPOINT_EXPIRED)`,
      `at ${ids[0]} : savepoint : /s/1`,
      '-'.repeat(62),
      '',
    ])
    expect(rows.at(-3)).toContain(at.slice(0, 10))
  })

  it('of an unknown job is an error', async () => {
    const { run } = serving()
    const { code, err } = await run('savepoint', '--pending', '0'.repeat(32))
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^error\[JOB_NOT_FOUND\]: Failed to list the savepoints of job 0/),
    ])
  })
})
