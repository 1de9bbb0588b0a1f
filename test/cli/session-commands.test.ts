import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatTime } from '../../src/cli/list-command.ts'
import '../../src/cli/savepoint-commands.ts'
import '../../src/cli/stop-commands.ts'
import { StreamError } from '../../src/core/errors.ts'
import { fixtures, makeCli, turn, until } from './cli.ts'

const help = '\nUse the help option (-h or --help) to get help on the command.\n'
const dashes = '-'.repeat(62)

/** Runs a command against a session with one job, and ends the operation that it triggers. */
const command = async (words: (id: string) => readonly string[], end?: string | StreamError) => {
  const cli = makeCli()
  const job = cli.serve().add()
  const done = cli.run(...words(job.id))
  if (end !== undefined) {
    await until(() => job.calls.length > 0)
    await (end instanceof StreamError ? job.fail(end) : job.complete(end))
  }
  const code = await done
  return { code, job, out: cli.out(), err: cli.err() }
}
const expired = new StreamError('CHECKPOINT_FAILED', 'CHECKPOINT_EXPIRED: took too long.')

describe('savepoint', () => {
  it('L1 prints the path', async () => {
    const { code, out, err, job } = await command((id) => ['savepoint', id], 'jobmanager://savepoints/1')
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(
      `Triggering savepoint for job ${job.id}.\nWaiting for response...\n` +
        'Savepoint completed. Path: jobmanager://savepoints/1\n' +
        'To go on from it: tidemark run -s jobmanager://savepoints/1 <job file>\n',
    )
    expect(job.calls).toEqual(['savepoint default'])
  })

  it('L1 a failure shows the cause, without a stack, and exits with 1', async () => {
    const { code, err, job } = await command((id) => ['savepoint', id], expired)
    expect(code).toBe(1)
    expect(err).toBe(
      `error[CHECKPOINT_FAILED]: Failed to trigger a savepoint for the job ${job.id}: CHECKPOINT_EXPIRED: took too long.\n`,
    )
  })

  it('L1 a bad id is an argument error', async () => {
    const { code, out, err } = await command(() => ['savepoint', 'nonsense'])
    expect([code, err]).toEqual([1, ''])
    expect(out).toBe(`Cannot parse JobID from "nonsense": expected 32 hex digits.\n${help}`)
    const missing = await command(() => ['savepoint'])
    expect([missing.code, missing.out]).toEqual([1, expect.stringMatching(/^Missing JobID.*\n\nUse the help option/)])
  })

  it('L2 passes the directory, made absolute, and accepts a type', async () => {
    const { code, job } = await command((id) => ['savepoint', id, 'dir', '-type', 'native'], '/x')
    expect([code, job.calls]).toEqual([0, [`savepoint ${join(fixtures, 'dir')}`]])
    const bad = await command((id) => ['savepoint', id, '--type', 'odd'])
    expect([bad.code, bad.job.calls]).toEqual([1, []])
  })

  it('notes extra arguments and goes on', async () => {
    const { code, out } = await command((id) => ['savepoint', id, '/a', 'b', 'c'], '/x')
    expect([code, out]).toEqual([0, expect.stringContaining('ignored: b c')])
  })

  it('-detached prints the trigger id and does not wait', async () => {
    const { code, out, job } = await command((id) => ['savepoint', id, '-detached'])
    expect(code).toBe(0)
    expect(out).toContain(`Triggering savepoint in detached mode for job ${job.id}.\n`)
    expect(out).toMatch(/Successfully trigger manual savepoint, triggerId: [0-9a-f]{32}\n$/)
  })

  it('an unknown job is named', async () => {
    const { code, err } = await command(() => ['savepoint', '0'.repeat(32)])
    expect([code, err]).toEqual([1, expect.stringMatching(/^error\[JOB_NOT_FOUND\]: .*Job 0{32} not found/)])
  })
})

describe('--self-contained', () => {
  it('asks for a savepoint that holds all its state, of a savepoint and of a stop', async () => {
    const taken = await command((id) => ['savepoint', '--self-contained', id, '/data/sp'], '/data/sp/1')
    expect([taken.code, taken.job.calls]).toEqual([0, ['savepoint /data/sp self-contained']])
    const stopped = await command((id) => ['stop', '-p', '/data/sp', '--self-contained', id], '/data/sp/1')
    expect([stopped.code, stopped.job.calls]).toEqual([0, ['stop /data/sp suspend self-contained']])
  })
})

