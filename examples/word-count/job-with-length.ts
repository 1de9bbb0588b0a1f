/**
 * The word count of `job.ts` with one stateless operator more: it also says how long each word is. State follows the
 * uids, so this program goes on from a savepoint of the other one.
 *
 *   tidemark run -s <savepoint> examples/word-count/job-with-length.ts
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
  .map(({ word, count }) => ({ word, count, length: word.length }))
  .name('length')
  .sinkTo(toFile('state/word-count/out'))
  .uid('out')

export default env
