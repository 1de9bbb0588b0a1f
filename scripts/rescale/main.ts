/**
 * `npm run rescale [-- --seed 1] [--records 40000] [--rate 10000] [--path 1,3,2,7,4] [--backends heap,lmdb] [--kills 1] [--keep]`
 *
 * A job with every kind of state goes from one parallelism to the next: at each it is killed with SIGKILL and resumed, then
 * stopped with a savepoint, from which the next one begins. What it commits is compared with the output of one run that
 * nobody interrupts, line by line.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Random } from '../../src/core/random.ts'
import { committedLines, compare, type Multiset } from '../soak/corpus.ts'
import type { Order, Report, Task } from './job.ts'

const { values: args } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '40000' },
    rate: { type: 'string', default: '10000' },
    path: { type: 'string', default: '1,3,2,7,4' },
    backends: { type: 'string', default: 'heap,lmdb' },
    kills: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
})
const records = Number(args.records)
const path = args.path.split(',').map(Number)
const backends = args.backends.split(',') as Task['backend'][]
const killsWanted = Number(args.kills)
const random = new Random(Number(args.seed)).fork('rescale')
const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** When a life ends: after so many of its own checkpoints, half of the records that it may make, and so much later. */
interface Moment {
  readonly how: 'kill' | 'stop'
  readonly records: number
  readonly checkpoints: number
  readonly delayMs: number
}

interface Life {
  readonly savepoint: string | undefined
  readonly killed: boolean
  readonly status: string | undefined
}

/** One process, until it ends: by itself, by a savepoint, or by SIGKILL. */
function live(task: Task, moment: Moment | undefined): Promise<Life> {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL('./job.ts', import.meta.url))
    const child: ChildProcess = fork(file, [JSON.stringify({ ...task, holdAfter: moment?.records })])
    let [made, checkpoints, due, killed] = [0, 0, false, false]
    let savepoint: string | undefined
    let end: Extract<Report, { type: 'end' }> | undefined
    const act = (): void => {
      if (moment === undefined || due || made < moment.records / 2 || checkpoints < moment.checkpoints) return
      due = true
      setTimeout(() => {
        if (moment.how === 'kill') killed = child.kill('SIGKILL')
        else if (child.connected) child.send(drawStop())
      }, moment.delayMs)
    }
    child.on('message', (report: Report) => {
      if (report.type === 'progress') made = report.records
      if (report.type === 'event' && report.event === 'checkpoint-completed') checkpoints++
      if (report.type === 'warning') print(`    ${report.message}`)
      if (report.type === 'stopped') savepoint = report.path
      if (report.type === 'end') end = report
      act()
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (end?.message !== undefined) reject(new Error(`The job ended as ${end.status}: ${end.message}`))
      else if (end === undefined && signal !== 'SIGKILL') reject(new Error(`The job ended with exit code ${code}.`))
      else resolve({ savepoint, killed: killed && signal === 'SIGKILL', status: end?.status })
    })
  })
}

const drawStop = (): Order => ({
  type: 'stop',
  format: random.next() < 0.5 ? 'pointer' : 'self-contained',
  id: Array.from({ length: 32 }, () => random.int(0, 15).toString(16)).join(''),
})

const drawMoment = (how: Moment['how'], share: number): Moment => ({
  how,
  records: Math.floor(share * (0.5 + random.next() / 3)),
  checkpoints: random.int(1, 2),
  delayMs: random.int(0, 60),
})

/** Text for the source that reads files: enough ranges for every subtask. */
function writeText(dir: string): void {
  mkdirSync(join(dir, 'text'), { recursive: true })
  for (let file = 0; file < 9; file++) {
    const lines = Array.from({ length: 400 }, (_, line) => `${file}.${line} ${'tide '.repeat(1 + ((file + line) % 7))}`)
    writeFileSync(join(dir, 'text', `${file}.txt`), `${lines.join('\n')}\n`)
  }
}

/** Goes the whole way. Returns what was committed, and how the job ended. */
async function journey(
  task: Task,
): Promise<{ readonly lines: Multiset; readonly how: string; readonly good: boolean }> {
  let savepoint: string | undefined
  let [kills, stops] = [0, 0]
  let status: string | undefined
  const share = records / path.length / (killsWanted + 1)
  for (const [leg, parallelism] of path.entries()) {
    const last = leg === path.length - 1
    let from: Task['from'] = savepoint === undefined ? undefined : { fromSavepoint: savepoint }
    for (let kill = 0; kill < killsWanted && status === undefined; kill++) {
      const life = await live({ ...task, parallelism, from }, drawMoment('kill', share))
      status = life.status
      if (life.killed) kills++
      // It is killed after a checkpoint of its own, never before, so that there is one to go on from.
      from = { resume: true }
    }
    if (status !== undefined) break
    const end = last ? undefined : drawMoment('stop', share)
    const life = await live({ ...task, parallelism, from }, end)
    savepoint = life.savepoint
    if (savepoint !== undefined) stops++
    print(
      `  parallelism ${parallelism}: ${savepoint === undefined ? life.status : `stopped with ${savepoint.replace(task.dir, '')}`}`,
    )
    if (savepoint === undefined) {
      status = life.status
      break
    }
  }
  const whole = stops === path.length - 1 && kills === path.length * killsWanted
  if (!whole) print(`  the input ended too soon for all stops and kills: use more --records`)
  const how = `${status} after ${kills} kills and ${stops} savepoints`
  return { lines: await committedLines(task.dir), how, good: whole && status === 'FINISHED' }
}

const root = mkdtempSync(join(tmpdir(), 'tidemark-rescale-'))
print(`seed ${args.seed}, ${records} records, parallelism ${path.join(' → ')}, in ${root}`)
writeText(root)
const taskIn = (name: string, backend: Task['backend'], ratePerSecond: number): Task => {
  const dir = join(root, name)
  cpSync(join(root, 'text'), join(dir, 'text'), { recursive: true, preserveTimestamps: true })
  return { dir, backend, parallelism: 1, records, ratePerSecond, holdAfter: undefined, from: undefined }
}
const calm = taskIn('uninterrupted', 'heap', records * 2)
const { status } = await live(calm, undefined)
const expected = await committedLines(calm.dir)
print(`uninterrupted: ${status}, ${expected.size} different lines`)
let good = status === 'FINISHED' && expected.size > 0
for (const backend of backends) {
  print(`${backend}:`)
  const { lines, how, good: whole } = await journey(taskIn(backend, backend, Number(args.rate)))
  const { lost, repeated, strange } = compare(expected, lines)
  print(`  ${how}; lines lost: ${lost}, repeated: ${repeated}, never expected: ${strange}`)
  good &&= whole && lost + repeated + strange === 0
}
if (!good) print(`repeat with: npm run rescale -- --seed ${args.seed} --records ${records} --path ${args.path} --keep`)
if (args.keep || !good) print(`kept: ${root}`)
else rmSync(root, { recursive: true, force: true })
process.exitCode = good ? 0 : 1
