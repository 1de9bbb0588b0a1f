import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { reportText } from '../../bench/print-report.ts'
import { reportOn, spreadOf, verdictOf, type WorkloadReport } from '../../bench/report.ts'
import { sizes } from '../../bench/sizes.ts'
import { takeTurns } from '../../bench/take-turns.ts'
import { contender, ratio, short, type Workload } from '../../bench/workload.ts'
import { allWorkloads } from '../../bench/workloads/all-workloads.ts'

const run = promisify(execFile)
const bench = (...args: readonly string[]) =>
  run(process.execPath, ['bin/tidemark-source.js', 'bench/main.ts', '--size', 'smoke', ...args])

describe('the benchmarks', () => {
  it('run, check their results, and give every row and figure (smoke size)', async () => {
    const report = JSON.parse((await bench('--json')).stdout)
    expect(report).toMatchObject({ size: 'smoke', runs: 1, failures: [] })
    const expected = allWorkloads(sizes.smoke)
    const reports: readonly WorkloadReport[] = report.workloads
    expect(reports.map(({ workload }) => workload)).toEqual(expected.map(({ name }) => name))
    for (const [at, { rows, figures }] of reports.entries()) {
      const { contenders, figures: declared } = expected[at]!
      expect(rows.map(({ name }) => name)).toEqual(contenders.flatMap(({ rows }) => Object.keys(rows)))
      expect(figures.map(({ what }) => what)).toEqual(declared.map(({ what }) => what))
      for (const { median, min, max } of [...rows, ...figures]) {
        expect(median).toBeGreaterThan(0)
        expect([min, max]).toEqual([median, median])
      }
      for (const { median, wanted, verdict } of figures) {
        expect(verdict).toBe(wanted === undefined ? undefined : verdictOf(median, wanted))
      }
    }
  }, 240_000)

  it('print a table of what was asked for', async () => {
    const { stdout } = await bench('--only', 'barriers-4', '--runs', '2')
    expect(stdout).toContain('size smoke, 2 runs each')
    expect(stdout).toMatch(/ 4 subtasks \(median of 5\)( +[\d.]+){3} {2}ms\n/)
    expect(stdout).toMatch(
      /trigger → complete, 4 subtasks( +[\d.]+){3} {2}ms {2}wanted ≤ 2: (met|falls short by \d+ %)\n/,
    )
    expect(stdout).not.toContain('barriers-8')
  }, 120_000)

  it('refuse what is not there', async () => {
    await expect(bench('--only', 'nothing')).rejects.toThrow('expected a part of keyed-count, map-chain')
    await expect(bench('--runs', '0')).rejects.toThrow('--runs is "0": expected an integer from 1.')
  }, 120_000)

  it.each(['smoke', 'small', 'full'] as const)('have a name of its own for everything at size %s', (size) => {
    const workloads = allWorkloads(sizes[size])
    const contenders = workloads.flatMap(({ contenders }) => contenders)
    const rows = contenders.flatMap(({ rows }) => Object.keys(rows))
    expect(new Set(contenders.map(({ name }) => name)).size).toBe(contenders.length)
    expect(new Set(rows).size).toBe(rows.length)
    const used = workloads.flatMap(({ figures }) => figures.flatMap(({ rows }) => rows))
    expect(used.filter((row) => !rows.includes(row))).toEqual([])
  })
})

