/**
 * How long an application takes to answer a light request, alone and with a job at full load on the same event loop.
 *
 *   npm run example:embedded [-- --seconds 3] [--rounds 3]
 *
 * The application is a child process; the requests come from here, from four clients that wait up to 20 ms between
 * two requests. The settings take turns, so that a machine that slows down slows all of them; figures are medians over the
 * rounds. Loop delay is measured inside the application by a timer of 1 ms (an idle loop shows 1.1): slices of the jobs, but
 * also what the host, the garbage collector and other processes did. The application alone shows how much that is.
 */
import { parseArgs } from 'node:util'
import { ChildApp } from './child-app.ts'

const { values: args } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' } },
})
const measureMs = Number(args.seconds) * 1_000
const warmUpMs = Math.min(measureMs, 1_500)
const clients = 4
const pauseMsMax = 20

interface Setting {
  readonly name: string
  readonly flags: readonly string[]
}

const busy = (sliceMs: number, hostShare: number): Setting => ({
  name: `job, slice ${sliceMs} ms, host share ${hostShare}`,
  flags: ['--full-load', '--slice-ms', `${sliceMs}`, '--host-share', `${hostShare}`],
})
const settings: readonly Setting[] = [
  { name: 'no load', flags: [] },
  { name: 'job, as it comes', flags: ['--full-load'] },
  ...[2, 4, 8].flatMap((sliceMs) => [busy(sliceMs, 0), busy(sliceMs, 0.5)]),
]

interface Load {
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

type Figures = Readonly<Record<'p50' | 'p99' | 'records' | 'perCpu' | 'delay50' | 'delay99' | 'delayMax', number>>

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** The response times of the clients, in milliseconds, sorted. */
async function drive(app: ChildApp, forMs: number): Promise<readonly number[]> {
  const times: number[] = []
  const endMs = performance.now() + forMs
  const client = async () => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      const { status } = await app.ask('GET', '/ping')
      if (status !== 200) throw new Error(`GET /ping was answered with ${status}.`)
      times.push(performance.now() - startMs)
      await pause(Math.random() * pauseMsMax)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return times.sort((a, b) => a - b)
}

async function measure({ flags }: Setting): Promise<Figures> {
  const app = await ChildApp.start(...flags)
  try {
    await drive(app, warmUpMs)
    await app.ask('GET', '/load')
    const times = await drive(app, measureMs)
    const load = JSON.parse((await app.ask('GET', '/load')).body) as Load
    return {
      p50: times[Math.floor(times.length * 0.5)] ?? 0,
      p99: times[Math.floor(times.length * 0.99)] ?? 0,
      records: load.recordsPerSecond,
      perCpu: load.recordsPerCpuSecond,
      delay50: load.loopDelayMs.p50,
      delay99: load.loopDelayMs.p99,
      delayMax: load.loopDelayMs.max,
    }
  } finally {
    await app.end()
  }
}

const rounds: Figures[][] = settings.map(() => [])
for (let round = 0; round < Number(args.rounds); round++) {
  for (const [index, setting] of settings.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round + 1}: ${setting.name}`)
    rounds[index]?.push(await measure(setting))
  }
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

const medianOf = (index: number, figure: keyof Figures): number => {
  const sorted = (rounds[index] ?? []).map((figures) => figures[figure]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
const print = (line: string) => process.stdout.write(`${line}\n`)
const cell = (value: number, digits: number) => (value === 0 ? '–' : value.toFixed(digits)).padStart(9)

print(
  `light request and event loop, ms; medians of ${args.rounds} rounds of ${args.seconds} s; Node ${process.version}\n`,
)
print(`${' '.repeat(32)}  ---- request ----  ------- loop delay -------  -- M records per --`)
print(`${' '.repeat(32)}      p50      p99        p50      p99      max    second    CPU s`)
for (const [index, { name }] of settings.entries()) {
  const of = (figure: keyof Figures, digits = 2, unit = 1) => cell(medianOf(index, figure) / unit, digits)
  const request = of('p50') + of('p99')
  const delay = of('delay50') + of('delay99') + of('delayMax', 1)
  print(`${name.padEnd(32)}${request}  ${delay} ${of('records', 2, 1e6)}${of('perCpu', 2, 1e6)}`)
}
const ratio = (figure: keyof Figures, a: number, b: number) => (medianOf(a, figure) / medianOf(b, figure)).toFixed(2)
print(`\nwith the job at full load: p50 × ${ratio('p50', 1, 0)}, p99 × ${ratio('p99', 1, 0)} of the application alone`)
