import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../../src/core/ids.ts'
import { murmur3x64128 } from '../../src/core/murmur3.ts'

const hashOf = (text: string) => bytesToHex(murmur3x64128(new TextEncoder().encode(text)))

/** The same hash written with bigints, as slow and plain as it gets: what the fast one is compared with. */
function reference(bytes: Uint8Array): Uint8Array {
  const mask = (1n << 64n) - 1n
  const multiply = (a: bigint, b: bigint) => (a * b) & mask
  const rotate = (a: bigint, by: bigint) => ((a << by) | (a >> (64n - by))) & mask
  const finish = (h: bigint) => {
    h = multiply(h ^ (h >> 33n), 0xff51afd7ed558ccdn)
    h = multiply(h ^ (h >> 33n), 0xc4ceb9fe1a85ec53n)
    return h ^ (h >> 33n)
  }
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn]
  const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  let [h1, h2] = [0n, 0n]
  for (let at = 0; at < padded.length; at += 16) {
    h1 ^= multiply(rotate(multiply(view.getBigUint64(at, true), c1), 31n), c2)
    const whole = at + 16 <= bytes.length
    if (whole) h1 = (rotate(h1, 27n) + h2) * 5n + 0x52dce729n
    h1 &= mask
    h2 ^= multiply(rotate(multiply(view.getBigUint64(at + 8, true), c2), 33n), c1)
    if (whole) h2 = (rotate(h2, 31n) + h1) * 5n + 0x38495ab5n
    h2 &= mask
  }
  h1 ^= BigInt(bytes.length)
  h2 ^= BigInt(bytes.length)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  const digest = new DataView(new ArrayBuffer(16))
  digest.setBigUint64(0, h1, true)
  digest.setBigUint64(8, h2, true)
  return new Uint8Array(digest.buffer)
}

describe('murmur3x64128', () => {
  it.each([
    ['', '00000000000000000000000000000000'],
    ['hell', '67f8103e694299624753ebba820bdb92'],
    ['hello', '029bbd41b3a7d8cb191dae486a901e5b'],
    ['The quick brown fox jumps over the lazy dog', '6c1b07bc7bbc4be347939ac4a93c437a'],
    ['The quick brown fox jumps over the lazy dog.', 'c902e99e1f4899cde7b68789a3a15d69'],
    ['source-id', 'bd9c186e89cc37a76d776844dfa8ccba'],
    ['mapper-id', 'c9cecfed5cae9d489451c50e442666e3'],
    ['source', 'e5a72f353fc1e6bbf3bd96a41384998c'],
    ['map', '23ab3a59b17e9c45f95cff4c728611fc'],
    ['sink', '2e588ce1c86a9d46e2e85186773ce4fd'],
    ['sink0', 'a6a07ae9a1017db5630956d43b349a63'],
    ['sink1', 'cc9780c0642784af2274a40b24d6acc9'],
    ['uid1', '56669276f6f08c868fc17f16b2a5b825'],
    ['uid2', 'd4503549458e0d15f6fb6adfcecec079'],
    ['statefulCounter', '966e2bacedf70ef1cc4bf8d327c9e90b'],
    ['kafka-source', '61252f73469d3ffba207c548d29a0267'],
    ['ü', 'f1603d7fb657ce405ef893c440d15fe3'],
    ['üñí', 'a9f2c7ebe5eb5c2e27e6d35d6bf891a8'],
  ])('hashes %j to %s', (text, id) => {
    expect(hashOf(text)).toBe(id)
  })

  it('agrees with the bigint reference on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(bytesToHex(murmur3x64128(bytes))).toBe(bytesToHex(reference(bytes)))
      }),
      { numRuns: 300 },
    )
  })

  it('reads a view into a larger buffer from where the view starts', () => {
    const padded = new TextEncoder().encode('##hello##')
    expect(bytesToHex(murmur3x64128(padded.subarray(2, 7)))).toBe(hashOf('hello'))
  })
})
