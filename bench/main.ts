/**
 * `npm run bench [-- --size smoke|small|full] [--only name] [--runs n] [--json]`
 *
 * Every figure is computed against a reference of the same round, on the same machine: medians of several rounds, with
 * min and max. `--only` takes a part of the name of a workload or of a contender.
 */
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { ArgumentError, type Arguments, readArguments } from './arguments.ts'
import { reportText } from './print-report.ts'
import { reportOn, type WorkloadReport } from './report.ts'
import { sizes } from './sizes.ts'
import { takeTurns } from './take-turns.ts'
import type { Workload } from './workload.ts'
import { allWorkloads } from './workloads/all-workloads.ts'

const args = argumentsOrExit()
/** Room for 10 M keys, of which Node would give less on a small machine; garbage is collected on demand to measure memory. */
const flags = ['--expose-gc', '--max-old-space-size=8192']
const size = sizes[args.size]
const workloads = allWorkloads(size)
if (args.contender === undefined) await measure()
else await runContender(args.contender)

async function runContender(wanted: string): Promise<void> {
  const found = workloads.flatMap(({ contenders }) => contenders).find(({ name }) => name === wanted)
  if (found === undefined) refuse(`There is no contender "${wanted}".`)
  process.stdout.write(JSON.stringify(await found.run()))
  // A session that was not closed may still have timers.
  process.exit(0)
}

async function measure(): Promise<void> {
  const { runs = size.runs } = args
  const chosen = workloads.map(chosenFrom).filter(({ contenders }) => contenders.length > 0)
  if (chosen.length === 0) {
    refuse(`--only is "${args.only}": expected a part of ${workloads.map(({ name }) => name).join(', ')}.`)
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`
  const heading = { size: args.size, runs, node: process.version, machine }
  if (!args.json) print(`size ${args.size}, ${runs} runs each, Node ${process.version}, ${machine}\n`)
  const reports: WorkloadReport[] = []
  const failures: string[] = []
  for (const workload of chosen) {
    const turns = await takeTurns(workload.contenders, { runs, sideBySide: size.sideBySide, command, progress })
    progress('')
    const report = reportOn(workload, turns.rounds)
    reports.push(report)
    failures.push(...turns.failures)
    if (!args.json) print(reportText(report))
  }
  if (args.json) print(JSON.stringify({ ...heading, workloads: reports, failures }, undefined, 2))
  for (const failure of failures) process.stderr.write(`${failure}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

/** The whole workload when its name is meant, else those of its contenders that are. */
function chosenFrom(workload: Workload): Workload {
  const isMeant = ({ name }: { readonly name: string }) => name.includes(args.only)
  return isMeant(workload) ? workload : { ...workload, contenders: workload.contenders.filter(isMeant) }
}

function command(contender: string): readonly string[] {
  const given = process.execArgv.filter((flag) => !flags.includes(flag))
  const script = fileURLToPath(import.meta.url)
  return [...given, ...flags, script, `--size=${args.size}`, `--contender=${contender}`]
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2))
  } catch (error) {
    if (error instanceof ArgumentError) refuse(error.message)
    throw error
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}
