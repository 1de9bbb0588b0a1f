/**
 * Writes a self-contained savepoint: every file first, durably, the manifest last.
 *
 * INV-WS-1 Without a manifest there is no savepoint: whatever fails before, what was written is removed.
 * Tests: test/savepoint/savepoint-builder.test.ts, test/savepoint/builder-crash.test.ts.
 */
import { dirname, join } from 'node:path'
import { snapshotOf, storeManifest } from '../backends/checkpoint-directory.ts'
import { fileHandlesOf } from '../backends/checkpoint-rules.ts'
import { ensureDir, metadataName, removeIfThere, temporaryMark } from '../backends/durable-files.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { localPath } from '../backends/local-path.ts'
import { type Manifest, type ManifestOperator, manifestVersionOf } from '../backends/manifest.ts'
import { asStorage } from '../backends/storage-errors.ts'
import { type Clock, realClock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, OperatorId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { isDealtAgain, isKeyedChanged, isPartlyFinished, type OperatorDraft } from './operator-draft.ts'
import { labelOf } from './operator-facts.ts'
import { type WrittenOperator, writeOperator } from './operator-output.ts'
import { SavepointReader } from './savepoint-reader.ts'
import { checkUniqueKeys } from './unique-keys.ts'

/** Ends the temporary name of the manifest: nobody else writes into the directory. */
const writer = 0

export interface WriteSavepointOptions {
  /** Gives the time that the savepoint has. */
  readonly clock?: Pick<Clock, 'now'>
  /** Stands in for the disk in tests. */
  readonly fs?: FileSystem
}

export interface SavepointDraft {
  readonly job: Manifest['job']
  /** Of the savepoint that it is made from. */
  readonly checkpointId: CheckpointId | undefined
  readonly operators: readonly OperatorDraft[]
  /** The new id of each operator that was there, by the old one. */
  readonly renamed: ReadonlyMap<string, string>
}

export async function writeSavepoint(
  path: string,
  draft: SavepointDraft,
  { fs = nodeFileSystem, clock = realClock }: WriteSavepointOptions,
): Promise<SavepointReader> {
  // An empty path would be the directory of the process.
  const dir = typeof path === 'string' && path !== '' && !path.includes('\0') ? localPath(path) : undefined
  if (dir === undefined) {
    throw new StreamError(
      'ARGUMENT_INVALID',
      `${JSON.stringify(path)} is not a directory on this machine: expected the path of one for the new savepoint.`,
    )
  }
  for (const operator of draft.operators) checkSubtasks(operator)
  return asStorage('write a savepoint in', dir, async () => {
    await ensureDir(fs, dir)
    if ((await fs.list(dir)).length > 0) {
      throw new StreamError('ARGUMENT_INVALID', `${dir} is not empty: expected a directory for one new savepoint.`)
    }
    const written: WrittenOperator[] = []
    try {
      const begunAgain = verticesBegunAgain(draft)
      for (const operator of draft.operators) {
        written.push(await writeOperator(fs, dir, operator, begunAgain.has(operator.vertex)))
      }
      const manifest = manifestOf(draft, written, clock.now())
      const snapshot = snapshotOf(fs, dir, manifest)
      for (const { operator, counts } of written) {
        const handles = operator.subtasks.flatMap(({ keyed }) => keyed)
        if (counts !== undefined) await checkUniqueKeys(snapshot, handles, counts, labelOf(operator))
      }
      await fs.syncDir(dir)
      const stored = await storeManifest(fs, dir, manifest, writer, async () => {})
      return new SavepointReader({ path: dir, snapshot: stored, pointer: undefined })
    } catch (error) {
      await removeFiles(fs, dir, written)
      throw error
    }
  })
}

/** Operators of one chain run together, so that they have finished together or not at all. */
const verticesBegunAgain = ({ operators }: SavepointDraft): ReadonlySet<string> =>
  new Set(operators.filter((one) => isDealtAgain(one) && isPartlyFinished(one)).map(({ vertex }) => vertex))

function checkSubtasks(operator: OperatorDraft): void {
  if (operator.parallelism <= limits.savepointSubtasksMax || !isKeyedChanged(operator)) return
  throw new StreamError(
    'ARGUMENT_INVALID',
    `Operator ${labelOf(operator)} has parallelism ${operator.parallelism}: its state can be written anew with at most ${limits.savepointSubtasksMax}.`,
  )
}

function manifestOf({ job, checkpointId, renamed }: SavepointDraft, written: readonly WrittenOperator[], now: number) {
  const feederOf = (id: OperatorId | undefined) => id && ((renamed.get(id) ?? id) as OperatorId)
  const operators = written.map(({ operator }): ManifestOperator => {
    const subtasks = operator.subtasks.map(({ inFlight, ...subtask }) => ({
      ...subtask,
      ...(inFlight && { inFlight: inFlight.map((channel) => ({ ...channel, feeder: feederOf(channel.feeder) })) }),
    }))
    return { ...operator, subtasks }
  })
  const manifest: Manifest = {
    formatVersion: manifestVersionOf(operators),
    kind: 'savepoint',
    job,
    checkpointId: checkpointId ?? (1 as CheckpointId),
    timestamp: now,
    operators,
  }
  return manifest
}

/** The failure is what counts: what cannot be removed is rubbish without a manifest. */
async function removeFiles(fs: FileSystem, dir: string, written: readonly WrittenOperator[]): Promise<void> {
  const names = new Set(fileHandlesOf({ operators: written.map(({ operator }) => operator) }).map(({ file }) => file))
  names.add(`${metadataName}${temporaryMark}${writer}`)
  for (const name of names) await removeIfThere(fs, join(dir, name)).catch(() => {})
  await fs.removeDir(dir).catch(() => {})
  await fs.syncDir(dirname(dir)).catch(() => {})
}
