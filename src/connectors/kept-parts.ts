/**
 * The marks of parts that a savepoint lists: `<dir>/.pending/<part>.kept`, empty.
 *
 * A job that goes on after a savepoint may fall back to the checkpoint before it. Then nothing of the job needs those
 * parts any more, but the savepoint does, so the clean-up passes over what is marked. Owns the marks alone; when they are
 * made and taken away is decided in `to-file.ts` and `part-files.ts`.
 *
 * INV-KP-1 A mark is durable before the savepoint that needs it can complete, and goes after its part was committed, or
 * when no savepoint lists it that could still complete.
 */
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parsePartName } from './part-names.ts'

const suffix = '.kept'

const markOf = (pendingDir: string, part: string): string => join(pendingDir, `${part}${suffix}`)

/** Marks a part. The caller makes the directory durable. */
export function keepPart(pendingDir: string, part: string): void {
  closeSync(openSync(markOf(pendingDir, part), 'w'))
}

export const isKept = (pendingDir: string, part: string): boolean => existsSync(markOf(pendingDir, part))

export function releasePart(pendingDir: string, part: string): void {
  rmSync(markOf(pendingDir, part), { force: true })
}

/** Takes away the marks of parts of these owners that are not pending any more: their commit did not come to its end. */
export function releaseStrays(pendingDir: string, isOwn: (owner: string) => boolean): void {
  const names = new Set(readdirSync(pendingDir))
  for (const name of names) {
    const part = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
    const owner = parsePartName(part)?.owner
    if (owner !== undefined && isOwn(owner) && !names.has(part)) releasePart(pendingDir, part)
  }
}
