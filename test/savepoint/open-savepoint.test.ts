import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { parsePointer, printPointer } from '../../src/backends/savepoint-pointer.ts'
import type { JobId } from '../../src/core/ids.ts'
import { findSnapshot } from '../../src/savepoint/find-snapshot.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { factsOf, operatorCalled } from '../../src/savepoint/operator-facts.ts'
import { SavepointReader } from '../../src/savepoint/savepoint-reader.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type KeptJob, keepJob } from './kept-job.ts'

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

const byKey = (rows: readonly { readonly key: unknown; readonly value: unknown }[]) =>
  new Map(rows.map(({ key, value }) => [key, value]))

describe('an opened savepoint', () => {
  let kept: KeptJob
  beforeAll(async () => {
    kept = await keepJob()
  })

  it('says what it is of, and what each operator has', async () => {
    const savepoint = await openSavepoint(kept.savepoint)
    expect(savepoint).toBeInstanceOf(SavepointReader)
    expect(savepoint).toMatchObject({
      path: kept.savepoint,
      stateDir: kept.checkpoint,
      kind: 'savepoint',
      isPointer: true,
    })
    expect(savepoint.manifest.job).toEqual({ id: kept.jobId, name: 'many states' })
    const count = savepoint.operator('count')
    expect(count).toMatchObject({ uid: 'count', parallelism: 1, maxParallelism: 128, timers: ['processing-time'] })
    expect(count.states.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'count value',
      'seen list',
      'lengths map',
      'longest reducing',
      'all aggregating',
    ])
    expect(savepoint.operator(count.id)).toEqual(count)
    expect(savepoint.operators.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(count.bytes)
  })

  it('gives the rows of every kind of state, changes since the first segment included', async () => {
    const savepoint = await openSavepoint(kept.savepoint)
    const chain = operatorCalled(savepoint.manifest, 'count').subtasks[0]!.keyed
    expect(chain.length).toBe(2)
    const rows = async (state: string) => byKey(await all(savepoint.keyed('count', state)))
    expect(await rows('count')).toEqual(new Map(Object.entries({ to: 2, be: 4, or: 1, not: 1 })))
    expect((await rows('seen')).get('be')).toEqual(['be', 'be', 'be', 'be'])
    expect((await rows('lengths')).get('not')).toEqual(new Map([[3, 'not']]))
    expect((await rows('longest')).get('or')).toBe(2)
    expect((await rows('all')).get('to')).toBe(2)
    const timers = await all(savepoint.timers('count'))
    expect(new Map(timers.map(({ key, timestamps }) => [key, timestamps]))).toEqual(
      new Map(Object.entries({ to: [1e15 + 2], be: [1e15 + 2], or: [1e15 + 2], not: [1e15 + 3] })),
    )
    expect(await all(savepoint.operatorState('words'))).toEqual([
      { subtask: 0, list: undefined, mode: undefined, value: { position: 8 } },
    ])
    expect(await all(savepoint.inFlight('count'))).toEqual([])
  })

  it('looks for one key only where it can be', async () => {
    const savepoint = await openSavepoint(kept.savepoint)
    expect(await all(savepoint.keyed('count', 'count', { key: 'be' }))).toMatchObject([{ key: 'be', value: 4 }])
    expect(await all(savepoint.keyed('count', 'count', { key: 'bee' }))).toEqual([])
  })

  it('is the same by its checkpoint, its manifest file, a URL, and moved together with its checkpoint', async () => {
    const moved = join(temporaryDir(), 'moved')
    cpSync(kept.dir, moved, { recursive: true })
    const away = join(temporaryDir(), 'away')
    renameSync(kept.dir, away)
    const places = [
      join(moved, 'savepoints', basename(kept.savepoint)),
      join(moved, 'checkpoints', kept.jobId, basename(kept.checkpoint)),
      join(moved, 'savepoints', basename(kept.savepoint), '_metadata'),
      `file://${join(moved, 'savepoints', basename(kept.savepoint))}`,
    ]
    for (const place of places) {
      const savepoint = await openSavepoint(place)
      expect(byKey(await all(savepoint.keyed('count', 'count'))).get('be'), place).toBe(4)
    }
    renameSync(away, kept.dir)
  })

  it('names what is not there', async () => {
    const savepoint = await openSavepoint(kept.savepoint)
    expect(() => savepoint.operator('cuont')).toThrow(/no operator "cuont".*"count" \(uid "count"\)/)
    await expect(all(savepoint.keyed('count', 'sum'))).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/no keyed state "sum".*count, seen, lengths, longest, all/),
    })
    await expect(all(savepoint.timers('words'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(openSavepoint(join(kept.dir, 'nothing'))).rejects.toMatchObject({ code: 'SAVEPOINT_NOT_FOUND' })
    const url = 'jobmanager://savepoints/1'
    await expect(openSavepoint(url)).rejects.toMatchObject({ code: 'STORAGE_UNKNOWN' })
    await expect(openSavepoint(url, { resolveUrl: async () => undefined })).rejects.toMatchObject({
      code: 'SAVEPOINT_NOT_FOUND',
    })
  })

  it('asks for a uid or an id when a name is that of several', async () => {
    const { manifest } = await openSavepoint(kept.savepoint)
    const [one, two, ...rest] = manifest.operators
    const twins = { ...manifest, operators: [one!, { ...two!, name: one!.name, uid: undefined }, ...rest] }
    expect(() => operatorCalled(twins, one!.name)).toThrow(/has 2 operators of the name.*expected a uid or an id/)
    expect(operatorCalled(twins, two!.id).id).toBe(two!.id)
    expect(factsOf(operatorCalled(twins, one!.uid!)).id).toBe(one!.id)
  })
})

