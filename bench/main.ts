/**
 * `npm run bench [-- --size smoke|small|full] [--runs n] [--only name] [--json]`
 *
 * Every number is a ratio against a reference measured in the same run, on the same machine: medians of several runs,
 * with min and max. The runs of all workloads take turns, so that a machine that slows down slows all of them.
 */
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { type Measurement, sizes } from './workload.ts'
import { barrierLatency } from './workloads/barrier-latency.ts'
import { keyedCount } from './workloads/keyed-count.ts'

const workloads = [...keyedCount, ...barrierLatency]
const { values: args } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
})
const size = args.size as keyof typeof sizes
if (!Object.hasOwn(sizes, size)) throw new Error(`--size is "${size}": expected ${Object.keys(sizes).join(', ')}.`)

interface Row {
  readonly name: string
  readonly about: string
  readonly unit: Measurement['unit']
  readonly median: number
  readonly min: number
  readonly max: number
}

if (args.child !== undefined) {
  const workload = workloads.find(({ name }) => name === args.child)
  process.stdout.write(JSON.stringify(await workload!.run(sizes[size])))
  process.exit(0)
}

const run = promisify(execFile)
const chosen = workloads.filter(({ name }) => args.only === undefined || name.includes(args.only))
const measured = new Map<string, number[]>(chosen.map(({ name }) => [name, []]))
const units = new Map<string, Measurement['unit']>()
for (let round = 0; round < Number(args.runs); round++) {
  for (const { name } of chosen) {
    const { stdout } = await run(process.execPath, [
      ...process.execArgv,
      fileURLToPath(import.meta.url),
      `--size=${size}`,
      `--child=${name}`,
    ])
    const { value, unit } = JSON.parse(stdout) as Measurement
    measured.get(name)!.push(value)
    units.set(name, unit)
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round + 1}: ${name} ${Math.round(value)} ${unit}`)
  }
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

const rows = chosen.map(({ name, about }): Row => {
  const values = measured.get(name)!.sort((a, b) => a - b)
  const median = values[Math.floor(values.length / 2)]!
  return { name, about, unit: units.get(name)!, median, min: values[0]!, max: values.at(-1)! }
})
const medianOf = (name: string): number | undefined => rows.find((row) => row.name === name)?.median
const ratio = (a: string, b: string): number | undefined => {
  const [x, y] = [medianOf(a), medianOf(b)]
  return x === undefined || y === undefined ? undefined : x / y
}
const ratios = [
  { what: 'tidemark+checkpoints / hand-written loop', value: ratio('tidemark+checkpoints', 'loop'), target: '≥ 0.30' },
  { what: 'tidemark+checkpoints / RxJS', value: ratio('tidemark+checkpoints', 'rxjs'), target: '≥ 2' },
  {
    what: 'the same, keys in random order / the loop',
    value: ratio('tidemark-shuffled', 'loop-shuffled'),
    target: '≥ 0.30',
  },
  { what: 'tidemark+checkpoints / tidemark', value: ratio('tidemark+checkpoints', 'tidemark'), target: '≥ 0.95' },
].filter(({ value }) => value !== undefined)

if (args.json) {
  process.stdout.write(`${JSON.stringify({ size, rows, ratios }, undefined, 2)}\n`)
} else {
  const [cpu] = cpus()
  const print = (text: string) => process.stdout.write(`${text}\n`)
  const number = (value: number, unit: string) => (unit === 'ms' ? value.toFixed(2) : `${(value / 1e6).toFixed(2)} M`)
  print(`size ${size}, ${args.runs} runs each, Node ${process.version}, ${cpu?.model ?? 'unknown processor'}\n`)
  print(`${'workload'.padEnd(56)} ${'median'.padStart(10)} ${'min'.padStart(10)} ${'max'.padStart(10)}  unit`)
  for (const { about, unit, median, min, max } of rows) {
    const [a, b, c] = [median, min, max].map((value) => number(value, unit).padStart(10))
    print(`${about.padEnd(56)} ${a} ${b} ${c}  ${unit}`)
  }
  print('')
  for (const { what, value, target } of ratios)
    print(`${what.padEnd(56)} ${value!.toFixed(2).padStart(10)}  (${target})`)
}
