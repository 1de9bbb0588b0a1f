/**
 * Which files a file source reads, and which subtask reads which range of them.
 *
 * Owns finding files (once, synchronously, before the first record), cutting them and dealing the pieces out. The same
 * files with the same sizes always give the same splits to the same subtasks. Does not read contents.
 */
import { type Stats, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { globSync } from 'tinyglobby'
import { StreamError } from '../core/errors.ts'
import { inputFileError } from './file-errors.ts'

export interface InputFile {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
}

/** A range of bytes of a file. It owns the lines that start at `start` or later and before `end`. */
export interface FileSplit extends InputFile {
  readonly start: number
  readonly end: number
}

export interface FilePatterns {
  /** Globs or paths, relative to `cwd` or absolute; one that begins with `!` takes files out. */
  readonly patterns: readonly string[]
  readonly cwd: string
  readonly operator: string
}

/** Every file that the patterns match, once, by path in code-unit order. Fails with `SOURCE_NO_FILES`, `SOURCE_FAILED`. */
export function findFiles({ patterns, cwd, operator }: FilePatterns): readonly InputFile[] {
  const ignore = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  const paths = new Set<string>()
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) continue
    const found = matches(pattern, ignore, cwd, operator)
    if (found.length === 0) {
      const message = `Source "${operator}" found no file for "${pattern}" in ${cwd}: expected at least one.`
      throw new StreamError('SOURCE_NO_FILES', message, { details: { operator, pattern, cwd } })
    }
    for (const path of found) paths.add(path)
  }
  return [...paths].sort().map((path) => {
    const { size, mtimeMs } = statFile(path, operator)
    return { path, size, mtimeMs }
  })
}

/** The size and time of a file now. Fails with `SOURCE_FILE_MISSING` or `SOURCE_FAILED`. */
export function statFile(path: string, operator: string): Stats {
  try {
    return statSync(path)
  } catch (thrown) {
    throw inputFileError(thrown, operator, path)
  }
}

/** Fails with `SOURCE_FILE_CHANGED` unless the file has the size and time it had when it was first seen. */
export function checkUnchanged(file: InputFile, now: Pick<Stats, 'size' | 'mtimeMs'>, operator: string): void {
  if (now.size === file.size && now.mtimeMs === file.mtimeMs) return
  const say = (size: number, mtimeMs: number) => `${size} bytes, modified at ${mtimeMs} ms`
  const expected = say(file.size, file.mtimeMs)
  const got = say(now.size, now.mtimeMs)
  throw new StreamError(
    'SOURCE_FILE_CHANGED',
    `The input file ${file.path} of source "${operator}" has changed since it was first read: expected ${expected}, got ${got}.`,
    { details: { operator, path: file.path, expected, got } },
  )
}

/** Cuts files into ranges of `splitBytes`. An empty file has none. */
export function cutFiles(files: readonly InputFile[], splitBytes: number): readonly FileSplit[] {
  const splits: FileSplit[] = []
  for (const file of files) {
    for (let start = 0; start < file.size; start += splitBytes) {
      splits.push({ ...file, start, end: Math.min(start + splitBytes, file.size) })
    }
  }
  return splits
}

/** Deals splits out: the largest first, each to the subtask with the fewest bytes. Each subtask reads in file order. */
export function dealSplits(splits: readonly FileSplit[], parallelism: number): readonly (readonly FileSplit[])[] {
  const bytes = splits.map((split) => split.end - split.start)
  const bySize = splits.map((_, index) => index).sort((a, b) => bytes[b]! - bytes[a]! || a - b)
  const hands = Array.from({ length: parallelism }, () => ({ bytes: 0, indexes: [] as number[] }))
  for (const index of bySize) {
    let least = hands[0]!
    for (const hand of hands) if (hand.bytes < least.bytes) least = hand
    least.bytes += bytes[index]!
    least.indexes.push(index)
  }
  return hands.map((hand) => hand.indexes.sort((a, b) => a - b).map((index) => splits[index]!))
}

/** The directories (or files) below which a pattern can match: its leading segments without wildcards. */
export function patternRoot(pattern: string, cwd: string): string {
  const segments = pattern.split('/')
  const wild = segments.findIndex((segment) => /[*?[\]{}()!+@]/.test(segment))
  return resolve(cwd, (wild < 0 ? segments : segments.slice(0, wild)).join('/') || (wild === 0 ? '.' : '/'))
}

export const isInside = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)

function matches(pattern: string, ignore: readonly string[], cwd: string, operator: string): readonly string[] {
  const literal = resolve(cwd, pattern)
  const stats = statSync(literal, { throwIfNoEntry: false })
  if (stats?.isDirectory()) {
    const message = `Source "${operator}" cannot read lines from ${literal}, it is a directory: expected a file, or a pattern such as "${pattern}/**".`
    throw new StreamError('SOURCE_FAILED', message, { details: { operator, path: literal } })
  }
  // A path that exists is taken as it is, so that names with brackets need no escaping.
  const found = stats === undefined || ignore.length > 0 ? glob(pattern, ignore, cwd) : [literal]
  return found.map((path) => resolve(path))
}

const glob = (pattern: string, ignore: readonly string[], cwd: string): readonly string[] =>
  globSync([pattern], { cwd, ignore: [...ignore], absolute: true, onlyFiles: true, expandDirectories: false })
