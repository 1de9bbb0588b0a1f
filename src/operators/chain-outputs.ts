/**
 * The plumbing between the operators of a chain: which output each of them emits into.
 *
 * The usual case, one reader, is that reader itself; only several readers cost an object in between. A watermark of the
 * main output reaches the readers of the side outputs too, since those streams have the same time.
 */
import type { RecordBatch } from '../core/elements.ts'
import type { Output } from './operator.ts'

const nowhere: Output = { emit() {}, watermark() {}, watermarkStatus() {} }

class FanOut implements Output {
  readonly #outputs: readonly Output[]

  constructor(outputs: readonly Output[]) {
    this.#outputs = outputs
  }

  emit(batch: RecordBatch): void {
    for (const output of this.#outputs) output.emit(batch)
  }

  watermark(timestamp: number): void {
    for (const output of this.#outputs) output.watermark(timestamp)
  }

  watermarkStatus(idle: boolean): void {
    for (const output of this.#outputs) output.watermarkStatus(idle)
  }
}

/** All of `outputs` as one. */
export const fanOut = (outputs: readonly Output[]): Output =>
  outputs.length === 0 ? nowhere : outputs.length === 1 ? outputs[0]! : new FanOut(outputs)

class MainOutput implements Output {
  readonly #main: Output
  readonly #sides: readonly Output[]

  constructor(main: Output, sides: readonly Output[]) {
    this.#main = main
    this.#sides = sides
  }

  emit(batch: RecordBatch): void {
    this.#main.emit(batch)
  }

  watermark(timestamp: number): void {
    this.#main.watermark(timestamp)
    for (const side of this.#sides) side.watermark(timestamp)
  }

  watermarkStatus(idle: boolean): void {
    this.#main.watermarkStatus(idle)
    for (const side of this.#sides) side.watermarkStatus(idle)
  }
}

/** The outputs of one operator, by tag; `undefined` is the main one. */
export class OperatorOutputs {
  readonly main: Output
  readonly #sides: ReadonlyMap<string, Output>

  constructor(readers: ReadonlyMap<string | undefined, readonly Output[]>) {
    const sides = new Map<string, Output>()
    for (const [tag, outputs] of readers) if (tag !== undefined) sides.set(tag, fanOut(outputs))
    const main = fanOut(readers.get(undefined) ?? [])
    this.main = sides.size === 0 ? main : new MainOutput(main, [...sides.values()])
    this.#sides = sides
  }

  side(tag: string): Output {
    return this.#sides.get(tag) ?? nowhere
  }
}
