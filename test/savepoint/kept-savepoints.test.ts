/**
 * Savepoints of every kind that released versions have written: this version reads each, restores it, and notices every
 * damage. `scripts/savepoint-fixtures` writes them; its program says what must be in them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstValueFrom } from 'rxjs'
import { filter } from 'rxjs/operators'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FixtureFacts } from '../../scripts/savepoint-fixtures/main.ts'
import { fixtureProgram, keysAfter, listsAfter } from '../../scripts/savepoint-fixtures/program.ts'
import type { FileSystem } from '../../src/backends/file-system.ts'
import { Random } from '../../src/core/random.ts'
import { createSession } from '../../src/job/create-session.ts'
import { Storages } from '../../src/job/storages.ts'
import { openSavepoint, type SavepointReader, verifySavepoint } from '../../src/savepoint/index.ts'
import { filesRead, flippedFileSystem } from './flipped-file-system.ts'

const root = fileURLToPath(new URL('../fixtures/savepoints', import.meta.url))
const fixtures = readdirSync(root).flatMap((version) => {
  const index = JSON.parse(readFileSync(join(root, version, 'index.json'), 'utf8')) as readonly FixtureFacts[]
  return index.map((facts) => ({ ...facts, title: `${version} ${facts.name}`, path: join(root, version, facts.path) }))
})

const seed = Number(process.env.TIDEMARK_SEED ?? 1)
const flipsPerSavepoint = 1_000
/** One in so many is also given to a session. */
const submittedOneIn = 25

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-kept-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function rowsOf(reader: SavepointReader, state: string): Promise<ReadonlyMap<unknown, unknown>> {
  const rows = new Map<unknown, unknown>()
  for await (const { key, value } of reader.keyed('by key', state)) rows.set(key, value)
  return rows
}

/** What the reader finds, in the form of the program's model. */
async function keysIn(reader: SavepointReader): Promise<ReadonlyMap<unknown, unknown>> {
  const names = ['count', 'values', 'residues', 'sum', 'mean', 'removed'] as const
  const found = new Map<unknown, Record<string, unknown>>()
  for (const name of names) {
    for (const [key, value] of await rowsOf(reader, name)) found.set(key, { ...found.get(key), [name]: value })
  }
  for (const [key, value] of await rowsOf(reader, 'session')) {
    expect(value, 'the session of a key, with its time').toEqual([expect.any(Number), expect.any(String)])
    found.set(key, { ...found.get(key), session: (value as [number, string])[1] })
  }
  for await (const { key, timestamps } of reader.timers('by key')) {
    found.set(key, { ...found.get(key), timers: timestamps })
  }
  return found
}

async function listsIn(reader: SavepointReader) {
  const lists: { buffer: number[]; seen: number[]; rules: unknown[] } = { buffer: [], seen: [], rules: [] }
  for await (const { list, value } of reader.operatorState('by subtask')) {
    lists[list as keyof typeof lists].push(value as never)
  }
  const ascending = (a: number, b: number) => a - b
  return { buffer: lists.buffer.sort(ascending), seen: lists.seen.sort(ascending), rules: lists.rules }
}

async function expectAfter(reader: SavepointReader, records: number): Promise<void> {
  const expected = new Map(
    [...keysAfter(records)].map(([key, { removed, ...rest }]) => [
      key,
      removed === undefined ? rest : { ...rest, removed },
    ]),
  )
  expect(await keysIn(reader)).toEqual(expected)
  const { rules, ...lists } = await listsIn(reader)
  expect(lists).toEqual(listsAfter(records))
  expect(rules).toEqual(Array.from({ length: reader.operator('by subtask').parallelism }, () => ['limit', 5]))
}

interface Submission {
  readonly path: string
  readonly fs?: FileSystem | undefined
}

function submit({ path, fs }: Submission, facts: Pick<FixtureFacts, 'parallelism' | 'records'>) {
  const session = createSession({}, { storages: new Storages(fs === undefined ? {} : { fs }) })
  const program = fixtureProgram({
    parallelism: facts.parallelism,
    checkpoints: join(dir, 'checkpoints'),
    savepoints: join(dir, 'savepoints'),
    limit: () => facts.records,
  })
  return { session, submitted: session.submit(program, { fromSavepoint: path }) }
}

describe.each(fixtures)('the savepoint $title', ({ path, name, inFlight, ...facts }) => {
  it('is sound, and holds what its program had put there', async () => {
    expect(await verifySavepoint(path)).toEqual([])
    const reader = await openSavepoint(path)
    if (!inFlight) return expectAfter(reader, facts.records)
    let records = 0
    for await (const _ of reader.inFlight('by key')) records++
    const counts = (await rowsOf(reader, 'count')) as ReadonlyMap<string, number>
    const counted = [...counts.values()].reduce((a, b) => a + b, 0)
    expect(records).toBeGreaterThan(0)
    expect(records + counted).toBe(facts.records)
  })

  it('is restored by its program, which goes on with it', async () => {
    const { session, submitted } = submit({ path }, facts)
    const job = await submitted
    try {
      if (name === 'stop-drain') {
        expect(await job.done).toMatchObject({ status: 'FINISHED' })
        return
      }
      await firstValueFrom(job.status.pipe(filter((status) => status === 'RUNNING')))
      await expectAfter(await openSavepoint(await job.triggerSavepoint()), facts.records)
    } finally {
      await session.close()
    }
  })

  it(`is refused with any of ${flipsPerSavepoint} bits turned over`, async () => {
    const files = await filesRead(async (fs) => void (await verifySavepoint(path, { fs })))
    const paths = [...files.keys()]
    expect(paths.length).toBeGreaterThan(0)
    const random = new Random(seed).fork(name)
    for (let i = 0; i < flipsPerSavepoint; i++) {
      const file = random.pick(paths)
      const flip = { path: file, offset: random.int(0, files.get(file)! - 1), bit: random.int(0, 7) }
      const what = `bit ${flip.bit} of byte ${flip.offset} of ${file}; again with TIDEMARK_SEED=${seed}`
      const fs = flippedFileSystem(flip)
      const findings = await verifySavepoint(path, { fs })
      expect(
        findings.filter(({ severity }) => severity === 'damage').map(({ code }) => code),
        what,
      ).not.toEqual([])
      expect(findings.map(({ message }) => message).join('\n'), what).toContain(file)
      // Of what had finished nothing is read but the manifest.
      if (i % submittedOneIn > 0 || (name === 'stop-drain' && !file.endsWith('_metadata'))) continue
      const { session, submitted } = submit({ path, fs }, facts)
      const outcome = await submitted.then(
        async (job) => (await job.done).error,
        (error: unknown) => error,
      )
      await session.close()
      expect(outcome, what).toMatchObject({
        code: expect.stringMatching(/DAMAGED|UNSUPPORTED|PATH_OUTSIDE_ROOT|MISSING/),
      })
    }
  })
})

it('has savepoints of every kind of this version', () => {
  expect(new Set(fixtures.map(({ title }) => title)).size).toBeGreaterThanOrEqual(12)
})
