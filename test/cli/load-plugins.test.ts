import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definitionEntry, loadConfiguration } from '../../src/cli/configuration-sources.ts'
import { loadPlugins } from '../../src/cli/load-plugins.ts'
import { StreamError } from '../../src/core/errors.ts'
import { memoryPlugin } from '../job/memory-plugin.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-plugins-'))
  mkdirSync(join(dir, 'conf'))
  for (const name of ['a.ts', 'b.ts', 'conf/a.ts']) writeFileSync(join(dir, name), '')
  writeFileSync(join(dir, 'conf/tidemark.yaml'), 'tidemark.plugins: ./a.ts\n')
  writeFileSync(join(dir, 'conf/gone.yaml'), '# here\ntidemark.plugins: gone.ts\n')
})
afterAll(() => rmSync(dir, { recursive: true }))

const plugin = memoryPlugin()

const sources = (
  importModule: (url: string) => Promise<unknown>,
  env: Record<string, string>,
  ...definitions: readonly string[]
) => {
  const flags = definitions.map(definitionEntry)
  return { configuration: loadConfiguration({ cwd: dir, env, flags, log: () => {} }), cwd: dir, importModule }
}
const load = (exports: unknown) => loadPlugins(sources(async () => exports, { TIDEMARK_PLUGINS: 'a.ts' }))
const invalid = (message: string) => ({ code: 'PLUGIN_INVALID', message })

describe('plugins that configuration names', () => {
  it('are none when it names none', async () => {
    expect(await loadPlugins(sources(async () => expect.unreachable(), {}))).toEqual([])
  })

  it('are found from the file that names them, else from the working directory', async () => {
    const urls: string[] = []
    const importModule = async (url: string) => {
      urls.push(url)
      return { default: plugin }
    }
    await loadPlugins(sources(importModule, { TIDEMARK_CONF: 'conf/tidemark.yaml' }))
    await loadPlugins(sources(importModule, { TIDEMARK_CONF: 'conf/tidemark.yaml', TIDEMARK_PLUGINS: './a.ts' }))
    await loadPlugins(sources(importModule, {}, 'tidemark.plugins=b.ts; conf/a.ts'))
    expect(urls).toEqual(['conf/a.ts', 'a.ts', 'b.ts', 'conf/a.ts'].map((name) => pathToFileURL(join(dir, name)).href))
  })

  it('are taken from a CommonJS module, too', async () => {
    expect(await load({ default: { default: plugin } })).toEqual([plugin])
  })

  it('must be there, and be plugins', async () => {
    const file = join(dir, 'a.ts')
    await expect(loadPlugins(sources(async () => plugin, { TIDEMARK_CONF: 'conf/gone.yaml' }))).rejects.toMatchObject(
      invalid(`There is no module ${join(dir, 'conf/gone.ts')}, which "tidemark.plugins" names (gone.yaml, line 2).`),
    )
    await expect(load({})).rejects.toMatchObject(
      invalid(`${file} is no plugin: it has no default export; expected \`export default definePlugin({ … })\`.`),
    )
    await expect(load({ default: 7 })).rejects.toMatchObject(invalid(`${file} cannot be used: it is not an object.`))
  })

  it('are named with the line when they cannot be loaded, and keep their own errors', async () => {
    const failing = (error: unknown) => loadPlugins(sources(() => Promise.reject(error), {}, 'tidemark.plugins=a.ts'))
    const thrown = new TypeError('no bucket')
    thrown.stack = `TypeError: no\n    at ${pathToFileURL(join(dir, 'a.ts')).href}:12:5`
    await expect(failing(thrown)).rejects.toMatchObject(
      invalid(`${join(dir, 'a.ts')} cannot be loaded (line 12): no bucket`),
    )
    const own = new StreamError('PACKAGE_MISSING', 'no package')
    await expect(failing(own)).rejects.toBe(own)
  })
})
