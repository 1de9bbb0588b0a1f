/**
 * What the documents show of a terminal, typed again: the blocks marked `console`, with the directory whose files the commands
 * use, as in `console dir=examples/change`. The blocks of a page are one session, in a copy of that directory.
 *
 * A line that begins with `$` is typed; what follows, up to the next one, is what it prints, where `…` stands for anything. Known
 * are `tidemark`, `npx tsx` and `echo $?`.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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
    const line = text.slice(0, index).split('\n').length
    return body
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...printed] = part.split('\n')
        return { title: `${page}:${line}: ${command}`, command, expected: printed.join('\n').trim() }
      })
  })
  const [dir = '', ...others] = new Set(blocks.map(([, name = '']) => name))
  if (others.length > 0) throw new Error(`${page} types in ${dir} and in ${others.join(', ')}: expected one directory.`)
  return { dir, commands }
}

/** A terminal in a copy of `dir`, inside the repository, so that `tidemark` means this checkout. */
export class Terminal {
  readonly #dir: string
  #lastCode = 0

  constructor(dir: string) {
    mkdirSync(join(root, 'out'), { recursive: true })
    this.#dir = mkdtempSync(join(root, 'out', 'console-'))
    cpSync(join(root, dir), this.#dir, { recursive: true })
  }

  /** What a command prints. */
  async type(command: string): Promise<string> {
    if (command === 'echo $?') return String(this.#lastCode)
    const words = command.split(' ')
    if (words[0] === 'tidemark') return this.#node('bin/tidemark.js', words.slice(1))
    if (words[0] === 'npx' && words[1] === 'tsx') return this.#node('bin/tidemark-source.js', words.slice(2))
    throw new Error(`\`${command}\` is no command that a document may type.`)
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #node(script: string, words: readonly string[]): Promise<string> {
    // A session that happens to run on this machine has nothing to do with it.
    const env = { ...process.env, TIDEMARK_REST_PORT: '-1' }
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(root, script), ...words],
        { cwd: this.#dir, env, timeout: 60_000 },
        (error, stdout, stderr) => {
          this.#lastCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
          resolve(`${stdout}${stderr}`.trim())
        },
      )
    })
  }
}
