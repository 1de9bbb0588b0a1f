import { describe, expect, it } from 'vitest'
import '../../src/cli/job-argument.ts'
import { makeCli } from './cli.ts'

const help = '\nUse the help option (-h or --help) to get help on the command.\n'
const triggerId = 'ab'.repeat(16)

/** Runs a command against a session with one job. */
const run = async (...words: readonly string[]) => {
  const cli = makeCli()
  const job = cli.serve().add()
  const code = await cli.run(...words.map((word) => (word === 'ID' ? job.id : word)))
  return { code, out: cli.out(), err: cli.err(), calls: job.calls }
}

describe('what a command does not use', () => {
  it.each([
    'stop ID extra',
    'stop -p /data ID extra',
    `stop --status ${triggerId} ID extra`,
    'cancel ID extra',
    'cancel -s /data ID extra',
    'checkpoint ID extra',
    'savepoint -d /data/savepoint-1 extra',
    'savepoint --pending ID extra',
  ])('%s is an argument error, and nothing happens', async (words) => {
    expect(await run(...words.split(' '))).toEqual({
      code: 1,
      out: `Unexpected argument: extra.\n${help}`,
      err: '',
      calls: [],
    })
  })

  it.each(['x', triggerId])('an id for what is disposed of: %s', async (id) => {
    const { code, out } = await run('savepoint', '-d', '/data/savepoint-1', '--trigger-id', id)
    expect([code, out]).toEqual([1, expect.stringMatching(/^Options -d and --trigger-id exclude each other/)])
  })
})
