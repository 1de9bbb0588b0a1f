/**
 * Savepoints by hand: each step is a command that a person would type, run against a real session, and each claim about
 * them is checked.
 *
 *   npm run example:savepoints [-- --only memory|directories]
 *
 * First with savepoints in the session's memory, which is where they are unless configured; then with savepoints and
 * checkpoints in directories, across a restart of the session.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { command, SessionProcess, say } from './tidemark-command.ts'

type Counts = ReadonlyMap<string, number>

const { values: args } = parseArgs({ options: { only: { type: 'string' } } })
const directory = mkdtempSync(join(tmpdir(), 'tidemark-savepoints-'))
const checkpoints = join(directory, 'checkpoints')
const savepoints = join(directory, 'savepoints')
const configuration = join(directory, 'tidemark.yaml')
const tidemark = (...words: readonly string[]) => command(configuration, ...words)

let held = 0
const broken: string[] = []

function claim(what: string, holds: boolean): void {
  say(`  ${holds ? '✔' : '✘'} ${what}`)
  if (holds) held++
  else broken.push(what)
}

function configure(settings: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
  writeFileSync(configuration, `${lines.join('\n')}\n`)
  say('tidemark.yaml')
  for (const line of lines) say(`  ${line}`)
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

/** The first match of a pattern in what a command printed. */
function found(output: string, pattern: RegExp): string {
  const match = pattern.exec(output)?.[1]
  if (match === undefined) throw new Error(`Expected ${pattern} in:\n${output}`)
  return match
}

const submitted = (output: string) => found(output, /JobID ([0-9a-f]{32})/)
const shown = (counts: Counts) => [...counts].map(([name, count]) => `${name} ${count}`).join(', ')

/** The names in a directory. */
function showDirectory(path: string): readonly string[] {
  const names = existsSync(path) ? readdirSync(path).sort() : []
  say(`  ${path.replace(directory, '…')}: ${names.join(' ') || '(nothing)'}`)
  return names
}
const showCheckpoints = (jobId: string) => showDirectory(join(checkpoints, jobId))

/** Takes a savepoint and says between which counts it was taken. */
async function takeSavepoint(session: SessionProcess, jobId: string) {
  const before = session.counts
  const { output } = await tidemark('savepoint', jobId)
  const after = session.counts
  say(`  counts before: ${shown(before)}; after: ${shown(after)}`)
  return { path: found(output, /Savepoint completed\. Path: (\S+)/), before, after }
}

/** Starts the job from a savepoint and checks that its first counts follow those in the savepoint. */
async function goOn(session: SessionProcess, { path, before, after }: Awaited<ReturnType<typeof takeSavepoint>>) {
  session.watchCounts()
  const { output } = await tidemark('run', '-d', '-s', path, 'job.ts')
  const first = await session.firstCounts()
  say(`  the first counts: ${shown(first)}`)
  const follows = [...first].every(([name, count]) => {
    const [from, to] = [before.get(name) ?? 0, after.get(name) ?? 0]
    return from > 0 && count > from && count <= to + 1
  })
  claim('the counts go on where the savepoint was taken', follows)
  return submitted(output)
}

async function inMemory(session: SessionProcess): Promise<void> {
  const job = submitted((await tidemark('run', '-d', 'job.ts')).output)
  await session.countsReach(5)
  const { output: running } = await tidemark('list')
  claim('list shows the job, running', running.includes(`${job} : fruit (RUNNING)`))

  const savepoint = await takeSavepoint(session, job)
  claim('the first savepoint is jobmanager://savepoints/1', savepoint.path === 'jobmanager://savepoints/1')
  await tidemark('cancel', job)
  const { output: ended } = await tidemark('list', '-a')
  claim('list -a shows the job, canceled', ended.includes(`${job} : fruit (CANCELED)`))

  const next = await goOn(session, savepoint)
  claim('a job from a savepoint is a new job', next !== job)
}

