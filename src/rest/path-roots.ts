/**
 * Which paths a request may name: only those inside the configured roots, symbolic links followed. Owns the check; what
 * is done with a path is the session's business.
 */
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeUrl, pluginScheme } from '../backends/place-url.ts'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'

/**
 * The path, absolute, if it lies in one of `roots`; a relative one starts at the first root. A savepoint of the
 * `jobmanager` store (`jobmanager://…`) is no path and is given back as it is; a URL of a plugin must lie below one. Fails with `PATH_OUTSIDE_ROOT`, and with
 * `REQUEST_INVALID` for what is too long or no local file.
 */
export async function insideRoots(path: string, roots: readonly string[]): Promise<string> {
  if (path.startsWith('jobmanager://')) return path
  if (pluginScheme(path) !== undefined) return insidePlaces(path, roots)
  const named = path.startsWith('file:') ? fileOf(path) : path
  checkLength(named)
  if (named.includes('\0') || /^[a-z][a-z0-9+.-]+:\/\//i.test(named)) throw outside(path, roots)
  const absolute = resolve(roots[0] ?? sep, named)
  const real = await realOf(absolute)
  for (const root of roots) {
    if (pluginScheme(root) !== undefined) continue
    if (contains(await realOf(resolve(root)), real)) return absolute
  }
  throw outside(path, roots)
}

/** In one spelling, which has no way up. What a plugin calls a link is for the plugin to refuse. */
function insidePlaces(path: string, roots: readonly string[]): string {
  checkLength(path)
  const url = placeUrl(path)
  const inside = (place: string | undefined) =>
    place !== undefined && (url === place || url?.startsWith(place.endsWith('/') ? place : `${place}/`))
  if (url !== undefined && roots.map(placeUrl).some(inside)) return url
  throw outside(path, roots)
}

/** What no file system takes is the client's mistake, and is told at once. Fails with `REQUEST_INVALID`. */
function checkLength(path: string): void {
  const longest = Math.max(...path.split(/[\\/]/).map((name) => Buffer.byteLength(name)))
  const bytes = Buffer.byteLength(path)
  if (bytes <= limits.pathBytesMax && longest <= limits.fileNameBytesMax) return
  throw new StreamError(
    'REQUEST_INVALID',
    `"${path.slice(0, 80)}…" is too long for a path: expected at most ${limits.pathBytesMax} bytes with at most ` +
      `${limits.fileNameBytesMax} in each name, got ${bytes} and ${longest}.`,
  )
}

/** With links followed as far as the path exists. */
async function realOf(absolute: string): Promise<string> {
  try {
    return await realpath(absolute)
  } catch {
    const parent = dirname(absolute)
    return parent === absolute ? absolute : resolve(await realOf(parent), relative(parent, absolute))
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

function fileOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new StreamError('REQUEST_INVALID', `"${url}" is not the URL of a local file.`, { cause })
  }
}

const outside = (path: string, roots: readonly string[]): StreamError =>
  new StreamError(
    'PATH_OUTSIDE_ROOT',
    `"${path}" lies outside the directories that requests may name: expected a path inside ${roots.join(' or ')}. The configuration rest.roots adds directories.`,
  )
