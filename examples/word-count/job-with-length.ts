/**
 * The word count of `job.ts` with one stateless operator more: it also says how long each word is. State follows the
 * uids, so this program goes on from a savepoint of the other one.
 *
 *   tidemark run -s <savepoint> examples/word-count/job-with-length.ts
 */
import { toFile } from 'tidemark'
import { countWords, outDir } from './count-words.ts'

const { env, counts } = countWords()
counts
  .map(({ word, count }) => ({ word, count, length: word.length }))
  .name('length')
  .sinkTo(toFile(outDir))
  .uid('out')

export default env