describe('the runner', () => {
  const one = contender('one', 'one', 'ms', async () => 1)
  const two = contender('two', 'two', 'ms', async () => 2)
  const turns = (programs: Readonly<Record<string, string>>, runs = 1) =>
    takeTurns([one, two], { runs, sideBySide: 1, command: (name) => ['-e', programs[name]!], progress: () => {} })
  const prints = (rows: object) => `process.stdout.write(${JSON.stringify(JSON.stringify(rows))})`

  it('lets contenders take turns', async () => {
    const order: string[] = []
    const { rounds, failures } = await takeTurns([one, two], {
      runs: 2,
      sideBySide: 1,
      command: (name) => ['-e', prints({ [name]: name.length })],
      progress: (text) => order.push(text),
    })
    expect(order).toEqual(['round 1 of 2: one', 'round 1 of 2: two', 'round 2 of 2: one', 'round 2 of 2: two'])
    expect(rounds.map((round) => [...round])).toEqual([
      [
        ['one', 3],
        ['two', 3],
      ],
      [
        ['one', 3],
        ['two', 3],
      ],
    ])
    expect(failures).toEqual([])
  })

  it('does not count what failed, and goes on', async () => {
    const { rounds, failures } = await turns({
      one: 'throw new Error("counted 3: expected 4.")',
      two: prints({ two: 2 }),
    })
    expect([...rounds[0]!]).toEqual([['two', 2]])
    expect(failures).toEqual(['one in round 1: Error: counted 3: expected 4.'])
  })

  it('does not count rows that are missing or no numbers', async () => {
    const { rounds, failures } = await turns({ one: prints({ other: 1 }), two: prints({ two: null }) })
    expect([...rounds[0]!]).toEqual([])
    expect(failures).toEqual([
      'one in round 1: one measured other: expected one.',
      'two in round 1: two measured two as null: expected a number.',
    ])
  })
})

describe('the report', () => {
  const workload: Workload = {
    name: 'sample',
    about: 'a sample',
    contenders: [contender('a', 'ours', 'ms', async () => 1), contender('b', 'theirs', 'ms', async () => 1)],
    figures: [ratio('ours / theirs', 'a', 'b', { atLeast: 0.6 }), ratio('a / c', 'a', 'c')],
  }
  const rounds = [
    new Map([
      ['a', 1],
      ['b', 4],
    ]),
    new Map([
      ['a', 3],
      ['b', 10],
    ]),
    new Map([['a', 2]]),
  ]

  it('compares what ran in the same round, and leaves out what is missing', () => {
    expect(reportOn(workload, rounds)).toEqual({
      workload: 'sample',
      about: 'a sample',
      rows: [
        { name: 'a', about: 'ours', unit: 'ms', median: 2, min: 1, max: 3 },
        { name: 'b', about: 'theirs', unit: 'ms', median: 7, min: 4, max: 10 },
      ],
      figures: [
        {
          what: 'ours / theirs',
          unit: '×',
          median: 0.275,
          min: 0.25,
          max: 0.3,
          wanted: { atLeast: 0.6 },
          verdict: 'falls short by 55 %',
        },
      ],
    })
  })

  it('is a table with one line each', () => {
    const lines = reportText(reportOn(workload, rounds)).split('\n')
    expect(lines.map((line) => line.trim().replace(/ {2,}/g, ' | '))).toEqual([
      'sample: a sample',
      '',
      'median | min | max',
      'ours | 2.00 | 1.00 | 3.00 | ms',
      'theirs | 7.00 | 4.00 | 10.00 | ms',
      '',
      'ours / theirs | 0.28 | 0.25 | 0.30 | × | wanted ≥ 0.6: falls short by 55 %',
      '',
    ])
  })

  it('takes the middle of what was measured', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
    expect(spreadOf([])).toBeUndefined()
  })

  it('says whether a target is met, or by how much it is missed', () => {
    expect(verdictOf(0.6, { atLeast: 0.6 })).toBe('met')
    expect(verdictOf(0.3, { atLeast: 0.6 })).toBe('falls short by 50 %')
    expect(verdictOf(10, { atMost: 10 })).toBe('met')
    expect(verdictOf(25, { atMost: 10 })).toBe('falls short by 150 %')
  })

  it('names numbers shortly', () => {
    expect([1, 2_500, 10_000, 1_000_000].map(short)).toEqual(['1', '2500', '10k', '1m'])
  })
})
