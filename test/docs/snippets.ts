/**
 * The TypeScript in the documents, as programs: taken out of the pages, written to a directory, run, and compared.
 *
 * A block marked `ts` is checked by the compiler only, `ts run` also runs, `ts job` is run by `tidemark run`. The `text` block right
 * after it is what it prints; `…` there stands for anything. A block that imports nothing goes on from the page's
 * `ts setup` block. A block marked `ts file=<path>` shows part of that file, and the files beside it can be imported by
 * the other blocks, as `./name.ts`. Owns no expectations about any page.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SnippetMode = 'check' | 'run' | 'job'

export interface Snippet {
  /** Page and line, for messages. */
  readonly title: string
  readonly file: string
  readonly mode: SnippetMode
  readonly text: string
  /** The lines that it should print; undefined when the page does not say. */
  readonly expected: string | undefined
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const modes: Readonly<Record<string, SnippetMode>> = { ts: 'check', 'ts run': 'run', 'ts job': 'job' }
const fileMark = 'ts file='
const blocks = /^```(ts[^\n]*)\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm

/** The snippets of one page, by its path from the root of the repository. */
export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(root, page), 'utf8')
  const found = [...text.matchAll(blocks)]
  const setup = found.find(([, info]) => info === 'ts setup')?.[2] ?? ''
  return found.flatMap(({ 1: info = '', 2: body = '', 3: expected, index }) => {
    if (info === 'ts setup' || info.startsWith(fileMark)) return []
    const mode = modes[info]
    const line = text.slice(0, index).split('\n').length
    if (mode === undefined)
      throw new Error(`${page}:${line}: \`${info}\` is not ts, ts setup, ts run, ts job or ts file=….`)
    const whole = /^import /m.test(body) ? body : `${setup}\n${body}`
    const file = `${basename(page, '.md').toLowerCase()}-${line}.ts`
    return [{ title: `${page}:${line}`, file, mode, text: `${whole}\nexport {}\n`, expected }]
  })
}

/** What a page shows of a file of the repository. */
export interface Excerpt {
  readonly title: string
  readonly path: string
  /** Is the file written like this, however deep the indentation? */
  readonly isThere: boolean
}

export function excerptsOf(page: string): readonly Excerpt[] {
  const text = readFileSync(join(root, page), 'utf8')
  const plain = (code: string) => code.trim().replace(/^[ \t]+/gm, '')
  return [...text.matchAll(blocks)].flatMap(({ 1: info = '', 2: body = '', index }) => {
    if (!info.startsWith(fileMark)) return []
    const path = info.slice(fileMark.length)
    const title = `${page}:${text.slice(0, index).split('\n').length}`
    return [{ title, path, isThere: plain(readFileSync(join(root, path), 'utf8')).includes(plain(body)) }]
  })
}

/** A directory inside the repository, so that `tidemark` means this checkout; git ignores it. */
export function writeSnippets(
  snippets: readonly Snippet[],
  excerpts: readonly Excerpt[] = [],
): { readonly dir: string; remove(): void } {
  mkdirSync(join(root, 'out'), { recursive: true })
  const dir = mkdtempSync(join(root, 'out', 'docs-'))
  for (const folder of new Set(excerpts.map(({ path }) => dirname(path))))
    cpSync(join(root, folder), dir, { recursive: true })
  for (const { file, text } of snippets) writeFileSync(join(dir, file), text)
  const compilerOptions = { noUnusedLocals: false, skipLibCheck: true }
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'], exclude: ['run-all.ts'] }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** What the compiler has against them; nothing if all is well. */
export async function typeErrors(dir: string): Promise<string> {
  const { stdout } = await node(dir, join(root, 'node_modules/typescript/bin/tsc'), '-p', dir, '--pretty', 'false')
  return stdout
}

/** What each of these prints, by file. They run one after the other in one process, as starting one costs most. */
export async function outputs(dir: string, snippets: readonly Snippet[]): Promise<ReadonlyMap<string, string>> {
  const steps = snippets.map(({ file }) => `console.log('\\n${mark}${file}')\nawait import('./${file}').catch(say)\n`)
  const say = 'const say = (error: unknown) => console.log(error)\n'
  writeFileSync(join(dir, 'run-all.ts'), `${say}${steps.join('')}process.exit()\n`)
  const { stdout } = await node(dir, join(root, 'bin/tidemark-source.js'), 'run-all.ts')
  const parts = stdout.split(mark).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()]))
}

/** What `tidemark run` prints for a job file. */
export async function jobOutput(dir: string, { file }: Snippet): Promise<string> {
  return (await node(dir, join(root, 'bin/tidemark.js'), 'run', '--no-rest', '--quiet', file)).stdout.trim()
}

/** Is this what the page says? `…` stands for anything within a line, and for any lines on a line of its own. */
export function agrees(printed: string, expected: string): boolean {
  const pattern = expected
    .trim()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*?')
  return new RegExp(`^${pattern}$`).test(printed)
}

const mark = '\u0000'

function node(cwd: string, ...words: readonly string[]): Promise<{ readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ stdout: error === null ? stdout : `${stdout}${stderr}` }),
    )
  })
}
