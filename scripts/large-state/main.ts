/**
 * `npm run large-state [-- --keys 20000000] [--more 4000000] [--kills 2] [--heap 512] [--interval 10000] [--keep]`
 *
 * A keyed count whose state is larger than the memory of its process: state on disk (`lmdb`), incremental checkpoints, a heap of
 * 512 MiB. The process is killed with SIGKILL on its way and resumed, and in the end every count is compared.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Found, Report, Task } from './job.ts'
import { type Load, recordsOf } from './load.ts'

const { values: args } = parseArgs({
  options: {
    keys: { type: 'string', default: '20000000' },
    more: { type: 'string' },
    kills: { type: 'string', default: '2' },
    heap: { type: 'string', default: '512' },
    interval: { type: 'string', default: '10000' },
    keep: { type: 'boolean', default: false },
  },
})
const keys = Number(args.keys)
const load: Load = { keys, more: Number(args.more ?? Math.round(keys / 5)) }
const kills = Number(args.kills)
const records = recordsOf(load)
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const count = (value: number): string => value.toLocaleString('en-US')
const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`

interface Life {
  readonly end: Extract<Report, { type: 'end' }> | undefined
  readonly heapBytes: number
  readonly rssBytes: number
}

/** One process, until it ends or has come to `killAt` records with a checkpoint of its own behind it. */
function live(dir: string, killAt: number | undefined): Promise<Life> {
  return new Promise((resolve, reject) => {
    const task: Task = { ...load, dir, intervalMs: Number(args.interval), holdAt: killAt ?? records }
    const child: ChildProcess = fork(fileURLToPath(new URL('./job.ts', import.meta.url)), [JSON.stringify(task)], {
      execArgv: [...process.execArgv, `--max-old-space-size=${args.heap}`],
    })
    let [heapBytes, rssBytes, completed] = [0, 0, 0]
    let end: Life['end']
    child.on('message', (report: Report) => {
      if (report.type === 'end') end = report
      if (report.type === 'event') completed += tell(report)
      if (report.type !== 'sample') return
      heapBytes = Math.max(heapBytes, report.heapBytes)
      rssBytes = Math.max(rssBytes, report.rssBytes)
      if (killAt === undefined || report.records < killAt || completed === 0 || child.killed) return
      print(`  SIGKILL at ${count(report.records)} of ${count(records)} records`)
      child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (end === undefined && signal !== 'SIGKILL')
        reject(new Error(`The job ended with exit code ${code ?? signal}.`))
      else resolve({ end, heapBytes, rssBytes })
    })
  })
}

/** Returns the number of checkpoints that this completed. */
function tell({ event }: Extract<Report, { type: 'event' }>): number {
  if (event.type === 'restore-progressed') print(`  restoring: ${mib(event.bytes)} of ${mib(event.totalBytes)}`)
  if (event.type === 'task-failed') print(`  failed: ${JSON.stringify(event.error)}`)
  if (event.type !== 'checkpoint-completed') return 0
  const { checkpointId, stateBytes, writtenBytes = stateBytes, durationMs } = event
  print(
    `  checkpoint ${checkpointId}: ${mib(writtenBytes)} of ${mib(stateBytes)} written in ${(durationMs / 1_000).toFixed(1)} s`,
  )
  return 1
}

function verdict({ keys: got, wrong, records: counted }: Found): boolean {
  print(
    `keys: ${count(got)} of ${count(keys)}, wrong counts: ${count(wrong)}, records: ${count(counted)} of ${count(records)}`,
  )
  return got === keys && wrong === 0 && counted === records
}

const dir = mkdtempSync(join(tmpdir(), 'tidemark-large-state-'))
print(`${count(keys)} keys, ${count(records)} records, heap of ${args.heap} MiB, in ${dir}`)
try {
  const startMs = performance.now()
  const peak = { heapBytes: 0, rssBytes: 0 }
  for (let life = 0; ; life++) {
    const { end, ...memory } = await live(
      dir,
      life < kills ? Math.floor((records * (life + 1)) / (kills + 1)) : undefined,
    )
    peak.heapBytes = Math.max(peak.heapBytes, memory.heapBytes)
    peak.rssBytes = Math.max(peak.rssBytes, memory.rssBytes)
    if (end === undefined) continue
    print(`${end.status} after ${life} kills, in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`)
    if (end.message !== undefined) print(end.message)
    print(`largest heap seen: ${mib(peak.heapBytes)}; resident memory, mapped files among it: ${mib(peak.rssBytes)}`)
    process.exitCode = verdict(end.found) && end.status === 'FINISHED' && life === kills ? 0 : 1
    break
  }
} finally {
  if (!args.keep) rmSync(dir, { recursive: true, force: true })
}
