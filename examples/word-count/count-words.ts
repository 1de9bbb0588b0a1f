/** The part of the program that both versions of the job share. */
import { lines, StreamEnvironment, valueState } from 'tidemark'
import { textFiles, wordsOf } from './words.ts'

export interface WordCount {
  readonly word: string
  readonly count: number
}

export const outDir = 'state/word-count/out'

/** A program that counts the words of all text files, and the stream of its results, one per distinct word. */
export function countWords() {
  const env = StreamEnvironment.create({
    name: 'word count',
    parallelism: 2,
    checkpoint: { intervalMs: 200, storage: { kind: 'filesystem', dir: 'state/word-count/checkpoints' } },
    savepoint: { kind: 'filesystem', dir: 'state/word-count/savepoints' },
  })
  const counts = env
    .fromSource(lines(textFiles))
    .uid('lines')
    .flatMap(wordsOf)
    .name('split')
    .keyBy((word) => word)
    .process({
      output: {} as WordCount,
      state: { count: valueState(0) },
      element(_word, ctx) {
        ctx.state.count.update(ctx.state.count.value() + 1)
      },
      // The input is bounded: each word's count is told once, when the last line is read.
      endOfKey(ctx) {
        ctx.emit({ word: ctx.key, count: ctx.state.count.value() })
      },
    })
    .uid('count')
  return { env, counts }
}
