/**
 * Counts the words of every text file under `node_modules`: real text that nobody here wrote.
 *
 *   tidemark run examples/word-count/job.ts
 *
 * The count of a word is keyed state; each file's position is source state; the files written are committed by
 * checkpoints. Kill the process at any moment and run it again with `--resume`: nothing is lost or counted twice.
 */
import { toFile } from 'tidemark'
import { countWords, outDir } from './count-words.ts'

const { env, counts } = countWords()
counts.sinkTo(toFile(outDir)).uid('out')

export default env
