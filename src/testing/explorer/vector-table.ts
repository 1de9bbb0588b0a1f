/**
 * An exact set of vectors of whole numbers, all of one width, each with an id from 0 in the order of their arrival. Kept
 * in large typed arrays: the width times four bytes per vector and about eight for the hash table, no object.
 */
const chunkBits = 16
const chunkMask = (1 << chunkBits) - 1

export class VectorTable {
  readonly width: number
  count = 0
  readonly #chunks: Int32Array[]
  /** Pairs: the id + 1 of the vector whose hash leads here (0: free), and that hash. */
  #slots = new Int32Array(64)

  constructor(width: number) {
    this.width = width
    this.#chunks = [new Int32Array(16 * width)]
  }

  /** Bytes that are held now, also those that are reserved. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, this.#slots.byteLength)
  }

  /** The id of `vector[offset … offset + width)`, which is added if it is not there: `count` tells. */
  intern(vector: Int32Array, offset: number): number {
    const { width } = this
    const chunks = this.#chunks
    const slots = this.#slots
    const mask = slots.length - 1
    const hashed = hash(vector, offset, width)
    let slot = (hashed << 1) & mask
    for (; ; slot = (slot + 2) & mask) {
      const id = slots[slot]! - 1
      if (id < 0) break
      if (slots[slot + 1] !== hashed) continue
      const chunk = chunks[id >>> chunkBits]!
      let at = (id & chunkMask) * width
      let i = 0
      while (i < width && chunk[at] === vector[offset + i]) {
        i++
        at++
      }
      if (i === width) return id
    }
    const id = this.#append(vector, offset)
    slots[slot] = id + 1
    slots[slot + 1] = hashed
    if (this.count * 4 > slots.length) this.#grow()
    return id
  }

  at(id: number, position: number): number {
    return this.#chunks[id >>> chunkBits]![(id & chunkMask) * this.width + position]!
  }

  read(id: number, into: Int32Array, offset: number): void {
    const { width } = this
    const chunk = this.#chunks[id >>> chunkBits]!
    const at = (id & chunkMask) * width
    for (let i = 0; i < width; i++) into[offset + i] = chunk[at + i]!
  }

  /** The same vectors under the same ids, with zeros behind them. */
  widened(width: number): VectorTable {
    const wider = new VectorTable(width)
    const vector = new Int32Array(width)
    for (let id = 0; id < this.count; id++) {
      this.read(id, vector, 0)
      wider.intern(vector, 0)
    }
    return wider
  }

  #append(vector: Int32Array, offset: number): number {
    const { width } = this
    const id = this.count++
    const index = id >>> chunkBits
    const at = (id & chunkMask) * width
    let chunk = this.#chunks[index]
    if (chunk === undefined || at === chunk.length) {
      // The first chunk grows by doubling, so that small systems stay small; the others are whole from the beginning.
      const larger = new Int32Array(index === 0 ? at * 2 : width << chunkBits)
      if (index === 0) larger.set(chunk!)
      this.#chunks[index] = larger
      chunk = larger
    }
    for (let i = 0; i < width; i++) chunk[at + i] = vector[offset + i]!
    return id
  }

  #grow(): void {
    const old = this.#slots
    const slots = new Int32Array(old.length * 2)
    const mask = slots.length - 1
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue
      let slot = (old[from + 1]! << 1) & mask
      while (slots[slot] !== 0) slot = (slot + 2) & mask
      slots[slot] = old[from]!
      slots[slot + 1] = old[from + 1]!
    }
    this.#slots = slots
  }
}

function hash(vector: Int32Array, offset: number, width: number): number {
  let mixed = width
  for (let i = 0; i < width; i++) {
    mixed = Math.imul(mixed ^ vector[offset + i]!, 0x9e3779b1)
    mixed ^= mixed >>> 15
  }
  mixed = Math.imul(mixed, 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
