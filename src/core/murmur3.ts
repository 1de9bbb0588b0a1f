/**
 * MurmurHash3 x64 128, seed 0: the hash behind operator ids. Works on pairs of 32-bit halves instead of bigints.
 *
 * Owns the hash only; what is fed to it is decided in `graph/operator-ids.ts`. Source: Appleby, "MurmurHash3", public
 * domain, 2011.
 */

/** An unsigned 64-bit word. Both halves are integers from 0 to 2^32 − 1. */
interface Word {
  readonly hi: number
  readonly lo: number
}

const word = (hi: number, lo: number): Word => ({ hi: hi >>> 0, lo: lo >>> 0 })

const c1 = word(0x87c37b91, 0x114253d5)
const c2 = word(0x4cf5ad43, 0x2745937f)
const mix1 = word(0xff51afd7, 0xed558ccd)
const mix2 = word(0xc4ceb9fe, 0x1a85ec53)
const five = word(0, 5)

/**
 * Hashes `bytes` to 16 bytes: both halves of the digest, each little-endian.
 *
 * @example bytesToHex(murmur3x64128(new TextEncoder().encode('hello'))) // '029bbd41b3a7d8cb191dae486a901e5b'
 */
export function murmur3x64128(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wholeBlocks = bytes.length - (bytes.length % 16)
  let h1 = word(0, 0)
  let h2 = word(0, 0)
  for (let at = 0; at < wholeBlocks; at += 16) {
    h1 = xor(h1, scramble1(readWord(view, at)))
    h1 = add(multiply(add(rotateLeft(h1, 27), h2), five), word(0, 0x52dce729))
    h2 = xor(h2, scramble2(readWord(view, at + 8)))
    h2 = add(multiply(add(rotateLeft(h2, 31), h1), five), word(0, 0x38495ab5))
  }
  // The rest is padded with zeros: a zero word scrambles to zero, so that it changes nothing.
  const rest = new Uint8Array(16)
  rest.set(bytes.subarray(wholeBlocks))
  const restView = new DataView(rest.buffer)
  const length = word(0, bytes.length)
  h1 = xor(xor(h1, scramble1(readWord(restView, 0))), length)
  h2 = xor(xor(h2, scramble2(readWord(restView, 8))), length)
  h1 = add(h1, h2)
  h2 = add(h2, h1)
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = add(h1, h2)
  h2 = add(h2, h1)
  return toBytes(h1, h2)
}

const scramble1 = (k: Word): Word => multiply(rotateLeft(multiply(k, c1), 31), c2)
const scramble2 = (k: Word): Word => multiply(rotateLeft(multiply(k, c2), 33), c1)

const finish = (h: Word): Word => {
  const once = multiply(xor(h, shiftRight33(h)), mix1)
  const twice = multiply(xor(once, shiftRight33(once)), mix2)
  return xor(twice, shiftRight33(twice))
}

const xor = (a: Word, b: Word): Word => word(a.hi ^ b.hi, a.lo ^ b.lo)

const add = (a: Word, b: Word): Word => {
  const lo = a.lo + b.lo
  return word(a.hi + b.hi + (lo > 0xffffffff ? 1 : 0), lo)
}

const shiftRight33 = (a: Word): Word => word(0, a.hi >>> 1)

/** `by` is from 1 to 63, not 32. */
const rotateLeft = (a: Word, by: number): Word => {
  const [hi, lo] = by < 32 ? [a.hi, a.lo] : [a.lo, a.hi]
  const shift = by % 32
  return word((hi << shift) | (lo >>> (32 - shift)), (lo << shift) | (hi >>> (32 - shift)))
}

const multiply = (a: Word, b: Word): Word =>
  word(high32(a.lo, b.lo) + Math.imul(a.hi, b.lo) + Math.imul(a.lo, b.hi), Math.imul(a.lo, b.lo))

/** The upper 32 bits of the product of two unsigned 32-bit integers, by 16-bit halves so that no double overflows. */
const high32 = (a: number, b: number): number => {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carried = aLow * bHigh + (middle & 0xffff)
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000)
}

const readWord = (view: DataView, at: number): Word => word(view.getUint32(at + 4, true), view.getUint32(at, true))

const toBytes = (h1: Word, h2: Word): Uint8Array => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (const [i, half] of [h1.lo, h1.hi, h2.lo, h2.hi].entries()) view.setUint32(i * 4, half, true)
  return bytes
}
