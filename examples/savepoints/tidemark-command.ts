/** The real command line as child processes, echoed. Owns the processes that it starts, and ends no others. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const tidemark = fileURLToPath(new URL('../../bin/tidemark.js', import.meta.url))
/** Where the job file lies: the working directory of every command. */
const directory = fileURLToPath(new URL('.', import.meta.url))
const readyMsMax = 60_000

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

export const say = (line = ''): void => void process.stdout.write(`${line}\n`)
const echo = (output: string) => {
  for (const line of output.trimEnd().split('\n')) say(`  ${line}`)
}

export interface Answer {
  readonly code: number
  readonly output: string
}

/** Runs one command to its end, under the configuration in the file `configuration`. */
export function command(configuration: string, ...words: readonly string[]): Promise<Answer> {
  say(`$ tidemark ${words.join(' ')}`)
  return new Promise((resolve) => {
    const options = { cwd: directory, env: { ...process.env, TIDEMARK_CONF: configuration } }
    execFile(process.execPath, [tidemark, ...words], options, (error, stdout, stderr) => {
      const output = stdout + stderr
      echo(output)
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output })
    })
  })
}

/** `tidemark start`, running: what its jobs print is kept, the rest echoed. */
export class SessionProcess {
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()
  /** The last count that a job printed, by name. */
  readonly #counts = new Map<string, number>()
  /** The first count of each name since `watchCounts`. */
  readonly #first = new Map<string, number>()
  #ready = false

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => say(`  ${line}`))
    child.on('exit', () => this.#look())
  }

  static async start(configuration: string): Promise<SessionProcess> {
    say('$ tidemark start')
    const env = { ...process.env, TIDEMARK_CONF: configuration }
    const child = spawn(process.execPath, [tidemark, 'start'], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // Not to be left behind when this process is ended in the middle.
    const killed = () => child.kill('SIGKILL')
    process.once('exit', killed)
    child.once('exit', () => process.off('exit', killed))
    const session = new SessionProcess(child)
    await session.#until(() => session.#ready, 'be ready')
    return session
  }

  get counts(): ReadonlyMap<string, number> {
    return new Map(this.#counts)
  }

  /** Forgets the counts of earlier jobs; to be called when none runs. */
  watchCounts(): void {
    this.#counts.clear()
    this.#first.clear()
  }

  /** The first count of each of three names, once all are there. */
  async firstCounts(): Promise<ReadonlyMap<string, number>> {
    await this.#until(() => this.#first.size === 3, 'have a job that counts')
    return new Map(this.#first)
  }

  /** Waits until every count is at least this. */
  async countsReach(least: number): Promise<void> {
    const reached = () => this.#counts.size === 3 && [...this.#counts.values()].every((count) => count >= least)
    await this.#until(reached, `count to ${least}`)
  }

  /** Ctrl-C, and the wait for the end; gives the exit code. */
  async interrupt(): Promise<number | null> {
    say('^C')
    return this.end('SIGINT')
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    const [code] = (await closed) as [number | null]
    return code
  }

  #hear(line: string): void {
    const [, name, count] = /^(apples|pears|plums) (\d+)$/.exec(line) ?? []
    if (name === undefined) say(`  ${line}`)
    else {
      this.#counts.set(name, Number(count))
      if (!this.#first.has(name)) this.#first.set(name, Number(count))
    }
    if (line.startsWith('Session at ')) this.#ready = true
    this.#look()
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher()
  }

  /** Resolves when `holds`; fails when the process ends first, or takes too long. */
  #until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        this.#watchers.delete(look)
        clearTimeout(timer)
        if (error === undefined) resolve()
        else reject(error)
      }
      const look = () => {
        if (holds()) finish()
        else if (this.#child.exitCode !== null) finish(new Error(`The session ended and did not ${what}.`))
      }
      const timer = setTimeout(() => finish(new Error(`The session did not ${what} in time.`)), readyMsMax)
      this.#watchers.add(look)
      look()
    })
  }
}
