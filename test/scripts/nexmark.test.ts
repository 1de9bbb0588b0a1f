import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { queries } from '../../examples/nexmark/queries.ts'
import { type NexmarkQuery, rowsQuery, tableQuery } from '../../examples/nexmark/query.ts'
import { ArgumentError, readArguments } from '../../scripts/nexmark/arguments.ts'
import { ExpectedRows, lineOf } from '../../scripts/nexmark/expected-rows.ts'

const run = promisify(execFile)
const nexmark = (...args: readonly string[]) =>
  run(process.execPath, ['bin/tidemark-source.js', 'scripts/nexmark/main.ts', ...args])

describe('the verification of the queries', () => {
  it('finds every row through a kill, a savepoint and another parallelism (q4 and q6, both backends)', async () => {
    const some = '--queries q4,q6 --events 20000 --rate 500 --parallelism 2 --groups 500 --jobs 2'.split(' ')
    const { stdout } = await nexmark('--verify', ...some)
    for (const name of ['q4 group 500 heap', 'q4 group 500 lmdb', 'q6 group 500 heap', 'q6 group 500 lmdb']) {
      expect(stdout).toContain(`${name} parallelism 2 → 3`)
    }
    const outcome = / FINISHED after a kill and a savepoint, \d+ rows; lost: 0, repeated: 0, never expected: 0 /g
    expect(stdout.match(outcome)).toHaveLength(4)
    expect(stdout).toContain('4 combinations, all rows as expected')
  }, 120_000)

  const rows = rowsQuery(
    'rows',
    '',
    (events) => events,
    () => [],
  )
  const table = tableQuery<unknown>(
    'table',
    '',
    () => undefined as never,
    () => [],
  )
  const compare = (query: NexmarkQuery, expected: readonly unknown[], emitted: readonly unknown[]) =>
    new ExpectedRows(expected).compare(emitted.map((one) => lineOf(query, one)))

  it('tells rows that are lost, repeated and strange', () => {
    const expected = [{ a: 1, b: 2 }, { a: 2 }, { a: 3 }, { a: 3 }]
    expect(compare(rows, expected, [{ b: 2, a: 1 }, { a: 2 }, { a: 3 }, { a: 3 }])).toEqual({
      lost: 0,
      repeated: 0,
      strange: 0,
    })
    expect(compare(rows, expected, [{ a: 2 }, { a: 2 }, { a: 3 }, { a: 4 }, { a: 4 }])).toEqual({
      lost: 2,
      repeated: 1,
      strange: 2,
    })
  })

  it('tells changes that do not make the table', () => {
    const added = (row: number) => ({ op: '+', row })
    const gone = (row: number) => ({ op: '-', row })
    expect(compare(table, [2], [added(1), added(2), gone(1)])).toEqual({ lost: 0, repeated: 0, strange: 0 })
    expect(compare(table, [2], [added(1), added(2)])).toEqual({ lost: 0, repeated: 0, strange: 1 })
    expect(compare(table, [2], [added(2), gone(1)])).toEqual({ lost: 0, repeated: 0, strange: 1 })
    expect(compare(table, [2], [gone(2)])).toEqual({ lost: 2, repeated: 0, strange: 0 })
  })
})

describe('the words of npm run nexmark', () => {
  it('have defaults', () => {
    expect(readArguments(['--verify'])).toEqual({
      verify: true,
      queries,
      events: 1_000_000,
      seed: 1,
      ratePerSecond: 10_000,
      parallelism: [1, 2, 4],
      backends: ['heap', 'lmdb'],
      groups: [1, 500],
      jobs: 1,
      keep: false,
    })
    expect(readArguments(['--queries', 'q4'])).toMatchObject({
      verify: false,
      events: 100_000,
      queries: [{ name: 'q4' }],
    })
  })

  it.each([
    ['--queries', 'q4,q99'],
    ['--events', '0'],
    ['--parallelism', '1,x'],
    ['--backends', 'disk'],
    ['--what'],
    ['q4'],
  ])('are refused in a sentence: %s %s', (...words) => {
    expect(() => readArguments(words.filter((word) => word !== undefined))).toThrow(ArgumentError)
  })

  it('run queries and print rows without --verify', async () => {
    const { stdout } = await nexmark('--queries', 'q4', '--events', '1000')
    expect(stdout).toMatch(/\nq4: .+\n {2}\{"op":"\+","row":\{"category":1\d,"average":\d+\}\}\n/)
    expect(stdout).toMatch(/\n {2}FINISHED: \d+ rows\n/)
  }, 60_000)
})
