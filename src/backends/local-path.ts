/** A path as a person may write it, on this machine. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, StreamError } from '../core/errors.ts'

/** Absolute; undefined for anything with a scheme other than `file:`. Fails with `ARGUMENT_INVALID`. */
export function localPath(path: string): string | undefined {
  if (!path.startsWith('file:')) return /^[a-z][a-z0-9+.-]+:/i.test(path) ? undefined : resolve(path)
  try {
    return fileURLToPath(path)
  } catch (error) {
    throw new StreamError('ARGUMENT_INVALID', `"${path}" is not a path on this machine: ${messageOf(error)}.`)
  }
}
