/** CRC-32, as 8 hex digits: detects damage, not malice. */
import { crc32 } from 'node:zlib'

/** Of everything so far, given that of what came before (0 at the start). */
export const extendChecksum = (bytes: Uint8Array, before: number): number => crc32(bytes, before)

export const printChecksum = (sum: number): string => sum.toString(16).padStart(8, '0')

/** @example checksumOf('123456789') // 'cbf43926' */
export const checksumOf = (content: Uint8Array | string): string => printChecksum(crc32(content))
