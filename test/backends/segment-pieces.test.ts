import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { limits } from '../../src/core/limits.ts'
import {
  fileHandle,
  idOf,
  suiteJob,
  suiteManifest,
  suiteSubtask,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from './temporary.ts'

describe('a large segment', () => {
  async function large() {
    const job = await filesystemCheckpointStorage({ dir: temporaryDir() }).open(suiteJob)
    const writer = job.openWriter(idOf(1), suiteSubtask)
    const bytes = Buffer.from(Uint8Array.from({ length: 2 * limits.restorePieceBytes + 7 }, (_, i) => i * 31))
    for (const part of [bytes.subarray(0, 5), bytes]) {
      writer.beginSegment()
      writer.append(part)
      if (part !== bytes) writer.endSegment()
    }
    const handle = fileHandle(writer.endSegment())
    await writer.close()
    const stored = await job.putManifest(suiteManifest(1, [handle, handle]))
    const pieces = async () => {
      const found: Uint8Array[] = []
      for await (const piece of stored.readInPieces!(handle)) found.push(piece)
      return found
    }
    return { bytes, handle, stored, pieces, file: join(stored.path, handle.file) }
  }

  it('is read in pieces that are together what was written', async () => {
    const { bytes, pieces } = await large()
    const found = await pieces()
    expect(found.map(({ length }) => length)).toEqual([limits.restorePieceBytes, limits.restorePieceBytes, 7])
    expect(Buffer.concat(found).equals(bytes)).toBe(true)
  })

  it('is refused before its first piece when a byte of it has changed, or some are missing', async () => {
    const { pieces, file, handle } = await large()
    const before = readFileSync(file)
    const changed = Buffer.from(before)
    changed[before.length - 1]! ^= 1
    for (const bytes of [changed, before.subarray(0, before.length - 3)]) {
      writeFileSync(file, bytes)
      await expect(pieces()).rejects.toMatchObject({
        code: 'STATE_FILE_DAMAGED',
        message: expect.stringContaining(`expected ${handle.length} bytes with CRC-32 ${handle.checksum}`),
      })
    }
    rmSync(file)
    await expect(pieces()).rejects.toMatchObject({ code: 'STATE_FILE_MISSING' })
  })
})
