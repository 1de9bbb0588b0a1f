/**
 * Loads the plugins that configuration names: modules, TypeScript or JavaScript, whose default export is a plugin. Owns
 * where their paths start and what is said about a file that cannot be used.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkPlugin, type Plugin } from '../backends/plugin.ts'
import { StreamError } from '../core/errors.ts'
import type { Configuration } from '../job/configuration.ts'
import { configurationKeys as keys } from '../job/configuration-keys.ts'
import { moduleFailure } from './module-failure.ts'

export interface PluginSources {
  readonly configuration: Configuration
  readonly cwd: string
  readonly importModule: (url: string) => Promise<unknown>
}

/** In the order in which they are named. Fails with `PLUGIN_INVALID`. */
export async function loadPlugins({ configuration, cwd, importModule }: PluginSources): Promise<readonly Plugin[]> {
  const found = configuration.find(keys.plugins)
  if (found === undefined) return []
  const plugins: Plugin[] = []
  for (const named of found.value) {
    const path = resolve(found.base ?? cwd, named)
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new StreamError(
        'PLUGIN_INVALID',
        `There is no module ${path}, which "${found.writtenAs}" names (${found.origin}).`,
        { details: { file: path, key: keys.plugins.name } },
      )
    }
    plugins.push(await loadPlugin(path, importModule))
  }
  return plugins
}

/** A job that imports the module, too, shares it: it is loaded under its own URL, once. */
async function loadPlugin(path: string, importModule: PluginSources['importModule']): Promise<Plugin> {
  let loaded: unknown
  try {
    loaded = await importModule(pathToFileURL(path).href)
  } catch (thrown) {
    throw thrown instanceof StreamError ? thrown : moduleFailure('PLUGIN_INVALID', path, thrown)
  }
  const exported = defaultOf(loaded)
  if (exported === undefined) {
    throw new StreamError(
      'PLUGIN_INVALID',
      `${path} is no plugin: it has no default export; expected \`export default definePlugin({ … })\`.`,
      { details: { file: path } },
    )
  }
  checkPlugin(exported, path)
  return exported
}

/** A file that was made a CommonJS module has its default export one level down. */
const defaultOf = (loaded: unknown): unknown => {
  const exported = (loaded as { readonly default?: unknown } | null)?.default
  return (exported as { readonly default?: unknown } | null | undefined)?.default ?? exported
}
