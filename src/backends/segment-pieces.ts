/**
 * The bytes of a segment of keyed state, piece by piece: verified before the first one comes, and known to be what the
 * manifest means by its handle. Tests: test/backends/segment-pieces.test.ts.
 */
import { limits } from '../core/limits.ts'
import type { StoredSnapshot } from './checkpoint-storage.ts'
import { checkSegmentIs } from './keyed-segment.ts'
import type { KeyedStateHandle } from './manifest.ts'
import { placeOf } from './state-segments.ts'

/** Fails as `StoredSnapshot.read` and `checkSegmentIs` do. */
export async function* keyedPieces(from: StoredSnapshot, handle: KeyedStateHandle): AsyncGenerator<Uint8Array> {
  let first = true
  for await (const bytes of piecesOf(from, handle)) {
    // Its checksum says that it is as it was written, not that it belongs here.
    if (first) checkSegmentIs(bytes, handle, placeOf(from.path, handle))
    first = false
    yield bytes
  }
}

async function* piecesOf(from: StoredSnapshot, handle: KeyedStateHandle): AsyncGenerator<Uint8Array> {
  if (from.readInPieces !== undefined && 'file' in handle) return yield* from.readInPieces(handle)
  const bytes = await from.read(handle)
  for (let at = 0; at < bytes.length; at += limits.restorePieceBytes) {
    yield bytes.subarray(at, at + limits.restorePieceBytes)
  }
}
