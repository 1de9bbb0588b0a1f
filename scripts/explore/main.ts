/**
 * `npm run explore -- [--scenario name] [--records n] [--max-states n] [--seconds n] [--short] [--out directory]`
 *
 * Explores the checkpoint protocol, on the charts of the runtime, in every order of deliveries, timers and faults: the
 * main system and small ones. Ends with 1 when something is violated, was never reached, or was not explored to the
 * end, or when an edge of a chart is taken by none of them and no reason says why; with 2 when the command line is wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { checkpointSystem } from '../../src/testing/checkpoint-model/checkpoint-system.ts'
import { propertiesOf, type Scenario } from '../../src/testing/checkpoint-model/scenarios.ts'
import { ChartCoverage } from '../../src/testing/explorer/chart-coverage.ts'
import { counterexampleMermaid } from '../../src/testing/explorer/counterexample-mermaid.ts'
import { counterexampleTest, printCounterexample } from '../../src/testing/explorer/counterexample-text.ts'
import { counterexampleTrace } from '../../src/testing/explorer/counterexample-trace.ts'
import { explore } from '../../src/testing/explorer/explore.ts'
import { type Replay, replayCounterexample } from '../../src/testing/explorer/replay.ts'
import type { ExploreReport, Property } from '../../src/testing/explorer/system.ts'
import { ArgumentError, type ExploreArguments, readArguments } from './arguments.ts'
import { coverageText } from './coverage-text.ts'
import { uncovered } from './uncovered.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const count = (number: number): string => number.toLocaleString('en')

function exploreOne(scenario: Scenario, args: ExploreArguments, coverage: ChartCoverage): boolean {
  const sized = args.short ? scenario.short : scenario.full
  const options = args.records === undefined ? sized : { ...sized, records: args.records }
  const system = checkpointSystem(options, { checkers, coverage })
  const properties = propertiesOf(options, scenario.possible)
  print(`\n${scenario.name}: ${scenario.about}`)
  const { seconds, maxStates } = args
  const report = explore(system, properties, { maxStates, ...(seconds !== undefined && { maxSeconds: seconds }) })
  printReport(report, properties)
  if (report.violation !== undefined) {
    const replay = replayCounterexample(system, properties, report.violation)
    print(printCounterexample(replay))
    if (args.out !== undefined) write(args.out, scenario, args.short, replay)
  }
  return report.verdict === 'holds'
}

function printReport(report: ExploreReport, properties: readonly Property[]): void {
  const { states, transitions, depth, terminals, seconds, bytesPerState, verdict, sometimes } = report
  const rate = seconds > 0 ? count(Math.round(states / seconds)) : 'all'
  print(`  ${verdict}: ${count(states)} states, ${count(transitions)} transitions, depth ${depth}, ${terminals} ends`)
  print(`  ${seconds.toFixed(1)} s, ${rate} states/s, ${bytesPerState} bytes per state`)
  if (verdict === 'violated') return
  const rest = verdict === 'incomplete' ? ' (as far as it was explored)' : ''
  print(`  held${rest}:`)
  for (const { name, title } of checkers) print(`    ${name} ${title}`)
  for (const { name, kind } of properties) if (kind !== 'sometimes') print(`    ${kind}: ${name}`)
  print('  reached:')
  for (const [name, depth] of Object.entries(sometimes)) {
    print(`    ${name}: ${depth === undefined ? 'NEVER' : `after ${depth} choices`}`)
  }
}

/** The counterexample as a diagram, as a trace, and as a test to add to `test/testing/checkpoint-model`. */
function write(directory: string, scenario: Scenario, short: boolean, replay: Replay): void {
  mkdirSync(directory, { recursive: true })
  const name = scenario.name.replaceAll(' ', '-')
  const header = [
    "import { expect, it } from 'vitest'",
    "import { checkers } from '../../../src/testing/checkers/all-checkers.ts'",
    "import { checkpointSystem } from '../../../src/testing/checkpoint-model/checkpoint-system.ts'",
    "import { propertiesOf, scenarioCalled } from '../../../src/testing/checkpoint-model/scenarios.ts'",
    "import { replay } from '../../../src/testing/explorer/replay.ts'",
    '',
    `const scenario = scenarioCalled('${scenario.name}')!`,
    `const options = scenario.${short ? 'short' : 'full'}`,
    'const system = checkpointSystem(options, { checkers })',
    'const properties = propertiesOf(options, scenario.possible)',
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
  const coverage = new ChartCoverage()
  const failed = args.scenarios.filter((scenario) => !exploreOne(scenario, args, coverage)).map(({ name }) => name)
  const { lines, faults } = coverageText(coverage.report(), uncovered, args.short)
  // One scenario alone takes what it is about, and a search that was broken off takes less than it could.
  const whole = args.scenarios.length > 1 && failed.length === 0
  print(`\nedges of the charts taken by ${whole ? 'all scenarios' : 'what was explored'}:`)
  for (const line of lines) print(whole ? `  ${line}` : `  ${line.replace(/: no reason is written down$/, '')}`)
  if (whole) for (const fault of faults) print(fault)
  if (failed.length > 0) print(`\nnot good: ${failed.join(', ')}`)
  return failed.length === 0 && !(whole && faults.length > 0)
}

try {
  process.exitCode = run(readArguments(process.argv.slice(2))) ? 0 : 1
} catch (thrown) {
  if (!(thrown instanceof ArgumentError)) throw thrown
  process.stderr.write(`${thrown.message}\n`)
  process.exitCode = 2
}
