/** The soak's input and what must come out of it, made without tidemark: real text, repeated to the wanted size. */
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { glob } from 'tinyglobby'

const files = 6

/** Lines of output that a run must give, with how often each. */
export type Multiset = Map<string, number>

/** Writes at least `bytes` of text below `dir/corpus`; returns what the job must make of it. */
export async function makeCorpus(dir: string, bytes: number): Promise<{ expected: Multiset; bytes: number }> {
  await mkdir(join(dir, 'corpus'), { recursive: true })
  const sources = (await glob('node_modules/**/*.{md,txt,ts,mts,js,mjs,cjs,json}')).sort()
  const outputs = Array.from({ length: files }, (_, i) => createWriteStream(join(dir, `corpus/text-${i}.txt`)))
  const counts = new Map<string, number>()
  let written = 0
  for (let at = 0; written < bytes; at = (at + 1) % sources.length) {
    const text = `${await readFile(sources[at]!, 'utf8')}\n`
    for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1)
    const output = outputs[at % files]!
    if (!output.write(text)) await new Promise<void>((resolve) => output.once('drain', () => resolve()))
    written += Buffer.byteLength(text)
  }
  await Promise.all(outputs.map((output) => new Promise<void>((resolve) => output.end(() => resolve()))))
  return { expected: expectedOf(counts), bytes: written }
}

function expectedOf(counts: ReadonlyMap<string, number>): Multiset {
  const expected: Multiset = new Map()
  const lengths = new Map<number, number>()
  for (const [word, count] of counts) {
    for (let nth = 10; nth <= count; nth += 10) expected.set(`${word} ${nth}`, 1)
    const tenths = Math.floor(count / 10)
    if (tenths > 0) lengths.set(word.length, (lengths.get(word.length) ?? 0) + tenths)
  }
  for (const [length, seen] of lengths) expected.set(`length ${length}: ${seen}`, 1)
  return expected
}

/** The lines of the committed part files: those whose name does not begin with a dot. */
export async function committedLines(dir: string): Promise<Multiset> {
  const found: Multiset = new Map()
  for (const entry of await readdir(join(dir, 'out'), { withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const text = await readFile(join(dir, 'out', entry.name), 'utf8')
    for (const line of text.split('\n')) if (line !== '') found.set(line, (found.get(line) ?? 0) + 1)
  }
  return found
}

export function compare(expected: Multiset, found: Multiset): { lost: number; repeated: number; strange: number } {
  let [lost, repeated, strange] = [0, 0, 0]
  for (const [line, times] of expected) {
    const got = found.get(line) ?? 0
    lost += Math.max(0, times - got)
    repeated += Math.max(0, got - times)
  }
  for (const [line, times] of found) if (!expected.has(line)) strange += times
  return { lost, repeated, strange }
}
