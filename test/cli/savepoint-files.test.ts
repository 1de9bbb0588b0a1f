/** The commands that look into savepoints on disk, without a session. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { savepointDiffCommand } from '../../src/cli/savepoint-diff-command.ts'
import { savepointGcCommand } from '../../src/cli/savepoint-gc-command.ts'
import { savepointInspectCommand } from '../../src/cli/savepoint-inspect-command.ts'
import { savepointListCommand } from '../../src/cli/savepoint-list-command.ts'
import { savepointQueryCommand } from '../../src/cli/savepoint-query-command.ts'
import { savepointVerifyCommand } from '../../src/cli/savepoint-verify-command.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { SavepointBuilder } from '../../src/savepoint/savepoint-builder.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type KeptJob, keepJob } from '../savepoint/kept-job.ts'
import { makeCli } from './cli.ts'

let kept: KeptJob
beforeAll(async () => {
  kept = await keepJob()
})

async function run(...words: readonly string[]) {
  const cli = makeCli({ cwd: kept.dir })
  const code = await cli.run('savepoint', ...words)
  return { code, out: cli.out(), err: cli.err() }
}

describe('tidemark savepoint inspect', () => {
  it('shows operators, states, keys and sizes', async () => {
    const { code, out } = await run('inspect', kept.savepoint)
    expect(code).toBe(0)
    const { id } = (await openSavepoint(kept.savepoint)).operator('count')
    for (const line of [
      `  points to ${kept.checkpoint}`,
      `  savepoint 2 of job "many states" (${kept.jobId})`,
      'operator "count", uid "count"',
      `  id ${id}, parallelism 1 of 128, `,
      '  state "count", value: 4 keys, ',
      '    "be" → 4',
      '  state "lengths", map: 4 keys, ',
      '  timers "processing-time": 4 of 4 keys, ',
      '  state without keys, whole, in 1 of 1 subtasks',
    ]) {
      expect(out).toContain(line)
    }
  })

  it('shows as many rows as it is asked for, of a relative path, as JSON', async () => {
    const { out } = await run('inspect', '--json', '--sample', '1', `checkpoints/${kept.jobId}/chk-2`)
    const [head, ...operators] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(head.savepoint).toMatchObject({ path: kept.checkpoint, kind: 'savepoint', checkpointId: 2 })
    const { inspected } = operators.find(({ operator }) => operator.uid === 'count').operator
    expect(inspected.map((state: { sample: unknown[] }) => state.sample.length)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('says what is not there, and what is wrong with the command', async () => {
    expect(await run('inspect', 'nothing')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^error\[SAVEPOINT_NOT_FOUND\]: There is no savepoint or checkpoint at .*nothing\.\n$/,
      ),
    })
    expect(await run('inspect')).toMatchObject({ code: 1, out: expect.stringContaining('Missing argument: the path') })
    expect(await run('inspect', 'a', 'b')).toMatchObject({ out: expect.stringContaining('Unexpected argument: b.') })
    expect(await run('inspect', '--sample', 'x', 'a')).toMatchObject({
      out: expect.stringContaining('--sample takes a number'),
    })
    expect((await run('inspect', '--help')).out).toContain(savepointInspectCommand.about)
  })
})

describe('tidemark savepoint query', () => {
  const rows = async (...words: readonly string[]) => {
    const { out } = await run('query', ...words, kept.savepoint)
    return out === ''
      ? []
      : out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
  }

  it('prints every row as a line of JSON', async () => {
    const all = await rows()
    expect(all).toContainEqual({ operator: 'count', state: 'count', key: 'be', keyGroup: expect.any(Number), value: 4 })
    expect(all).toContainEqual(expect.objectContaining({ state: 'lengths', key: 'not', value: { $map: [[3, 'not']] } }))
    expect(all).toContainEqual(
      expect.objectContaining({ timers: 'processing-time', key: 'not', timestamps: [1e15 + 3] }),
    )
    expect(all).toContainEqual({ operator: 'words', subtask: 0, value: { position: 8 } })
    expect(all.length).toBe(4 * 6 + 1)
  })

  it('prints those of an operator, a state, a key, and no more than a limit', async () => {
    expect((await rows('--operator', 'count', '--state', 'count')).length).toBe(4)
    expect(await rows('--state', 'count', '--key', '"be"')).toMatchObject([{ key: 'be', value: 4 }])
    expect(await rows('--key', 'be', '--state', 'longest')).toMatchObject([{ key: 'be', value: 2 }])
    expect(await rows('--key', '7')).toEqual([])
    expect((await rows('--limit', '2')).length).toBe(2)
    expect(await rows('--limit', '0')).toEqual([])
  })

  it('refuses what is no key, and an operator that is not there', async () => {
    expect(await run('query', '--key', '[1]', kept.savepoint)).toMatchObject({
      code: 1,
      err: expect.stringContaining('error[ARGUMENT_INVALID]: [1] is no key'),
    })
    expect(await run('query', '--operator', 'cuont', kept.savepoint)).toMatchObject({
      code: 1,
      err: expect.stringContaining('has no operator "cuont"'),
    })
    expect(savepointQueryCommand.name).toBe('savepoint query')
  })
})

describe('tidemark savepoint verify', () => {
  it('finds nothing in a sound one', async () => {
    expect(await run('verify', kept.savepoint)).toEqual({ code: 0, out: `${kept.savepoint} is sound.\n`, err: '' })
  })

  it('names every damage with its code and place', async () => {
    const damaged = await keepJob()
    const shared = join(damaged.dir, 'checkpoints', damaged.jobId, 'shared')
    for (const name of readdirSync(shared)) {
      const bytes = readFileSync(join(shared, name))
      bytes[bytes.length - 1]! ^= 1
      writeFileSync(join(shared, name), bytes)
    }
    const { code, out } = await run('verify', damaged.savepoint)
    expect(code).toBe(1)
    const lines = out.trim().split('\n')
    expect(lines.filter((line) => line.startsWith('damage[STATE_FILE_DAMAGED]')).length).toBe(2)
    expect(lines[0]).toMatch(/shared\/1-.*\.state at offset 0: Operator "count" \(uid "count"\), subtask 0: State file/)
    expect(lines.at(-1)).toBe(`${damaged.savepoint} is damaged: 2 of 2 findings.`)
    const json = await run('verify', '--json', damaged.savepoint)
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).code),
    ).toEqual(Array(2).fill('STATE_FILE_DAMAGED'))
    expect(savepointVerifyCommand.name).toBe('savepoint verify')
  })

  it('finds a path with nothing', async () => {
    expect(await run('verify', 'nothing')).toMatchObject({
      code: 1,
      out: expect.stringContaining('damage[SAVEPOINT_NOT_FOUND]'),
    })
  })
})

describe('tidemark savepoint diff', () => {
  it('shows by operator, state and key what differs, and says so with its exit code', async () => {
    const other = join(temporaryDir(), 'other')
    await SavepointBuilder.from(await openSavepoint(kept.savepoint))
      .transform<number>('count', 'count', ({ key, value }) => ({ key, value: value + 1 }))
      .removeState('count', 'seen')
      .transformOperatorState('words', () => ({ position: 9 }))
      .addOperator({ uid: 'new' })
      .write(other)
    const { code, out } = await run('diff', kept.savepoint, other)
    expect(code).toBe(1)
    for (const line of [
      'operator "count"\n',
      '  ~ count "be": 4 → 5\n',
      '  - state "seen": "list"\n',
      '  ~ state without keys, subtask 0: {"position":8} → {"position":9}\n',
      'operator "new"\n  + operator: "new"\n',
      '\nDifferences: 7.\n',
    ]) {
      expect(out).toContain(line)
    }
    const few = await run('diff', '--limit', '1', kept.savepoint, other)
    expect(few.out).toContain('  … and 3 keys more\n')
    const json = (await run('diff', '--json', kept.savepoint, other)).out.trim().split('\n')
    expect(json.length).toBe(7)
    expect(json.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ operator: 'count', state: 'count', key: 'be', change: 'changed', before: 4, after: 5 }),
    )
  })

  it('finds nothing between a savepoint and its checkpoint', async () => {
    expect(await run('diff', kept.savepoint, kept.checkpoint)).toEqual({ code: 0, out: 'No differences.\n', err: '' })
    expect(await run('diff', kept.savepoint)).toMatchObject({
      code: 1,
      out: expect.stringContaining('another savepoint'),
    })
    expect(savepointDiffCommand.name).toBe('savepoint diff')
  })
})

describe('tidemark savepoint list', () => {
  it('shows what is below a directory', async () => {
    const { code, out } = await run('list', '.')
    expect(code).toBe(0)
    expect(out).toContain(`${kept.savepoint}\n  pointer of job "many states" (${kept.jobId}), `)
    expect(out).toContain(`  pins ${kept.checkpoint}\n`)
    expect(out).toMatch(/checkpoint 2 of job "many states" .*, \d+ B\n {2}pinned by /)
    const json = (await run('list', '--json', 'savepoints')).out.trim().split('\n')
    expect(JSON.parse(json[0]!)).toMatchObject({ form: 'pointer', pointsTo: kept.checkpoint })
    mkdirSync(join(kept.dir, 'empty'), { recursive: true })
    expect((await run('list', 'empty')).out).toMatch(/^No savepoints or checkpoints below/)
    const there = { code: 1, out: '', err: expect.stringContaining('nothing: expected one to look into') }
    expect(await run('list', 'nothing')).toMatchObject(there)
    expect(await run('list', `${kept.savepoint}/_metadata`)).toMatchObject({ code: 1 })
    expect(savepointListCommand.name).toBe('savepoint list')
  })

  it('shows what is damaged', async () => {
    const damaged = await keepJob()
    writeFileSync(join(damaged.savepoint, '_metadata'), 'no JSON')
    expect((await run('list', damaged.savepoint)).out).toContain('  damaged[MANIFEST_DAMAGED] ')
  })
})

describe('tidemark savepoint gc', () => {
  const littered = async () => {
    const littered = await keepJob()
    const orphan = join(littered.dir, 'checkpoints', littered.jobId, 'chk-9')
    mkdirSync(orphan)
    return { ...littered, orphan, checkpoints: join(littered.dir, 'checkpoints') }
  }

  it('says without deleting what is an orphan and what holds the rest', async () => {
    const { orphan, checkpoints, checkpoint, savepoint, dir } = await littered()
    mkdirSync(join(dir, 'savepoints', 'savepoint-abcdef-000000000000'))
    const { code, out } = await run('gc', '--dry-run', checkpoints, join(dir, 'savepoints'))
    expect(code).toBe(0)
    expect(out).toContain(`  orphan  ${orphan}: has no manifest\n`)
    expect(out).toContain(`  held  ${checkpoint}: pinned by ${savepoint}\n`)
    expect(out).toContain('savepoint-abcdef-000000000000: has no manifest')
    expect(out).toContain('\nOrphans: 1. Nothing was deleted.\n')
    expect(existsSync(orphan)).toBe(true)
  })

  it('deletes orphans of a job that is not running', async () => {
    const { orphan, checkpoints } = await littered()
    expect((await run('gc', checkpoints)).out).toContain(`  deleted ${orphan}\nDone.\n`)
    expect(existsSync(orphan)).toBe(false)
    expect((await run('gc', checkpoints)).out).toContain('Nothing to delete.')
  })

  it('leaves a job alone whose process is there', async () => {
    const { orphan, checkpoints, checkpoint, dir } = await littered()
    const lease = { epoch: 2, pid: process.pid, time: 0 }
    writeFileSync(join(dirname(checkpoint), 'lease-2'), JSON.stringify(lease))
    const asked: number[] = []
    const cli = makeCli({ cwd: dir, isProcessAlive: (pid) => asked.push(pid) > 0 })
    expect(await cli.run('savepoint', 'gc', checkpoints)).toBe(0)
    expect(asked).toEqual([process.pid])
    expect(cli.out()).toContain(`, in process ${process.pid}: left alone\n`)
    expect(existsSync(orphan)).toBe(true)
    // Resumed while what was found is printed.
    const late = makeCli({ cwd: dir, isProcessAlive: (pid) => asked.push(pid) > 2 })
    expect(await late.run('savepoint', 'gc', checkpoints)).toBe(0)
    expect(late.out()).toContain('  left alone: a process has taken the job up meanwhile\n')
    writeFileSync(join(dirname(checkpoint), 'lease-2'), '')
    expect((await run('gc', checkpoints)).out).toContain(', which a process was taking up: left alone\n')
    expect(existsSync(orphan)).toBe(true)
    expect(await run('gc', 'nothing')).toMatchObject({
      code: 1,
      err: expect.stringContaining('error[ARGUMENT_INVALID]: There is no directory'),
    })
    expect(await run('gc', 'checkpoints', 'nothing')).toMatchObject({ code: 1 })
    expect((await run('gc')).out).toContain('Missing argument: a directory of checkpoints.')
    expect(savepointGcCommand.name).toBe('savepoint gc')
  })
})
