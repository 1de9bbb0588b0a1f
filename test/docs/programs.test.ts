/** The documents tell the truth: their TypeScript compiles, and what they say it prints is what it prints. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agrees, excerptsOf, jobOutput, outputs, snippetsOf, typeErrors, writeSnippets } from './snippets.ts'

const pages = [
  'README.md',
  'docs/programs.md',
  'docs/datastream.md',
  'docs/testing.md',
  'docs/exploring.md',
  'docs/simulation.md',
  'docs/embedding.md',
  'docs/connectors.md',
  'docs/cli.md',
]
const snippets = pages.flatMap(snippetsOf)
const excerpts = pages.flatMap(excerptsOf)
const run = snippets.filter(({ mode }) => mode === 'run')
const jobs = snippets.filter(({ mode }) => mode === 'job')

describe('the snippets of the documents', () => {
  let written: ReturnType<typeof writeSnippets>
  let printed: ReadonlyMap<string, string>
  beforeAll(async () => {
    written = writeSnippets(snippets, excerpts)
    printed = await outputs(written.dir, run)
  }, 60_000)
  afterAll(() => written.remove())

  it('compile', async () => {
    expect(await typeErrors(written.dir)).toBe('')
  })

  it.each(excerpts)('show what is there: $title of $path', ({ isThere }) => {
    expect(isThere).toBe(true)
  })

  it.each(run)('run and print what $title says', ({ file, expected }) => {
    const got = printed.get(file)
    expect(got).toBeDefined()
    if (expected === undefined) expect(got).not.toMatch(/Error/)
    else if (!agrees(got ?? '', expected)) expect(got).toBe(expected.trim())
  })

  it('begin, in the README, with an example that is there', () => {
    const example = readFileSync(new URL('../../examples/to-be.ts', import.meta.url), 'utf8')
    expect(snippets[0]?.text).toContain(example)
  })

  it.each(jobs)('run as job files and print what $title says', async (job) => {
    const got = await jobOutput(written.dir, job)
    if (!agrees(got, job.expected ?? '…')) expect(got).toBe(job.expected?.trim())
  })
})

describe('comparing', () => {
  it.each([
    ['a\nb', 'a\nb\n', true],
    ['a\nb', 'a\nc', false],
    ['Job 3f2a has finished', 'Job … has finished', true],
    ['a\nx\ny\nb', 'a\n…\nb', true],
    ['a\nx', 'a\n…\nb', false],
  ])('%j is %j: %j', (got, expected, same) => {
    expect(agrees(got, expected)).toBe(same)
  })
})
