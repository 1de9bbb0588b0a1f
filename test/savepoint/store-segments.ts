/** A checkpoint of one operator in one subtask whose keyed state is these bytes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCheckpoint } from '../../src/backends/checkpoint-directory.ts'
import type { StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { checksumOf } from '../../src/backends/checksum.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { type KeyedStateHandle, manifestVersion } from '../../src/backends/manifest.ts'
import { printManifest } from '../../src/backends/manifest-json.ts'
import type { KeyGroupRange } from '../../src/core/key-groups.ts'
import { suiteManifest } from '../../src/testing/checkpoint-storage-subject.ts'

export async function storeSegments(
  dir: string,
  segments: readonly {
    readonly bytes: Uint8Array
    readonly delta: boolean
    readonly states: KeyedStateHandle['states']
  }[],
  keyGroups: KeyGroupRange,
): Promise<{ readonly snapshot: StoredSnapshot; readonly handles: readonly KeyedStateHandle[] }> {
  mkdirSync(dir, { recursive: true })
  const file = 'state-0.state'
  let offset = 0
  const handles = segments.map(({ bytes, delta, states }): KeyedStateHandle => {
    const at = offset
    offset += bytes.length
    return {
      file,
      offset: at,
      length: bytes.length,
      checksum: checksumOf(bytes),
      codec: 1,
      keyGroups,
      states,
      ...(delta && { delta: true }),
    }
  })
  writeFileSync(join(dir, file), Buffer.concat(segments.map(({ bytes }) => bytes)))
  const manifest = suiteManifest(1, undefined)
  const [operator] = manifest.operators
  const maxParallelism = keyGroups.end + 1
  const subtasks = [{ index: 0, finished: false, keyed: handles, operator: undefined }]
  const text = printManifest(
    { ...manifest, formatVersion: manifestVersion, operators: [{ ...operator!, maxParallelism, subtasks }] },
    dir,
  )
  writeFileSync(join(dir, '_metadata'), text)
  return { snapshot: await readCheckpoint(nodeFileSystem, dir), handles }
}