describe('where a pointer leads', () => {
  async function pointing(change: (pointer: ReturnType<typeof parsePointer>) => ReturnType<typeof parsePointer>) {
    const kept = await keepJob()
    const file = join(kept.savepoint, '_metadata')
    writeFileSync(file, printPointer(change(parsePointer(readFileSync(file, 'utf8'), file))))
    return kept
  }
  const absolute = (path: string) => ({ relative: undefined, absolute: path })
  const code = (path: string, roots?: readonly string[]) =>
    findSnapshot(path, { fs: nodeFileSystem, roots }).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    )

  it('is no place but that of a checkpoint of its own job', async () => {
    for (const path of ['/etc', '/', '../../../../etc', join('/tmp', 'chk-1')]) {
      const kept = await pointing((pointer) => ({ ...pointer, checkpoint: absolute(path) }))
      expect(await code(kept.savepoint), path).toBe('PATH_OUTSIDE_ROOT')
    }
    const itself = await pointing((pointer) => ({ ...pointer, checkpoint: { relative: '.', absolute: '.' } }))
    expect(await code(itself.savepoint)).toBe('PATH_OUTSIDE_ROOT')
  })

  it('is the very checkpoint, not another of that id or of another job', async () => {
    const later = await pointing((pointer) => ({ ...pointer, timestamp: pointer.timestamp + 1 }))
    expect(await code(later.savepoint)).toBe('MANIFEST_DAMAGED')
    const job = { id: '0'.repeat(32) as JobId, name: 'another' }
    const other = await pointing((pointer) => ({ ...pointer, job }))
    expect(await code(other.savepoint)).toBe('PATH_OUTSIDE_ROOT')
  })

  it('may be a URL, for who can resolve it', async () => {
    const url = 'mem://state/job/chk-2'
    const kept = await pointing((pointer) => ({ ...pointer, checkpoint: { url } }))
    expect(await code(kept.savepoint)).toBe('STORAGE_UNKNOWN')
    const { snapshot } = await findSnapshot(kept.checkpoint, { fs: nodeFileSystem })
    const resolved = await openSavepoint(kept.savepoint, {
      resolveUrl: async (asked) => (asked === url ? snapshot : undefined),
    })
    expect(resolved.manifest).toEqual(snapshot.manifest)
  })

  it('is gone when the checkpoint is', async () => {
    const kept = await keepJob()
    rmSync(kept.checkpoint, { recursive: true })
    expect(await code(kept.savepoint)).toBe('CHECKPOINT_NOT_FOUND')
  })

  it('is not followed through a link, nor outside the roots', async () => {
    const kept = await keepJob()
    expect(await code(kept.savepoint, [kept.dir])).toBeUndefined()
    expect(await code(kept.savepoint, [temporaryDir()])).toBe('PATH_OUTSIDE_ROOT')
    expect(await code(kept.savepoint, [join(kept.dir, 'savepoints')])).toBe('PATH_OUTSIDE_ROOT')
    const elsewhere = join(temporaryDir(), 'elsewhere')
    mkdirSync(elsewhere)
    renameSync(dirname(kept.checkpoint), join(elsewhere, 'job'))
    symlinkSync(join(elsewhere, 'job'), dirname(kept.checkpoint))
    expect(await code(kept.savepoint)).toBe('PATH_OUTSIDE_ROOT')
  })
})
