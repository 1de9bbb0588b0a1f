/**
 * URLs of places that plugins answer for. A place is `<scheme>://…`; a checkpoint in it is at `<place>/<job id>/<name>`, a
 * savepoint at `<place>/<name>`. Tests: test/backends/place-url.test.ts.
 */
import { metadataName } from './durable-files.ts'

/** As in a URL, of two characters at least, so that it is not the letter of a drive. */
export const schemeForm = /^[a-z][a-z0-9+.-]+$/

/** Schemes of paths that need no plugin, and the names of what answers them. */
export const builtInSchemes: readonly string[] = ['jobmanager', 'file', 'filesystem']

const url = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/i

/** The scheme of a path that a plugin answers for, in small letters; undefined for what tidemark reads itself. */
export function pluginScheme(path: string): string | undefined {
  const scheme = url.exec(path)?.[1]?.toLowerCase()
  return scheme === undefined || scheme === 'jobmanager' || scheme === 'file' ? undefined : scheme
}

/**
 * One spelling for each place: the scheme in small letters, no slash at the end, and nothing that could be read as a way up
 * or as something else than names. Undefined for what is no such URL.
 */
export function placeUrl(text: string): string | undefined {
  const [, scheme, rest] = url.exec(text) ?? []
  if (scheme === undefined || rest === undefined || pluginScheme(text) === undefined) return undefined
  const trimmed = rest.replace(/\/+$/, '')
  const plain = !/[?#%\\\s\p{Cc}]/u.test(trimmed) && !trimmed.split('/').some((part) => part === '.' || part === '..')
  return plain ? `${scheme.toLowerCase()}://${trimmed}` : undefined
}

/** A checkpoint or savepoint as a person may write it, without `_metadata`. */
export function withoutMetadata(path: string): string {
  const end = `/${metadataName}`
  return path.endsWith(end) ? path.slice(0, -end.length) : path
}

/** The place so many names above a path: 1 for a savepoint, 2 for a checkpoint. */
export function placeAbove(path: string, names: number): string {
  const [, scheme = '', rest = ''] = url.exec(path) ?? []
  return `${scheme}://${rest.split('/').slice(0, -names).join('/')}`
}
