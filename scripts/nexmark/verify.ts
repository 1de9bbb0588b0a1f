/** Every combination of query, order of events, state backend and parallelism, each compared with the reference. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NexmarkGenerator, type NexmarkOptions } from '../../examples/nexmark/generator.ts'
import type { NexmarkQuery } from '../../examples/nexmark/query.ts'
import { Random } from '../../src/core/random.ts'
import type { Arguments, Backend } from './arguments.ts'
import { ExpectedRows } from './expected-rows.ts'
import { journey } from './journey.ts'

interface Combination {
  readonly query: NexmarkQuery
  readonly load: NexmarkOptions
  readonly backend: Backend
  /** At first, and at the end. */
  readonly parallelism: readonly [number, number]
  readonly dir: string
}

type Print = (text: string) => void

/** Was every row of every combination as it must be? */
export async function verify(args: Arguments, print: Print): Promise<boolean> {
  const root = mkdtempSync(join(tmpdir(), 'tidemark-nexmark-'))
  const bad: string[] = []
  let done = 0
  for (const group of args.groups) {
    const { events, seed, ratePerSecond } = args
    const load = { events, seed, ratePerSecond, outOfOrderGroup: group }
    const all = [...new NexmarkGenerator(load)]
    for (const query of args.queries) {
      const expected = new ExpectedRows(query.reference(all))
      const waiting = combinationsOf(args, query, load, root)
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const line = await outcomeOf(next, expected, seed)
          print(line.text)
          done++
          if (!line.good) bad.push(line.text)
          if (line.good && !args.keep) rmSync(next.dir, { recursive: true, force: true })
        }
      }
      await Promise.all(Array.from({ length: args.jobs }, lane))
    }
  }
  print(
    bad.length === 0 ? `${done} combinations, all rows as expected` : `${bad.length} of ${done} combinations differ:`,
  )
  for (const text of bad) print(text)
  if (args.keep || bad.length > 0) print(`kept: ${root}`)
  else rmSync(root, { recursive: true, force: true })
  return bad.length === 0
}

function combinationsOf(
  { parallelism, backends }: Arguments,
  query: NexmarkQuery,
  load: NexmarkOptions,
  root: string,
): Combination[] {
  return parallelism.flatMap((first, index) =>
    backends.map((backend): Combination => {
      const next = parallelism[(index + 1) % parallelism.length]!
      const dir = join(root, `${query.name}-group-${load.outOfOrderGroup}-${backend}-${first}`)
      return { query, load, backend, parallelism: [first, next === first ? first + 1 : next], dir }
    }),
  )
}

async function outcomeOf(
  { query, load, backend, parallelism: [first, last], dir }: Combination,
  expected: ExpectedRows,
  seed: number,
): Promise<{ readonly text: string; readonly good: boolean }> {
  const label = `${query.name} group ${load.outOfOrderGroup} ${backend} parallelism ${first} → ${last}`.padEnd(44)
  const random = new Random(seed).fork(dir.slice(dir.lastIndexOf('/')))
  const begunMs = performance.now()
  try {
    const task = { ...load, query: query.name, dir, backend, parallelism: first, nextParallelism: last }
    const { status, killed, stopped, warnings } = await journey(task, random)
    const { lost, repeated, strange } = expected.compare(committedLines(join(dir, 'out')))
    const way = `${status}${killed ? ' after a kill' : ''}${stopped ? ' and a savepoint' : ''}`
    const rows = `${expected.size} rows; lost: ${lost}, repeated: ${repeated}, never expected: ${strange}`
    const tookS = ((performance.now() - begunMs) / 1_000).toFixed(1)
    const good = status === 'FINISHED' && killed && stopped && lost + repeated + strange === 0
    return { text: [`${label} ${way}, ${rows} (${tookS} s)`, ...warnings].join('\n  '), good }
  } catch (error) {
    return { text: `${label} ${error instanceof Error ? error.message : error}`, good: false }
  }
}

/** The lines of the committed part files: those whose name does not begin with a dot. */
function* committedLines(dir: string): Iterable<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const text = readFileSync(join(dir, entry.name), 'utf8')
    for (let begin = 0, end = text.indexOf('\n'); end >= 0; begin = end + 1, end = text.indexOf('\n', begin)) {
      yield text.slice(begin, end)
    }
  }
}
