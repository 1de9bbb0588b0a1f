/**
 * `npm start`: a job is killed half-way, resumed, stopped with a savepoint, changed and finished; then its result is
 * compared with an independent count. Everything is done through `tidemark run` and its REST API, as a person would.
 */
import { rm } from 'node:fs/promises'
import { outDir } from './count-words.ts'
import { countIndependently, readCommitted } from './words.ts'
import { Worker } from './worker.ts'

const started = performance.now()
const say = (text: string): void => {
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(5)
  process.stdout.write(`${seconds} s  ${text}\n`)
}
const number = (value: number): string => value.toLocaleString('en-US')

await rm('state/word-count', { recursive: true, force: true })
say('Counting the words of every text file under node_modules, by a plain loop, to know the answer beforehand.')
const expected = await countIndependently()
say(`  ${number(expected.files)} files, ${number(expected.lines)} lines, ${number(expected.words)} words`)

say('Now as a job: tidemark run examples/word-count/job.ts (a checkpoint every 200 ms, to disk)')
let worker = await Worker.start(['examples/word-count/job.ts'])
await worker.untilLines(expected.lines * 0.5)
const before = await worker.progress()
await worker.kill()
say(`  at line ${number(before.lines)}, after ${before.completed} checkpoints: kill -9`)

say('A new process: tidemark run --resume examples/word-count/job.ts')
worker = await Worker.start(['--resume', 'examples/word-count/job.ts'])
say(`  job ${worker.jobId} goes on from checkpoint ${(await worker.progress()).restored}`)
await worker.untilLines(expected.lines * 0.1)
say(`  POST /jobs/${worker.jobId}/savepoints → ${await worker.savepoint()}`)
const stopped = await worker.stop()
say(`  POST /jobs/${worker.jobId}/stop → ${stopped}`)
await worker.ended

say('The program is changed: one stateless operator more, which adds the length of each word.')
say(`  tidemark run -s ${stopped} examples/word-count/job-with-length.ts`)
worker = await Worker.start(['-s', stopped, 'examples/word-count/job-with-length.ts'])
await worker.ended
say('  the job has read its last line and committed its output')

const rows = await readCommitted(outDir)
const counted = new Map(rows.map(({ word, count }) => [word, count]))
const words = rows.reduce((sum, { count }) => sum + count, 0)
let differ = rows.length - counted.size
for (const [word, count] of expected.counts) if (counted.get(word) !== count) differ++
for (const word of counted.keys()) if (!expected.counts.has(word)) differ++
differ += rows.filter(({ word, length }) => length !== word.length).length
say(`verified: ${number(words)} words, ${number(counted.size)} distinct, ${differ} differ`)
process.exitCode = differ === 0 && words === expected.words ? 0 : 1