async function inDirectories(first: SessionProcess): Promise<{ job: string; savepoint: Taken }> {
  const job = submitted((await tidemark('run', '-d', 'job.ts')).output)
  await first.countsReach(5)
  await tidemark('checkpoint', job)
  claim('there is c1', showCheckpoints(job).includes('chk-1'))
  const savepoint = await takeSavepoint(first, job)
  claim('the savepoint is a directory', showDirectory(savepoints).includes(savepoint.path.split('/').at(-1) ?? ''))
  claim('it points to c2', showCheckpoints(job).includes('chk-2'))
  await tidemark('checkpoint', job)
  await tidemark('checkpoint', job)
  const names = showCheckpoints(job)
  claim('c4 is there: one checkpoint is retained', names.includes('chk-4'))
  claim('c1 and c3 have expired', !names.includes('chk-1') && !names.includes('chk-3'))
  claim('c2, pinned by the savepoint, stays', names.includes('chk-2'))
  await tidemark('cancel', job)
  claim('with the job, c4 goes and c2 stays', sameCheckpoints(showCheckpoints(job), ['chk-2']))
  return { job, savepoint }
}

type Taken = Awaited<ReturnType<typeof takeSavepoint>>

const sameCheckpoints = (names: readonly string[], expected: readonly string[]) =>
  names.filter((name) => name.startsWith('chk-')).join() === expected.join()

async function afterRestart(second: SessionProcess, job: string, savepoint: Taken): Promise<void> {
  claim('after the restart c2 is there', sameCheckpoints(showCheckpoints(job), ['chk-2']))
  const next = await goOn(second, savepoint)
  await tidemark('checkpoint', next)
  claim('checkpoints of the new job leave c2 alone', sameCheckpoints(showCheckpoints(job), ['chk-2']))
  await tidemark('cancel', next)

  say('before the savepoint is disposed of')
  const before = showCheckpoints(job)
  await tidemark('savepoint', '-d', savepoint.path)
  say('after')
  claim('the savepoint is gone', showDirectory(savepoints).length === 0)
  const after = showCheckpoints(job)
  claim('only now c2 is gone', sameCheckpoints(before, ['chk-2']) && sameCheckpoints(after, []))
  const { code, output } = await tidemark('savepoint', '-d', savepoint.path)
  claim('it cannot be disposed of twice', code === 1 && output.includes('error[SAVEPOINT_NOT_FOUND]'))
}

/** A session for as long as `work` takes. */
async function inSession<T>(work: (session: SessionProcess) => Promise<T>): Promise<T> {
  const session = await SessionProcess.start(configuration)
  try {
    const result = await work(session)
    claim('Ctrl-C ends the session with exit code 0', (await session.interrupt()) === 0)
    return result
  } finally {
    await session.end('SIGKILL')
  }
}

const parts: Readonly<Record<string, (port: number) => Promise<void>>> = {
  async memory(port) {
    say('Savepoints in the memory of the session\n')
    configure({ 'rest.port': port })
    await inSession(inMemory)
  },
  async directories(port) {
    say('Savepoints and checkpoints in directories\n')
    configure({
      'rest.port': port,
      'state.backend': 'filesystem',
      'state.backend.fs.checkpointdir': checkpoints,
      'savepoints.state.backend': 'filesystem',
      'savepoints.state.backend.fs.dir': savepoints,
    })
    const { job, savepoint } = await inSession(inDirectories)
    await inSession((second) => afterRestart(second, job, savepoint))
  },
}

try {
  for (const [name, part] of Object.entries(parts)) {
    if (args.only !== undefined && args.only !== name) continue
    await part(await freePort())
    say()
  }
  for (const what of broken) say(`does not hold: ${what}`)
  const all = held + broken.length
  say(broken.length === 0 && all > 0 ? `all ${all} claims hold` : `${broken.length} of ${all} claims do not hold`)
  process.exitCode = broken.length === 0 && all > 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
