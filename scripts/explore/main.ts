/**
 * `npm run explore -- [--scenario name] [--records n] [--max-states n] [--seconds n] [--short] [--out directory]`
 *
 * Explores the checkpoint protocol, on the charts of the runtime, in every order of deliveries, timers and faults: the
 * main system and small ones. Ends with 1 when something is violated, was never reached, or was not explored to the
 * end, or when an edge of a chart is taken by none of them and no reason says why; with 2 when the command line is wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChartCoverage } from '../../src/testing/explorer/chart-coverage.ts'
import { counterexampleMermaid } from '../../src/testing/explorer/counterexample-mermaid.ts'
import { counterexampleTest, printCounterexample } from '../../src/testing/explorer/counterexample-text.ts'
import { counterexampleTrace } from '../../src/testing/explorer/counterexample-trace.ts'
import { explore } from '../../src/testing/explorer/explore.ts'
import { type Replay, replayCounterexample } from '../../src/testing/explorer/replay.ts'
import type { ExploreReport, Property } from '../../src/testing/explorer/system.ts'
import { ArgumentError, type ExploreArguments, readArguments } from './arguments.ts'
import { coverageText } from './coverage-text.ts'
import type { Target } from './targets.ts'
import { uncovered } from './uncovered.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
// Who reads only the beginning (`| head`) closes the pipe: nothing is left to say then.
process.stdout.on('error', () => process.exit())
const count = (number: number): string => number.toLocaleString('en')

/** A short scenario has fewer states than this. */
const shortStatesMax = 1_000_000

function exploreOne(target: Target, args: ExploreArguments, coverage: ChartCoverage): boolean {
  const system = target.system(args, coverage)
  const properties = target.properties(args)
  print(`\n${target.name}: ${target.about}`)
  const { seconds } = args
  // A mistake that makes a small system endless is to fail, not to go on for ever.
  const maxStates = Math.min(args.maxStates, args.short ? shortStatesMax : Number.POSITIVE_INFINITY)
  const report = explore(system, properties, { maxStates, ...(seconds !== undefined && { maxSeconds: seconds }) })
  printReport(report, properties, target)
  if (report.violation !== undefined) {
    const replay = replayCounterexample(system, properties, report.violation)
    print(printCounterexample(replay))
    if (args.out !== undefined) write(args.out, target, args, replay)
  }
  return report.verdict === 'holds'
}

function printReport(report: ExploreReport, properties: readonly Property[], { watched, unwatched }: Target): void {
  const { states, transitions, depth, terminals, seconds, bytesPerState, verdict, sometimes } = report
  const rate = seconds > 0 ? count(Math.round(states / seconds)) : 'all'
  print(`  ${verdict}: ${count(states)} states, ${count(transitions)} transitions, depth ${depth}, ${terminals} ends`)
  print(`  ${seconds.toFixed(1)} s, ${rate} states/s, ${bytesPerState} bytes per state`)
  if (verdict === 'violated') return
  const rest = verdict === 'incomplete' ? ' (as far as it was explored)' : ''
  print(`  held${rest}:`)
  for (const line of watched) print(`    ${line}`)
  if (unwatched.length > 0) print(`    (nothing here can break ${unwatched.join(', ')}: the simulation checks them)`)
  for (const { name, kind } of properties) if (kind !== 'sometimes') print(`    ${kind}: ${name}`)
  if (Object.keys(sometimes).length > 0) print('  reached:')
  for (const [name, depth] of Object.entries(sometimes)) {
    print(`    ${name}: ${depth === undefined ? 'NEVER' : `after ${depth} choices`}`)
  }
}

/** The counterexample as a diagram, as a trace, and as a test to add to `test/testing/checkpoint-model`. */
function write(directory: string, target: Target, args: ExploreArguments, replay: Replay): void {
  mkdirSync(directory, { recursive: true })
  const name = target.name.replaceAll(' ', '-')
  const header = [
    "import { expect, it } from 'vitest'",
    "import { replay } from '../../../src/testing/explorer/replay.ts'",
    ...target.setUp(args),
    '',
    '',
  ].join('\n')
  const files = {
    [`${name}.mmd`]: counterexampleMermaid(replay),
    [`${name}.ndjson`]: counterexampleTrace(replay),
    [`${name}.test.ts`]: header + counterexampleTest(replay),
  }
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(directory, file), text)
    print(`  wrote ${join(directory, file)}`)
  }
}

function run(args: ExploreArguments): boolean {
  const coverage = { whole: new ChartCoverage(), alone: new ChartCoverage() }
  const failed = args.targets.filter((target) => !exploreOne(target, args, coverage[target.kind]))
  const { lines, faults } = coverageText(coverage.whole.report(), coverage.alone.report(), uncovered)
  // One scenario alone takes what it is about, and a search that was broken off takes less than it could.
  const isWhole = args.targets.length > 1 && failed.length === 0
  if (isWhole) {
    print('\nedges of the charts taken by all scenarios:')
    for (const line of lines) print(`  ${line}`)
    for (const fault of faults) print(fault)
  }
  if (failed.length > 0) print(`\nnot good: ${failed.map(({ name }) => name).join(', ')}`)
  return failed.length === 0 && !(isWhole && faults.length > 0)
}

try {
  process.exitCode = run(readArguments(process.argv.slice(2))) ? 0 : 1
} catch (thrown) {
  if (!(thrown instanceof ArgumentError)) throw thrown
  process.stderr.write(`${thrown.message}\n`)
  process.exitCode = 2
}
