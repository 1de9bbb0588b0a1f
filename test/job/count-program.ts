/** The program of most tests here: counts words by key and says each new count. */
import { toArray } from '../../src/connectors/to-array.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'

export interface Counted {
  readonly word: string
  readonly count: number
}

export interface CountOptions {
  /** Sees every word before it is counted; may throw. */
  readonly before?: (word: string) => void
  readonly sink?: Sink<Counted>
  readonly ends?: string[]
}

export function countProgram(
  source: Source<string>,
  output: Counted[],
  options: JobOptions,
  { before = () => {}, sink = toArray(output), ends = [] }: CountOptions = {},
): StreamEnvironment {
  const env = StreamEnvironment.create({ name: 'count', batchRecords: 2, ...options })
  env
    .fromSource(source)
    .uid('words')
    .map((word) => {
      before(word)
      return word
    })
    .name('before')
    .uid('before')
    .keyBy((word) => word)
    .process({
      output: {} as Counted,
      state: { count: valueState<number>(0) },
      element(word, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit({ word, count })
      },
      endOfKey: (ctx) => void ends.push(`key ${String(ctx.key)}`),
      endOfData: () => void ends.push('data'),
    })
    .name('count')
    .uid('count')
    .sinkTo(sink)
    .name('out')
    .uid('out')
  return env
}

/** What a run without failures gives, in an order that does not depend on subtasks. */
export function expectedCounts(words: readonly string[]): string[] {
  const counts = new Map<string, number>()
  return words
    .map((word) => {
      counts.set(word, (counts.get(word) ?? 0) + 1)
      return `${word} ${counts.get(word)}`
    })
    .sort()
}

export const shown = (output: readonly Counted[]): string[] =>
  output.map(({ word, count }) => `${word} ${count}`).sort()
