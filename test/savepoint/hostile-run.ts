/** Opens a hostile savepoint in every way there is, on a disk that notes what is touched, and says what each way said. */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type FileSystem, nodeFileSystem } from '../../src/backends/file-system.ts'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { StreamError } from '../../src/core/errors.ts'
import { limits } from '../../src/core/limits.ts'
import { Storages } from '../../src/job/storages.ts'
import { inspectSavepoint } from '../../src/savepoint/inspect-savepoint.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { querySavepoint } from '../../src/savepoint/query-savepoint.ts'
import { printTagged } from '../../src/savepoint/tagged-json.ts'
import { verifySavepoint } from '../../src/savepoint/verify-savepoint.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { countProgram } from '../job/count-program.ts'
import { Feed } from '../job/feed.ts'
import { SimulatedProcess } from '../job/simulated-process.ts'
import { type HostileCase, type Places, writeHostile } from './hostile-savepoint.ts'

export interface HostileOutcome {
  readonly resolve: string
  readonly inspect: string
  readonly verify: readonly string[]
  readonly submit: string
  /** Every message. */
  readonly said: string
  /** What should not have been touched, or was asked for too much of. */
  readonly trespasses: readonly string[]
}

const secret = 'SECRET-THAT-NOBODY-MAY-READ'

function makePlaces(): Places {
  const dir = realpathSync(temporaryDir())
  const places = { root: join(dir, 'root'), outside: join(dir, 'outside') }
  mkdirSync(places.root)
  mkdirSync(places.outside)
  writeFileSync(join(places.outside, 'secret.state'), secret)
  writeFileSync(join(places.outside, '_metadata'), printSealed({ formatVersion: 1, secret }))
  return places
}

const contentOf = (dir: string): string =>
  readdirSync(dir)
    .map((name) => `${name} ${readFileSync(join(dir, name), 'utf8')}`)
    .join('\n')

/** A path as it is on the disk, so far as it exists. */
function realOf(path: string): string {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (existsSync(at)) return realpathSync(at) + path.slice(at.length)
  }
  return path
}

function watched(root: string, trespasses: string[]): FileSystem {
  const check = (what: string, path: string) => {
    const real = realOf(path)
    // Whether something is there may be asked of any path that a user gives; only content and change count.
    if (real !== root && !real.startsWith(`${root}/`)) trespasses.push(`${what} ${path}`)
  }
  return {
    ...nodeFileSystem,
    read: (path, offset, length) => {
      check('read', path)
      const size = statSync(path).size
      if (length > Math.min(size, limits.segmentAtOnceBytesMax)) trespasses.push(`read ${length} of ${size} bytes`)
      return nodeFileSystem.read(path, offset, length)
    },
    create: (path) => {
      check('create', path)
      return nodeFileSystem.create(path)
    },
    makeDir: (path) => {
      check('makeDir', path)
      return nodeFileSystem.makeDir(path)
    },
    removeFile: (path) => {
      check('removeFile', path)
      return nodeFileSystem.removeFile(path)
    },
    removeDir: (path) => {
      check('removeDir', path)
      return nodeFileSystem.removeDir(path)
    },
    rename: (from, to) => {
      check('rename', from)
      check('rename', to)
      return nodeFileSystem.rename(from, to)
    },
  }
}

export async function runHostile(hostile: HostileCase): Promise<HostileOutcome> {
  const places = makePlaces()
  const path = writeHostile(hostile, places)
  const before = contentOf(places.outside)
  const trespasses: string[] = []
  const fs = watched(places.root, trespasses)
  const said: string[] = []
  const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      await work()
      return 'ok'
    } catch (error) {
      said.push(error instanceof Error ? error.message : String(error))
      return error instanceof StreamError ? error.code : `not a StreamError: ${String(error)}`
    }
  }
  const resolve = await codeOf(() => new Storages({ fs }).find(path))
  const inspect = await codeOf(async () => {
    const savepoint = await openSavepoint(path, { fs })
    for await (const operator of inspectSavepoint(savepoint)) said.push(printTagged(operator))
    for await (const row of querySavepoint(savepoint, {})) said.push(printTagged(row))
  })
  const findings = await verifySavepoint(path, { fs })
  said.push(...findings.map(({ message }) => message))
  const submit = await codeOf(() => submitFrom(path, fs))
  if (contentOf(places.outside) !== before) trespasses.push('what is outside was changed')
  if (said.join('\n').includes(secret)) trespasses.push('what is outside was quoted')
  const verify = findings.filter(({ severity }) => severity === 'damage').map(({ code }) => code)
  return { resolve, inspect, verify, submit, said: said.join('\n'), trespasses }
}

/** Until the job runs, or why it does not. */
async function submitFrom(path: string, fs: FileSystem): Promise<void> {
  const process = new SimulatedProcess({ storages: new Storages({ fs }) })
  const environment = countProgram(new Feed(['to', 'be']).source, [], { restart: { strategy: 'none' } })
  const observed = await process.submit(environment, { fromSavepoint: path, allowNonRestoredState: true })
  await process.until(() => ['RUNNING', 'FAILED'].includes(observed.statuses.at(-1)!))
  if (observed.statuses.at(-1) === 'RUNNING') return void (await process.settle(observed.job.cancel()))
  const { error } = await process.settle(observed.job.done)
  if (process.crashes.length > 0) throw new Error(`an actor crashed: ${process.crashes.join()}`)
  throw error
}
