import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesystemCheckpointStorage } from '../../src/backends/filesystem-checkpoints.ts'
import { segmentHeader } from '../../src/backends/keyed-segment.ts'
import type { KeyedStateHandle } from '../../src/backends/manifest.ts'
import { keyedPieces } from '../../src/backends/segment-pieces.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { limits } from '../../src/core/limits.ts'
import {
  fileHandle,
  idOf,
  suiteJob,
  suiteManifest,
  suiteSubtask,
} from '../../src/testing/checkpoint-storage-subject.ts'
import { storeSegments } from '../savepoint/store-segments.ts'
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

describe('the pieces of keyed state', () => {
  const states = [{ name: 'count', kind: 'value' }] as const
  const range = { start: 0, end: 3 }
  const header = encodeValue(segmentHeader(range, states, false))
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, header.length]), header])

  async function pieces(keyed: Partial<KeyedStateHandle>) {
    const { snapshot, handles } = await storeSegments(
      join(temporaryDir(), 'chk-1'),
      [{ bytes, delta: false, states }],
      range,
    )
    const found: Uint8Array[] = []
    for await (const piece of keyedPieces(snapshot, { ...handles[0]!, ...keyed } as KeyedStateHandle)) found.push(piece)
    return Buffer.concat(found)
  }

  it('are those of the segment that the handle means', async () => {
    expect(bytes.equals(await pieces({}))).toBe(true)
    for (const other of [{ states: [] }, { keyGroups: { start: 0, end: 2 } }, { delta: true as const }]) {
      await expect(pieces(other)).rejects.toMatchObject({
        code: 'STATE_FILE_DAMAGED',
        message: expect.stringContaining('its manifest expects'),
      })
    }
  })
})
