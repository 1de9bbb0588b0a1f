/**
 * Who else needs a checkpoint: one file `pin-<hash of the holder>` per holder in the checkpoint's directory, and a file
 * `retired` once its own job does not need it any more. Beside them a job that has claimed it has a file of its own.
 *
 * INV-PI-1 A checkpoint with a pin is never deleted, and one that a job has claimed by that job alone. It is the file's name that
 * counts, so a torn pin still holds.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { JobId } from '../core/ids.ts'
import { listIfThere, readNote, removeIfThere, writeWhole } from './durable-files.ts'
import type { FileSystem } from './file-system.ts'

export const retiredName = 'retired'
const pinForm = /^pin-[0-9a-f]{16}$/

const pinName = (holder: string): string => `pin-${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`

export const isPinned = (names: readonly string[]): boolean => names.some((name) => pinForm.test(name))

const claimForm = /^claimed-([0-9a-f]{32})$/
export const claimName = (job: JobId): string => `claimed-${job}`
/** The jobs that say in their snapshot's directory that it is theirs. */
export const claimantsIn = (names: readonly string[]): readonly JobId[] =>
  names.flatMap((name) => (claimForm.exec(name)?.[1] as JobId | undefined) ?? [])

/** Must whoever deletes for `job`, or for nobody, leave a whole checkpoint alone? */
export const isHeld = (names: readonly string[], job?: JobId): boolean =>
  isPinned(names) || claimantsIn(names).some((claimant) => claimant !== job)

/** In which order what is to be deleted goes: whose it is can be told until all else is gone. */
export const removalRank = (name: string): number => (claimForm.test(name) ? 2 : isBookkeeping(name) ? 1 : 0)

/** Files of a checkpoint's directory that no manifest names and that are not rubbish. */
export const isBookkeeping = (name: string): boolean =>
  pinForm.test(name) || claimForm.test(name) || name === retiredName

export const writePin = (fs: FileSystem, dir: string, holder: string): Promise<void> =>
  writeWhole(fs, {
    path: join(dir, pinName(holder)),
    text: `${JSON.stringify({ formatVersion: 1, holder }, undefined, 2)}\n`,
    writer: 'pin',
  })

/**
 * Removes the pin of a holder. When there is none the holder may have been moved since it pinned, so that the pin has its old
 * path: then pins go whose holders are not where they were.
 */
export async function removePin(fs: FileSystem, dir: string, holder: string): Promise<void> {
  const pin = pinName(holder)
  const moved = (await listIfThere(fs, dir)).includes(pin) ? [] : await movedHolders(fs, dir)
  for (const name of [pin, ...moved.map(pinName)]) await removeIfThere(fs, join(dir, name))
  await fs.syncDir(dir)
}

/** Savepoints that are gone from a directory that is there; one on a disk that is away is not gone. */
async function movedHolders(fs: FileSystem, dir: string): Promise<readonly string[]> {
  const moved: string[] = []
  for (const holder of await pinHolders(fs, dir)) {
    if (!isAbsolute(holder) || dirname(holder) === dir) continue
    const beside = await fs.list(dirname(holder)).catch(() => undefined)
    if (beside !== undefined && !beside.includes(basename(holder))) moved.push(holder)
  }
  return moved
}

/** Notes that the job let the checkpoint go, so that the last `unpin` deletes it. */
export const markRetired = (fs: FileSystem, dir: string): Promise<void> =>
  writeWhole(fs, {
    path: join(dir, retiredName),
    text: 'The job does not need this checkpoint; others do.\n',
    writer: 'pin',
  })

/** The job needs the checkpoint again. */
export async function takeBack(fs: FileSystem, dir: string): Promise<void> {
  if (!(await listIfThere(fs, dir)).includes(retiredName)) return
  await removeIfThere(fs, join(dir, retiredName))
  await fs.syncDir(dir)
}

/** Who has pinned the checkpoint in `dir`, sorted; a pin whose content cannot be read is called by its file. */
export async function pinHolders(fs: FileSystem, dir: string): Promise<readonly string[]> {
  const pins = (await listIfThere(fs, dir)).filter((name) => pinForm.test(name))
  const holders = pins.map(async (name) => {
    try {
      const { holder } = JSON.parse(await readNote(fs, join(dir, name))) as { holder?: unknown }
      // What is inside is for people, and may be anything; the name is the hash of the holder.
      if (typeof holder === 'string' && pinName(holder) === name) return holder
    } catch {
      // Torn.
    }
    return join(dir, name)
  })
  return (await Promise.all(holders)).sort()
}
