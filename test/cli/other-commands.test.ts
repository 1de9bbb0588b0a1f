import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import '../../src/cli/info-command.ts'
import '../../src/cli/start-command.ts'
import { parsePlan } from '../../src/graph/plan-json.ts'
import { fixtures, makeCli, until } from './cli.ts'

describe('info', () => {
  it('prints the plan as text, JSON and Mermaid', async () => {
    const print = async (...words: readonly string[]) => {
      const cli = makeCli()
      expect(await cli.run('info', ...words)).toBe(0)
      return cli.out()
    }
    expect(await print('word-count.ts')).toMatch(/^Job 'word count': 2 operators in 1 vertex\n/)
    for (const words of [
      ['--json', 'word-count.ts'],
      ['word-count.ts', '--json'],
    ]) {
      expect(parsePlan(await print(...words)).name).toBe('word count')
    }
    expect(await print('--mermaid', 'word-count.ts')).toMatch(/^flowchart LR\n/)
    expect(await print('with-arguments.ts', 'a', 'b')).toContain("Job 'job of a+b'")
    expect(await print('-Dpipeline.max-parallelism=64', 'word-count.ts')).toContain('of at most 64 (set)')
  })

  it('refuses two formats, no file, and storage that does not fit together', async () => {
    for (const words of [['--json', '--mermaid', 'word-count.ts'], []]) {
      const cli = makeCli()
      expect([await cli.run('info', ...words), cli.out()]).toEqual([1, expect.stringContaining('Use the help option')])
    }
    const cli = makeCli()
    expect(await cli.run('info', '-Dstate.savepoints.dir=/s', 'word-count.ts')).toBe(1)
    expect(cli.err()).toMatch(/^error\[SAVEPOINT_BACKEND_INCOMPATIBLE\]: "savepoints.state.backend" .*"state.backend"/)
  })
})

describe('start', () => {
  it('takes jobs until Ctrl-C, then suspends them', async () => {
    const cli = makeCli()
    const done = cli.run('start', '--port', '9000', '-Dsavepoints.state.backend=filesystem')
    await until(() => cli.out().includes('Session at'))
    expect(cli.out()).toBe(`Session at http://127.0.0.1:9000, jobs from ${fixtures}. Ctrl-C ends it.\n`)
    expect(cli.err()).toMatch(/^warn: "savepoints.state.backend" is "filesystem"/)
    const target = ['-m', '127.0.0.1:9000']
    expect(await cli.run('run', '-d', ...target, join(fixtures, 'word-count.ts'))).toBe(0)
    expect(await cli.run('run', '-d', ...target, 'word-count.ts')).toBe(0)
    const [first, second] = cli.sessions[0]!.jobs()
    expect(cli.sessions[0]!.programs[0]).not.toBe(cli.sessions[0]!.programs[1])
    expect(first?.id).not.toBe(second?.id)
    cli.interrupt()
    expect(await done).toBe(0)
    expect([first?.currentStatus, cli.sessions[0]?.closed, cli.network.size]).toEqual(['SUSPENDED', true, 0])
  })

  it('says which port is taken, and refuses what it does not understand', async () => {
    const cli = makeCli()
    cli.serve()
    expect(await cli.run('start')).toBe(1)
    expect(cli.err()).toContain('error[PORT_IN_USE]: Port 8081 of 127.0.0.1')
    expect(await cli.run('start', '--port', 'high')).toBe(1)
    expect(await cli.run('start', 'job.ts')).toBe(1)
    expect(cli.out()).toContain('Unexpected argument "job.ts"')
  })
})
