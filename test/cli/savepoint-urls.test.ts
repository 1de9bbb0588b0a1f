/** The commands that look into savepoints, of what a plugin keeps. */
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Invocation } from '../../src/cli/command.ts'
import { parseFlags } from '../../src/cli/flags.ts'
import { openingOf } from '../../src/cli/savepoint-argument.ts'
import { openSavepoint } from '../../src/savepoint/open-savepoint.ts'
import { storeCheckpoint, suiteJob } from '../../src/testing/checkpoint-storage-subject.ts'
import { memoryPlugin } from '../job/memory-plugin.ts'
import { makeCli } from './cli.ts'

async function run(...words: readonly string[]) {
  const cli = makeCli()
  const code = await cli.run('savepoint', ...words)
  return { code, out: cli.out(), err: cli.err() }
}

describe('a savepoint that a plugin keeps', () => {
  it('is opened by its URL with the plugins that configuration names, loaded once', async () => {
    const plugin = memoryPlugin()
    const job = await plugin.checkpointStorage!.create('mem://main').open(suiteJob)
    const { path } = await storeCheckpoint(job, 1)
    let loaded = 0
    const cli = makeCli({
      env: { TIDEMARK_PLUGINS: basename(import.meta.filename) },
      importModule: async () => {
        loaded++
        return { default: plugin }
      },
    })
    const here = { ...cli.context, cwd: import.meta.dirname }
    const invocation = new Invocation(here, parseFlags([], { flags: [] }))
    const opening = openingOf(invocation)
    expect((await openSavepoint(path, opening)).operator('counter').name).toBe('count')
    expect((await openSavepoint(path, opening)).manifest.checkpointId).toBe(1)
    expect(loaded).toBe(1)
    const gone = openSavepoint(path.replace(/1$/, '9'), opening)
    await expect(gone).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })

  it('is refused without its plugin, whatever the command', async () => {
    const path = 'mem://main/savepoint-1'
    for (const words of [
      ['inspect', path],
      ['query', path],
      ['diff', path, path],
    ]) {
      const { code, err } = await run(...words)
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('error[STORAGE_UNKNOWN]: There is no storage for mem://main/'),
      ])
      expect(err).toContain('"tidemark.plugins"')
    }
    expect((await run('list', 'mem://main')).err).toContain(
      'error[STORAGE_UNKNOWN]: There is no storage for mem://main',
    )
    expect((await run('verify', 'mem://main/savepoint-1')).out).toContain('damage[STORAGE_UNKNOWN]')
  })

  it('is listed at its place, and no garbage is looked for there', async () => {
    const plugin = memoryPlugin()
    const checkpoint = await storeCheckpoint(await plugin.checkpointStorage!.create('mem://main').open(suiteJob), 1)
    const store = plugin.savepointStore!.create('mem://saved', { resolve: async () => checkpoint })
    const path = await store.reserve(suiteJob.id, undefined, (length) => new Uint8Array(length))
    await store.publish(path, checkpoint)
    const cli = makeCli({
      cwd: import.meta.dirname,
      env: { TIDEMARK_PLUGINS: basename(import.meta.filename) },
      importModule: async () => ({ default: plugin }),
    })
    expect(await cli.run('savepoint', 'list', '--json', 'mem://saved')).toBe(0)
    expect(JSON.parse(cli.out())).toMatchObject({ path, form: 'pointer', job: suiteJob, timestamp: 1_001 })
    expect(await run('gc', 'mem://main')).toMatchObject({
      code: 1,
      out: expect.stringContaining('mem://main is not a directory'),
    })
  })
})
