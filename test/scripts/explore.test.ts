import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ArgumentError, readArguments } from '../../scripts/explore/arguments.ts'
import { coverageText } from '../../scripts/explore/coverage-text.ts'

const run = promisify(execFile)
const explore = ['bin/tidemark-source.js', 'scripts/explore/main.ts']

describe('explore', () => {
  it('explores every scenario in its short size, and no edge is left without a reason', async () => {
    const { stdout } = await run(process.execPath, [...explore, '--short'], { maxBuffer: 10_000_000 })
    expect(stdout).toContain('main: 2 checkpoints')
    expect(stdout).toContain('edges of the charts taken by all scenarios')
    for (const chart of ['subtask', 'coordinator', 'pending', 'job', 'savepoint']) {
      expect(stdout).toMatch(new RegExp(`^  ${chart}: .*\\(100.0 %\\)`, 'm'))
    }
    expect(stdout).not.toMatch(/NEVER|violated|incomplete/)
  }, 180_000)

  it('says in one line what is wrong with its arguments', async () => {
    const failed = await run(process.execPath, [...explore, '--scenario', 'nonsense']).catch(
      (thrown: unknown) => thrown,
    )
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--scenario must be one of main, .*\n$/) })
  })

  it('reads its arguments', () => {
    expect(readArguments(['--scenario', 'cancel', '--records', '0', '--short'])).toMatchObject({
      targets: [{ name: 'cancel' }],
      records: 0,
      seconds: undefined,
      short: true,
    })
    expect(() => readArguments(['--seconds', 'many'])).toThrow(ArgumentError)
    expect(() => readArguments(['--fast'])).toThrow(ArgumentError)
  })

  it('wants a reason for each edge that is not taken, and none for one that is', () => {
    const whole = [{ chart: 'door', edges: 4, taken: 1, missing: ['open × bang', 'shut × bang', 'shut × open'] }]
    const alone = [{ chart: 'door', edges: 4, taken: 2, missing: ['open × bang', 'shut × bang'] }]
    const reasons = { door: { 'open × bang': 'nobody bangs', 'shut × open': 'stuck' } }
    const { lines, faults } = coverageText(whole, alone, reasons)
    expect(lines).toEqual([
      'door: 2 of 4 edges (50.0 %), 1 of them by whole systems',
      '  open × bang: nobody bangs',
      '  shut × bang: no reason is written down',
    ])
    expect(faults).toEqual([
      'No exploration takes shut × bang of door, and no reason says why.',
      'A reason says why shut × open of door is not taken, but it is.',
    ])
  })
})