describe('savepoint -d', () => {
  it('L3 disposes and prints the path; a failure shows the cause', async () => {
    const good = await command(() => ['savepoint', '-d', 'jobmanager://savepoints/1'])
    expect([good.code, good.out]).toEqual([
      0,
      "Disposing savepoint 'jobmanager://savepoints/1'.\nWaiting for response...\n" +
        "Savepoint 'jobmanager://savepoints/1' disposed.\n",
    ])
    const bad = await command(() => ['savepoint', '--dispose', 'missing'])
    expect(bad.code).toBe(1)
    expect(bad.err).toBe(
      `error[SAVEPOINT_NOT_FOUND]: Failed to dispose the savepoint 'missing': No savepoint at ${join(fixtures, 'missing')}.\n`,
    )
    const none = await command(() => ['savepoint', '-d'])
    expect([none.code, none.out]).toEqual([1, expect.stringContaining('Missing argument for option: -d')])
  })
})

describe('checkpoint', () => {
  it('prints the id', async () => {
    const { out, job } = await command((id) => ['checkpoint', id], '12')
    expect(out).toContain(`Triggering checkpoint for job ${job.id}.\nWaiting for response...\n`)
    expect(out).toContain(`Checkpoint(CONFIGURED) 12 for job ${job.id} completed.\n`)
    const full = await command((id) => ['checkpoint', '--full', id], '3')
    expect(full.out).toContain('Checkpoint(FULL) 3')
  })

  it('fails with the cause', async () => {
    const { code, err, job } = await command((id) => ['checkpoint', id], expired)
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(`Failed to trigger a checkpoint for the job ${job.id}: CHECK`),
    ])
  })
})

describe('stop', () => {
  const dir = '/data/sp'
  const cases: readonly (readonly [string, (id: string) => readonly string[], string])[] = [
    ['only an id', (id) => [id], 'stop true suspend'],
    ['-p dir id', (id) => ['-p', dir, id], `stop ${dir} suspend`],
    ['-p id (default directory)', (id) => ['-p', id], 'stop true suspend'],
    ['-d id', (id) => ['-d', id], 'stop true drain'],
    ['-p -d id', (id) => ['-p', '-d', id], 'stop true drain'],
    ['-d -p dir id', (id) => ['-d', '-p', dir, id], `stop ${dir} drain`],
    ['--savepointPath=dir --drain id', (id) => [`--savepointPath=${dir}`, '--drain', id], `stop ${dir} drain`],
    ['-type native id', (id) => ['-type', 'native', id], 'stop true suspend'],
  ]
  it.each(cases)('L5 %s', async (_, words, call) => {
    const { code, out, job } = await command((id) => ['stop', ...words(id)], '/s/1')
    expect([code, job.calls]).toEqual([0, [call]])
    const format = words('x').includes('native') ? 'NATIVE' : 'CANONICAL'
    const verb = call.endsWith('drain') ? 'Draining' : 'Suspending'
    expect(out).toContain(`${verb} job "${job.id}" with a ${format} savepoint.\nSavepoint completed. Path: /s/1\n`)
  })

  it('L6 an unknown option, a missing id, and -s are argument errors', async () => {
    for (const words of [['-x'], [], ['-p'], ['-d'], ['-s', '-d', 'dir', '1'.repeat(32)]]) {
      const { code, out, err, job } = await command(() => ['stop', ...words])
      expect([code, err, job.calls], words.join(' ')).toEqual([1, '', []])
      expect(out).toContain(help)
    }
  })

  it('L6 an unknown job is an error with its cause', async () => {
    const { code, err } = await command(() => ['stop', '0'.repeat(32)])
    expect([code, err]).toEqual([
      1,
      `error[JOB_NOT_FOUND]: Could not stop with a savepoint job "${'0'.repeat(32)}": Job ${'0'.repeat(32)} not found.\n`,
    ])
  })

  it('-detached does not wait', async () => {
    const { code, out } = await command((id) => ['stop', '--detached', id])
    expect([code, out]).toEqual([0, expect.stringMatching(/triggerId: [0-9a-f]{32}/)])
  })
})

