/**
 * `npm run soak -- [--kills 20] [--seed 1] [--megabytes 96] [--keep]`
 *
 * Runs a two-stage keyed job over real text into exactly-once files and kills its process with SIGKILL at seeded
 * random moments, in the middle of checkpoints among them; each time a new process resumes. In the end the committed
 * output must be the expected multiset of lines, exactly.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Random } from '../../src/core/random.ts'
import { committedLines, compare, makeCorpus } from './corpus.ts'

const { values: args } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    megabytes: { type: 'string', default: '96' },
    keep: { type: 'boolean', default: false },
  },
})
const random = new Random(Number(args.seed)).fork('kills')
const wanted = Number(args.kills)
const print = (text: string): void => void process.stdout.write(`${text}\n`)

interface Life {
  readonly killed: boolean
  readonly how: string
  readonly checkpoints: number
  readonly status: string | undefined
}

/** When a life ends: so long after the job runs, or so long after its n-th checkpoint was triggered. */
const drawMoment = () =>
  random.next() < 0.5
    ? { when: 'status', nth: 1, delayMs: random.int(0, 350) }
    : { when: 'checkpoint-triggered', nth: random.int(1, 3), delayMs: random.int(0, 25) }

const describe = ({ when, nth, delayMs }: ReturnType<typeof drawMoment>): string =>
  when === 'status' ? `${delayMs} ms into its run` : `${delayMs} ms after the trigger of its checkpoint ${nth}`

function live(dir: string, moment: ReturnType<typeof drawMoment> | undefined): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(new URL('./job.ts', import.meta.url)), [dir])
    let [seen, checkpoints, killed] = [0, 0, false]
    let status: string | undefined
    let failure: string | undefined
    child.on('message', (message: { type: string; status?: string; message?: string }) => {
      if (message.type === 'checkpoint-completed') checkpoints++
      if (message.type === 'log') print(`  ${message.message}`)
      if (message.type === 'end') {
        status = message.status
        failure = message.message
      }
      if (moment === undefined || message.type !== moment.when) return
      if (message.type === 'status' && message.status !== 'RUNNING') return
      if (++seen !== moment.nth) return
      setTimeout(() => {
        killed = child.kill('SIGKILL')
      }, moment.delayMs)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (failure !== undefined || (status === undefined && signal !== 'SIGKILL')) {
        reject(new Error(`The job ended with ${failure ?? `exit code ${code}`}.`))
        return
      }
      const how = moment === undefined ? '' : describe(moment)
      resolve({ killed: killed && signal === 'SIGKILL', how, checkpoints, status })
    })
  })
}

const dir = await mkdtemp(join(tmpdir(), 'tidemark-soak-'))
print(`seed ${args.seed}, ${wanted} kills, in ${dir}`)
const corpus = await makeCorpus(dir, Number(args.megabytes) * 1_000_000)
print(`corpus: ${(corpus.bytes / 1e6).toFixed(0)} MB, ${corpus.expected.size} lines expected`)
let kills = 0
let status: string | undefined
while (status === undefined) {
  const life = await live(dir, kills < wanted ? drawMoment() : undefined)
  status = life.status
  if (!life.killed) continue
  kills++
  print(`kill ${String(kills).padStart(2)}: ${life.how}; ${life.checkpoints} checkpoints completed in this life`)
}
const { lost, repeated, strange } = compare(corpus.expected, await committedLines(dir))
print(`${status} after ${kills} kills`)
if (kills < wanted) print(`only ${kills} of ${wanted} kills happened before the end: use more --megabytes`)
print(`records lost: ${lost}, repeated: ${repeated}, never expected: ${strange}`)
const good = status === 'FINISHED' && lost + repeated + strange === 0 && kills === wanted
if (!good)
  print(`repeat with: npm run soak -- --kills ${wanted} --seed ${args.seed} --megabytes ${args.megabytes} --keep`)
if (args.keep || !good) print(`kept: ${dir}`)
else await rm(dir, { recursive: true, force: true })
process.exitCode = good ? 0 : 1
