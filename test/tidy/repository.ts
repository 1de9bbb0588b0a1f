/** The files of a repository as the rules see them: read from the disk, or made up by a sample. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findImports, type Import, lineAt, type Masked, mask } from './scan.ts'

export interface RepositoryFile extends Masked {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

export type Repository = ReadonlyMap<string, RepositoryFile>

export interface Offence {
  readonly file: string
  readonly line: number | undefined
  readonly what: string
}

const skippedFolders = new Set(['node_modules', 'dist', '.git', 'state', 'out', 'coverage'])
const textFile = /(?:\.(?:ts|js|json|md|ya?ml|txt|html|css)|(?:^|\/)(?:LICENSE|run|\.gitignore|\.npmrc))$/
const isCode = (path: string): boolean => /\.[jt]s$/.test(path)

const makeFile = (path: string, text: string): RepositoryFile => {
  if (!isCode(path)) return { path, text, code: '', uncommented: '', comments: '', imports: [] }
  const masked = mask(text)
  return { path, text, ...masked, imports: findImports(text, masked) }
}

export const makeRepository = (texts: Readonly<Record<string, string>>): Repository =>
  new Map(Object.entries(texts).map(([path, text]) => [path, makeFile(path, text)]))

export function readRepository(root: string): Repository {
  const texts: Record<string, string> = {}
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) visit(path)
      if (entry.isFile() && textFile.test(path)) texts[path] = readFileSync(join(root, path), 'utf8')
    }
  }
  visit('.')
  return makeRepository(texts)
}

/** The code files under a folder such as `src/`. */
export const codeUnder = (repository: Repository, ...folders: readonly string[]): readonly RepositoryFile[] =>
  [...repository.values()].filter(({ path }) => isCode(path) && folders.some((folder) => path.startsWith(folder)))

export const isBarrel = (path: string): boolean => path.startsWith('src/') && path.endsWith('/index.ts')

/** The path that a relative specifier means, whether or not there is such a file; undefined for a package. */
export const resolveImport = (from: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined

/** One offence per match of `pattern` in one of the texts of a file. */
export const offencesOf = (file: RepositoryFile, text: string, pattern: RegExp, what: string): readonly Offence[] =>
  [...text.matchAll(pattern)].map((match) => ({
    file: file.path,
    line: lineAt(text, match.index),
    what: what.replace('$0', match[0].trim()),
  }))
