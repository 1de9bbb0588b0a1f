/** What counts as a text file and as a word here: shared by the job and by the independent count. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { glob } from 'tinyglobby'

export const textFiles = 'node_modules/**/*.{md,txt,ts,mts,cts,js,mjs,cjs,json,map}'

export const wordsOf = (line: string): string[] => line.toLowerCase().match(/\p{L}+/gu) ?? []

export interface Counted {
  readonly files: number
  readonly lines: number
  readonly words: number
  readonly counts: ReadonlyMap<string, number>
}

/** The same count by a plain loop, without tidemark. */
export async function countIndependently(): Promise<Counted> {
  const counts = new Map<string, number>()
  const paths = await glob(textFiles)
  let [lines, words] = [0, 0]
  for (const path of paths) {
    const text = await readFile(path, 'utf8')
    lines += text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    for (const word of wordsOf(text)) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
      words++
    }
  }
  return { files: paths.length, lines, words, counts }
}

/** What the job committed: every record of its part files. */
export async function readCommitted(dir: string): Promise<{ word: string; count: number; length?: number }[]> {
  const names = (await readdir(dir)).filter((name) => name.startsWith('part-'))
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  )
}
