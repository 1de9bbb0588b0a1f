/**
 * Checkpoints and savepoints in a bucket, which a plugin brings: a session is killed, another one goes on from the savepoint,
 * and a third one, which has never seen the job, disposes of it. Each step is a command that a person would type.
 *
 *   npm run example:plugins
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command, SessionProcess, say } from '../savepoints/tidemark-command.ts'
import { directoryBucket } from './bucket.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidemark-plugins-'))
const configuration = fileURLToPath(new URL('tidemark.yaml', import.meta.url))
const bucket = directoryBucket(join(directory, 'main'))
const tidemark = (...words: readonly string[]) => command(configuration, ...words)
process.env.BUCKETS = directory

const broken: string[] = []
let claims = 0
function claim(what: string, holds: boolean): void {
  say(`  ${holds ? '✔' : '✘'} ${what}`)
  claims++
  if (!holds) broken.push(what)
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const found = (output: string, pattern: RegExp): string => {
  const match = pattern.exec(output)?.[1]
  if (match === undefined) throw new Error(`Expected ${pattern} in:\n${output}`)
  return match
}

/** The names two levels down, which are those of checkpoints and savepoints. */
async function show(): Promise<readonly string[]> {
  const names = (await bucket.list('')).flatMap(
    (key) => /^(?:checkpoints\/\w+|savepoints)\/([a-z]+-[^/]+)\//.exec(key)?.[1] ?? [],
  )
  const distinct = [...new Set(names)].sort()
  say(`  in the bucket: ${distinct.join(' ') || '(neither checkpoints nor savepoints)'}`)
  return distinct
}

const killed = async (session: SessionProcess) => {
  say('kill -9')
  await session.end('SIGKILL')
}

async function run(): Promise<void> {
  const first = await SessionProcess.start(configuration)
  const job = found((await tidemark('run', '-d', 'job.ts')).output, /JobID ([0-9a-f]{32})/)
  await first.countsReach(5)
  await tidemark('checkpoint', job)
  const savepoint = found((await tidemark('savepoint', job)).output, /Path: (\S+)/)
  claim('the savepoint is in the bucket', savepoint.startsWith('bucket://main/savepoints/savepoint-'))
  const counted = [...first.counts]
  await killed(first)
  const names = await show()
  claim('it points to the second checkpoint there', names.includes('chk-2'))
  const { output: verified } = await tidemark('savepoint', 'verify', savepoint)
  claim('it is sound, which can be seen without a session', verified.includes(`${savepoint} is sound.`))

  const second = await SessionProcess.start(configuration)
  const next = found((await tidemark('run', '-d', '-s', savepoint, 'job.ts')).output, /JobID ([0-9a-f]{32})/)
  const went = [...(await second.firstCounts())]
  say(`  the first counts: ${went.map(([name, count]) => `${name} ${count}`).join(', ')}`)
  claim(
    'a new session goes on where the savepoint was taken',
    went.every(([name, count]) => count > 5 && count <= Number(new Map(counted).get(name)) + 1),
  )
  await tidemark('cancel', next)
  await killed(second)

  const third = await SessionProcess.start(configuration)
  const { code } = await tidemark('savepoint', '-d', savepoint)
  claim('a session that has never seen the job disposes of it', code === 0)
  const left = await show()
  claim('the savepoint is gone', !left.some((name) => name.startsWith('savepoint-')))
  claim('and the checkpoint with it that only it had kept', names.includes('chk-2') && !left.includes('chk-2'))
  const again = await tidemark('savepoint', '-d', savepoint)
  claim('it cannot be disposed of twice', again.code === 1 && again.output.includes('error[SAVEPOINT_NOT_FOUND]'))
  const elsewhere = await tidemark('savepoint', '-d', savepoint.replace('/savepoints/', '/others/'))
  claim('nor anything outside of the configured places', elsewhere.output.includes('error[PATH_OUTSIDE_ROOT]'))
  await third.interrupt()
}

try {
  process.env.TIDEMARK_REST_PORT = String(await freePort())
  await run()
  for (const what of broken) say(`does not hold: ${what}`)
  say(broken.length === 0 ? `all ${claims} claims hold` : `${broken.length} of ${claims} claims do not hold`)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
