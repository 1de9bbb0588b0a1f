/** The commands that look into savepoints on disk, without a session. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { opened } from '../../src/cli/savepoint-argument.ts'
import { savepointInspectCommand } from '../../src/cli/savepoint-inspect-command.ts'
import { savepointQueryCommand } from '../../src/cli/savepoint-query-command.ts'
import { savepointVerifyCommand } from '../../src/cli/savepoint-verify-command.ts'
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
    const { id } = (await opened(kept.savepoint)).operator('count')
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
