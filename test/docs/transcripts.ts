/**
 * What the documents show of a terminal, typed again: the blocks marked `console`, with the directory whose files the commands
 * use, as in `console dir=examples/change`. The blocks of a page are one session, in a copy of that directory.
 *
 * A line that begins with `$` is typed; what follows, up to the next one, is what it prints, where `…` stands for anything. Known
 * are `tidemark`, `tidemark start … &`, `npx tsx`, `mv` and `echo $?`. `$JOB` and `$SAVEPOINT` are the job and the savepoint that were
 * printed last.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface TypedCommand {
  /** Page and line, for messages. */
  readonly title: string
  readonly command: string
  readonly expected: string
}

export interface Transcript {
  readonly dir: string
  readonly commands: readonly TypedCommand[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What is typed on a page, by its path from the root of the repository. */
export function transcriptOf(page: string): Transcript {
  const text = readFileSync(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```console dir=(\S+)\n([\s\S]*?)^```$/gm)]
  const commands = blocks.flatMap(({ 2: body = '', index }) => {
    let line = text.slice(0, index).split('\n').length
    return body
      .split(/^\$ /m)
      .map((part) => {
        const [command = '', ...printed] = part.split('\n')
        const at = line
        line += printed.length
        return { at, command, printed }
      })
      .slice(1)
      .map(({ at, command, printed }) => ({
        title: `${page}:${at}: ${command}`,
        command,
        expected: printed.join('\n').trim(),
      }))
  })
  const [dir = '', ...others] = new Set(blocks.map(([, name = '']) => name))
  if (others.length > 0) throw new Error(`${page} types in ${dir} and in ${others.join(', ')}: expected one directory.`)
  return { dir, commands }
}

/** A terminal in a copy of `dir`, inside the repository, so that `tidemark` means this checkout. */
export class Terminal {
  readonly #dir: string
  #lastCode = 0
  readonly #variables = new Map<string, string>()
  #session: ChildProcess | undefined
  /** −1: there is none, and one that happens to run on this machine has nothing to do with it. */
  #port = '-1'

  constructor(dir: string) {
    mkdirSync(join(root, 'out'), { recursive: true })
    this.#dir = mkdtempSync(join(root, 'out', 'console-'))
    cpSync(join(root, dir), this.#dir, { recursive: true })
  }

  /** What a command prints. */
  async type(command: string): Promise<string> {
    if (command === 'echo $?') return String(this.#lastCode)
    const words = command
      .replace(/\$([A-Z]+)/g, (typed, name: string) => this.#variables.get(name) ?? typed)
      .split(' ')
      .map((word) => word.replace(/^'(.*)'$/, '$1'))
    if (words[0] === 'tidemark' && words[1] === 'start' && words.at(-1) === '&') return this.#start(words.slice(1, -1))
    const printed = await this.#run(command, words)
    for (const [, job] of printed.matchAll(/JobID ([0-9a-f]{32})/g)) this.#variables.set('JOB', job!)
    for (const [, path] of printed.matchAll(/Savepoint completed. Path: (\S+)/g))
      this.#variables.set('SAVEPOINT', path!)
    return printed
  }

  async remove(): Promise<void> {
    if (this.#session !== undefined) {
      const ended = once(this.#session, 'exit')
      this.#session.kill('SIGKILL')
      await ended
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async #run(command: string, words: readonly string[]): Promise<string> {
    if (words[0] === 'tidemark') return this.#node('bin/tidemark.js', words.slice(1))
    if (words[0] === 'npx' && words[1] === 'tsx') return this.#node('bin/tidemark-source.js', words.slice(2))
    if (words[0] !== 'mv' || words.length !== 3)
      throw new Error(`\`${command}\` is no command that a document may type.`)
    renameSync(resolve(this.#dir, words[1]!), resolve(this.#dir, words[2]!))
    return ''
  }

  /** Begins a session that later commands find. Gives the first line that it prints. */
  async #start(words: readonly string[]): Promise<string> {
    const env = { ...process.env, TIDEMARK_REST_PORT: '0' }
    const script = join(root, 'bin/tidemark.js')
    this.#session = spawn(process.execPath, [script, ...words], {
      cwd: this.#dir,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [line] = (await once(this.#session.stdout!, 'data')) as [Buffer]
    this.#session.stdout!.resume()
    this.#port = /http:\/\/[^:]+:(\d+)/.exec(line.toString())?.[1] ?? this.#port
    return line.toString().trim()
  }

  #node(script: string, words: readonly string[]): Promise<string> {
    const env = { ...process.env, TIDEMARK_REST_PORT: this.#port }
    return new Promise((resolved) => {
      execFile(
        process.execPath,
        [join(root, script), ...words],
        { cwd: this.#dir, env, timeout: 60_000 },
        (error, stdout, stderr) => {
          this.#lastCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
          resolved(`${stdout}${stderr}`.trim())
        },
      )
    })
  }
}
