import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { helpOf } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/command-line.ts'
import { printable } from '../../src/cli/context.ts'
import { describeError, explaining } from '../../src/cli/failure.ts'
import { jobIdAndDirectory, pathFrom } from '../../src/cli/job-argument.ts'
import { main, realContext } from '../../src/cli/main.ts'
import { StreamError } from '../../src/core/errors.ts'
import { makeCli } from './cli.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

describe('the command line', () => {
  it('shows what there is', async () => {
    const cli = makeCli()
    expect(await cli.run('--help')).toBe(0)
    const width = Math.max(...commands.map(({ name }) => name.length))
    for (const { name, about } of commands) expect(cli.out()).toContain(`  ${name.padEnd(width)}  ${about}\n`)
    expect(await cli.run('--version')).toBe(0)
    expect(cli.out()).toContain('Version: 9.9.9\n')
  })

  it('guesses the second word of an action', async () => {
    const cli = makeCli()
    expect(await cli.run('savepoint', 'inspcet', 'x')).toBe(1)
    expect(cli.out()).toContain('Did you mean "savepoint inspect"?')
  })

  it.each(commands)('$name has help with an example', async (command) => {
    const cli = makeCli()
    expect(await cli.run(...command.name.split(' '), '--help')).toBe(0)
    expect(cli.out()).toBe(`${helpOf(command)}\n`)
    expect(cli.out()).toContain(`Example: tidemark ${command.name} `.trimEnd())
  })

  it('asks for an action, and refuses one that is none', async () => {
    const none = makeCli()
    expect([await none.run(), none.out()]).toEqual([1, expect.stringMatching(/Please specify an action\.\n$/)])
    const wrong = makeCli()
    expect(await wrong.run('lsit')).toBe(1)
    expect(wrong.out()).toMatch(/^"lsit" is not a valid action\.\n\nDid you mean "list"\?/)
    const odd = makeCli()
    await odd.run('frobnicate\x1b[2J')
    expect(odd.out()).toMatch(/^"frobnicate \[2J" is not a valid action\.\n\nValid actions: run, /)
  })

  it('shows a stack only when asked', async () => {
    const stack = /\n {4}at /
    const plain = makeCli()
    expect(await plain.run('list')).toBe(1)
    expect(plain.err()).not.toMatch(stack)
    for (const cli of [makeCli(), makeCli({ env: { TIDEMARK_DEBUG: '1' } })]) {
      expect(await cli.run('list', ...(cli.context.env.TIDEMARK_DEBUG === '1' ? [] : ['--verbose']))).toBe(1)
      expect(cli.err()).toMatch(stack)
    }
  })

  it('says what it did not expect in one line', async () => {
    expect(describeError(new TypeError('odd'))).toBe('error[BUG]: odd (TIDEMARK_DEBUG=1 shows where)')
    const cause = new StreamError('STORAGE_FULL', 'The disk is full.')
    await expect(explaining('Failed', () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: 'Failed: The disk is full.',
    })
    await expect(explaining('Failed', () => Promise.reject(new Error('x')))).rejects.toMatchObject({ code: 'BUG' })
  })

  it('a wrong setting is an error of the command', async () => {
    const cli = makeCli({ env: { TIDEMARK_REST_PORT: 'high' } })
    expect(await cli.run('list')).toBe(1)
    expect(cli.err()).toMatch(
      /^error\[CONFIG_VALUE_INVALID\]: "rest.port" is "high" \(environment variable TIDEMARK_REST_PORT\)/,
    )
  })

  it('reads arguments', () => {
    const id = '1'.repeat(32)
    expect(jobIdAndDirectory([], id, 'stop')).toEqual({ jobId: id, directory: undefined })
    expect(jobIdAndDirectory([id], 'd', 'stop')).toEqual({ jobId: id, directory: 'd' })
    expect(pathFrom('/w', 'a/b')).toBe('/w/a/b')
    expect(pathFrom('/w', 'jobmanager://savepoints/1')).toBe('jobmanager://savepoints/1')
    expect(printable('a\x1b[2Jb\nc')).toBe('a [2Jb c')
  })
})

describe('main', () => {
  it('sets the exit code', async () => {
    const before = process.exitCode
    await main(['--nonsense'], makeCli().context)
    expect(process.exitCode).toBe(1)
    process.exitCode = before
    expect(realContext().version).toBe(version)
  })

  it('is what `node bin/tidemark.js` runs', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['bin/tidemark.js', '--version'], {
      encoding: 'utf8',
    })
    expect([stdout, stderr, status]).toEqual([`Version: ${version}\n`, '', 0])
  })
})
