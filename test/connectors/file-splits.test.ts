import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inputFileError, outputDirectoryError, outputFileError } from '../../src/connectors/file-errors.ts'
import {
  checkUnchanged,
  cutFiles,
  dealSplits,
  findFiles,
  isInside,
  patternRoot,
  statFile,
} from '../../src/connectors/file-splits.ts'
import { codeOf, temporaryDirectory } from './endpoint-harness.ts'

function directoryOf(...names: string[]): { cwd: string; find(...patterns: string[]): string[] } {
  const cwd = temporaryDirectory()
  for (const name of names) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), name)
  }
  const find = (...patterns: string[]) =>
    findFiles({ patterns, cwd, operator: 'in' }).map((file) => file.path.slice(cwd.length + 1))
  return { cwd, find }
}

describe('findFiles', () => {
  it('finds files in the order of their paths, each once', () => {
    const { cwd, find } = directoryOf('b.txt', 'a.txt', 'deep/c.txt', 'x.md', 'B.txt')
    expect(find('**/*.txt', 'a.*', join(cwd, 'x.md'))).toEqual(['B.txt', 'a.txt', 'b.txt', 'deep/c.txt', 'x.md'])
    expect(find(join(cwd, '*.txt'))).toEqual(['B.txt', 'a.txt', 'b.txt'])
  })

  it('leaves out what a pattern with ! matches', () => {
    const { find } = directoryOf('a.txt', 'old-a.txt')
    expect(find('*.txt', '!old-*')).toEqual(['a.txt'])
  })

  it('takes a path that exists as it is, brackets and all', () => {
    const { find } = directoryOf('a[1].txt', 'a1.txt')
    expect(find('a[1].txt')).toEqual(['a[1].txt'])
  })

  it('fails for each pattern without a match, naming it and the directory', async () => {
    const { cwd, find } = directoryOf('a.txt')
    for (const pattern of ['*.csv', 'b.txt', 'deep/*']) {
      const { code, message } = await codeOf(() => find('a.txt', pattern))
      expect(code).toBe('SOURCE_NO_FILES')
      expect(message).toBe(`Source "in" found no file for "${pattern}" in ${cwd}: expected at least one.`)
    }
  })

  it('fails for a directory, naming a pattern that would do', async () => {
    const { find } = directoryOf('deep/a.txt')
    const { code, message } = await codeOf(() => find('deep'))
    expect(code).toBe('SOURCE_FAILED')
    expect(message).toContain('"deep/**"')
    expect(find('deep/**')).toEqual(['deep/a.txt'])
  })

  it('fails for a link that leads nowhere', async () => {
    const { cwd, find } = directoryOf('a.txt')
    symlinkSync(join(cwd, 'gone'), join(cwd, 'link.txt'))
    expect((await codeOf(() => find('link.txt'))).code).toMatch(/SOURCE_FILE_MISSING|SOURCE_NO_FILES/)
  })
})

describe('cutting and dealing', () => {
  it('cuts every file into ranges that meet', () => {
    const file = (path: string, size: number) => ({ path, size, mtimeMs: 1 })
    const splits = cutFiles([file('/a', 10), file('/empty', 0), file('/b', 4)], 4)
    expect(splits.map(({ path, start, end }) => [path, start, end])).toEqual([
      ['/a', 0, 4],
      ['/a', 4, 8],
      ['/a', 8, 10],
      ['/b', 0, 4],
    ])
  })

  it('deals every split to one subtask, in order, with loads no further apart than one split', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 40, size: 'max' })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 6 }), (bytes, parallelism) => {
        const splits = bytes.map((size, i) => ({ path: `/${i}`, size, mtimeMs: 0, start: 0, end: size }))
        const hands = dealSplits(splits, parallelism)
        expect(hands).toHaveLength(parallelism)
        const order = (hand: readonly { path: string }[]) => hand.map((split) => Number(split.path.slice(1)))
        for (const hand of hands) expect(order(hand)).toEqual(order(hand).sort((a, b) => a - b))
        expect(hands.flatMap(order).sort((a, b) => a - b)).toEqual(splits.map((_, i) => i))
        const loads = hands.map((hand) => hand.reduce((sum, split) => sum + split.size, 0))
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(0, ...bytes))
        expect(dealSplits(splits, parallelism)).toEqual(hands)
      }),
    )
  })
})

describe('a file that is not the same any more', () => {
  it('is named, with what was expected and what is there', async () => {
    const { cwd } = directoryOf('a.txt')
    const path = join(cwd, 'a.txt')
    const { size, mtimeMs } = statFile(path, 'in')
    checkUnchanged({ path, size, mtimeMs }, statFile(path, 'in'), 'in')
    writeFileSync(path, 'longer than before')
    const grown = await codeOf(() => checkUnchanged({ path, size, mtimeMs }, statFile(path, 'in'), 'in'))
    expect(grown.code).toBe('SOURCE_FILE_CHANGED')
    expect(grown.message).toContain(path)
    expect(grown.message).toMatch(/expected 5 bytes.*got 18 bytes/)
    writeFileSync(path, 'a.txt')
    utimesSync(path, 1, 1)
    expect((await codeOf(() => checkUnchanged({ path, size, mtimeMs }, statFile(path, 'in'), 'in'))).code).toBe(
      'SOURCE_FILE_CHANGED',
    )
    rmSync(path)
    expect((await codeOf(() => statFile(path, 'in'))).code).toBe('SOURCE_FILE_MISSING')
  })
})

it.each([
  ['data/*.txt', '/work/data'],
  ['*.txt', '/work'],
  ['data/a.txt', '/work/data/a.txt'],
  ['/logs/{a,b}/x', '/logs'],
  ['/*.txt', '/'],
  ['../up/**', '/up'],
])('looks for %s below %s', (pattern, root) => {
  expect(patternRoot(pattern, '/work')).toBe(root)
})

it('knows what is inside a directory', () => {
  expect(isInside('/a/b', '/a')).toBe(true)
  expect(isInside('/a', '/a')).toBe(true)
  expect(isInside('/ab', '/a')).toBe(false)
  expect(isInside('/ab', '/')).toBe(true)
})

describe('file errors', () => {
  const system = (code: string) => Object.assign(new Error(`${code}: it says`), { code })

  it('tells gone, refused and broken inputs apart', () => {
    expect(inputFileError(system('ENOENT'), 'in', '/x')).toMatchObject({
      code: 'SOURCE_FILE_MISSING',
      restartable: false,
    })
    expect(inputFileError(system('EACCES'), 'in', '/x')).toMatchObject({ code: 'SOURCE_FAILED', restartable: false })
    expect(inputFileError(system('EIO'), 'in', '/x')).toMatchObject({ code: 'SOURCE_FAILED', restartable: true })
  })

  it('tells a full disk from other trouble with outputs', () => {
    expect(outputFileError(system('ENOSPC'), 'out', '/x')).toMatchObject({ code: 'STORAGE_FULL', restartable: true })
    expect(outputFileError(system('EIO'), 'out', '/x')).toMatchObject({ code: 'SINK_FAILED', restartable: true })
    expect(outputDirectoryError(system('EROFS'), 'out', '/x')).toMatchObject({ code: 'DIRECTORY_NOT_WRITABLE' })
    expect(outputDirectoryError(system('ENOSPC'), 'out', '/x')).toMatchObject({ code: 'STORAGE_FULL' })
  })
})
