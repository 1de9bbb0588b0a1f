/** A list of whole numbers of 32 bits that grows, without an object for each. */
export class IntList {
  length = 0
  #items = new Int32Array(64)

  get bytes(): number {
    return this.#items.byteLength
  }

  push(item: number): void {
    if (this.length === this.#items.length) {
      const larger = new Int32Array(this.length * 2)
      larger.set(this.#items)
      this.#items = larger
    }
    this.#items[this.length++] = item
  }

  at(index: number): number {
    return this.#items[index]!
  }
}