describe('cancel', () => {
  it('L7 an id cancels', async () => {
    const { code, out, job } = await command((id) => ['cancel', id])
    expect([code, out]).toEqual([0, `Cancelling job ${job.id}.\nCancelled job ${job.id}.\n`])
    expect(job.currentStatus).toBe('CANCELED')
  })

  const cancelSlowly = async (...flags: readonly string[]) => {
    const cli = makeCli()
    const session = cli.serve()
    const job = session.add()
    job.lingers = true
    const code = cli.run('cancel', ...flags, job.id)
    await until(() => job.calls.length > 0)
    return { cli, session, job, code }
  }

  it('L7 waits until the job has ended and has been cleaned up', async () => {
    const { cli, job, code } = await cancelSlowly('-Dclient.timeout=1h')
    for (let turns = 0; turns < 50; turns++) await turn()
    expect(cli.out()).toBe(`Cancelling job ${job.id}.\n`)
    job.move('CANCELED')
    expect([await code, cli.out()]).toEqual([0, expect.stringContaining(`Cancelled job ${job.id}.\n`)])
  })

  it('says so when the job has come to another end', async () => {
    const { cli, job, code } = await cancelSlowly()
    job.move('FINISHED')
    expect([await code, cli.err()]).toEqual([
      1,
      `error[JOB_NOT_RUNNING]: Could not cancel job ${job.id}: It was ending already: it is FINISHED.\n`,
    ])
  })

  it('takes a session that ends with its job for the end of it', async () => {
    const { cli, job, code } = await cancelSlowly()
    cli.network.clear()
    expect([await code, cli.out()]).toEqual([0, expect.stringContaining(`Cancelled job ${job.id}.\n`)])
  })

  it('gives up waiting after client.timeout', async () => {
    const { cli, code } = await cancelSlowly('-Dclient.timeout=3s')
    expect([await code, cli.err()]).toEqual([2, expect.stringMatching(/^error\[REQUEST_TIMEOUT\].*within 3 s/)])
  })

  it('L7 a missing id, and -s alone, are argument errors', async () => {
    for (const words of [[], ['-s']]) {
      const { code, out } = await command(() => ['cancel', ...words])
      expect([code, out]).toEqual([1, expect.stringMatching(/^Missing JobID/)])
    }
  })

  it('L7 -s id takes the default directory, -s dir id the given one', async () => {
    const byDefault = await command((id) => ['cancel', '-s', id], '/s/1')
    expect(byDefault.job.calls).toEqual(['savepoint default', 'cancel'])
    expect(byDefault.out).toBe(
      `Cancelling job ${byDefault.job.id} with CANONICAL savepoint to default savepoint directory.\n` +
        `Cancelled job ${byDefault.job.id}. Savepoint stored in /s/1.\n`,
    )
    expect(byDefault.err).toContain('deprecated')
    const given = await command((id) => ['cancel', '-s', '/data/sp', id], '/data/sp/1')
    expect(given.job.calls).toEqual(['savepoint /data/sp', 'cancel'])
  })

  it('a failed savepoint leaves the job running', async () => {
    const { code, err, job } = await command((id) => ['cancel', '-s', id], expired)
    expect([code, job.currentStatus]).toEqual([1, 'RUNNING'])
    expect(err).toContain(`Could not cancel job ${job.id}: CHECKPOINT_EXPIRED`)
  })
})

describe('list', () => {
  const listed = async (...flags: readonly string[]) => {
    const cli = makeCli()
    const session = cli.serve()
    const statuses = ['RUNNING', 'CREATED', 'FINISHED', 'RESTARTING', 'CANCELED'] as const
    for (const [index, status] of statuses.entries()) {
      const job = session.add({ name: `job ${index}\x1b[31m` })
      job.move(status)
      Object.assign(job, { startedAt: 1_000_000 - index * 1_000 })
    }
    const code = await cli.run('list', ...flags)
    expect(code).toBe(0)
    return { out: cli.out(), ids: session.jobs().map(({ id }) => id) }
  }
  const row = (id: string | undefined, index: number, status: string) =>
    `${formatTime(1_000_000 - index * 1_000)} : ${id} : job ${index} [31m (${status})`

  it('L9 without flags: running and scheduled, by start time', async () => {
    const { out, ids } = await listed()
    expect(out).toBe(
      [
        'Waiting for response...',
        '------------------ Running/Restarting Jobs -------------------',
        row(ids[3], 3, 'RESTARTING'),
        row(ids[0], 0, 'RUNNING'),
        dashes,
        '----------------------- Scheduled Jobs -----------------------',
        row(ids[1], 1, 'CREATED'),
        dashes,
        '',
      ].join('\n'),
    )
  })

  it('L9 -r, -s and -a', async () => {
    expect((await listed('-r')).out).not.toContain('Scheduled')
    expect((await listed('-s')).out).not.toContain('Running')
    const { out, ids } = await listed('-a')
    expect(out).toContain('Scheduled Jobs')
    expect(out).toContain(
      `---------------------- Terminated Jobs -----------------------\n${row(ids[4], 4, 'CANCELED')}\n${row(ids[2], 2, 'FINISHED')}\n`,
    )
  })

  it('L9 says when there is none', async () => {
    const cli = makeCli()
    cli.serve()
    expect(await cli.run('list', '-a')).toBe(0)
    expect(cli.out()).toBe('Waiting for response...\nNo running jobs.\nNo scheduled jobs.\n')
    expect(formatTime(0)).toMatch(/^\d\d\.\d\d\.(?:1970|1969) \d\d:\d\d:\d\d$/)
  })

  it('says what to do when no session answers', async () => {
    const cli = makeCli()
    expect(await cli.run('list', '-m', 'localhost:9999')).toBe(1)
    expect(cli.err()).toMatch(
      /^error\[SESSION_UNREACHABLE\]: No session answers at http:\/\/localhost:9999 .*`tidemark start`/,
    )
  })
})
