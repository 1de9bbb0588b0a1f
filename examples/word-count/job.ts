/**
 * Counts the words of every text file under `node_modules`: real text that nobody here wrote.
 *
 *   tidemark run examples/word-count/job.ts
 *
 * The count of a word is keyed state; each file's position is source state; the files written are committed by
 * checkpoints. Kill the process at any moment and run it again with `--resume`: nothing is lost or counted twice.
 */
import { lines, StreamEnvironment, toFile, valueState } from 'tidemark'
import { textFiles, wordsOf } from './words.ts'

const env = StreamEnvironment.create({
  name: 'word count',
  parallelism: 2,
  checkpoint: { intervalMs: 200, storage: { kind: 'filesystem', dir: 'state/word-count/checkpoints' } },
  savepoint: { kind: 'filesystem', dir: 'state/word-count/savepoints' },
})

env
  .fromSource(lines(textFiles))
  .uid('lines')
  .flatMap(wordsOf)
  .name('split')
  .keyBy((word) => word)
  .process({
    output: {} as { word: string; count: number },
    state: { count: valueState(0) },
    element(_word, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1)
    },
    endOfKey(ctx) {
      ctx.emit({ word: ctx.key, count: ctx.state.count.value() })
    },
  })
  .uid('count')
  .sinkTo(toFile('state/word-count/out'))
  .uid('out')

export default env
