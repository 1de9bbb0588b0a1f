/**
 * The job that the soak kills: two keyed stages over the corpus, into exactly-once files.
 *
 * Stage one counts words and lets every tenth occurrence through; stage two counts those by the length of the word. What
 * comes out does not depend on interleaving: the output is one fixed multiset of lines.
 */
import { join } from 'node:path'
import { createSession, lines, StreamEnvironment, StreamError, toFile, valueState } from 'tidemark'

const [dir] = process.argv.slice(2)
if (dir === undefined || process.send === undefined) throw new Error('The soak starts this file, with a directory.')
const say = (message: object): void => void process.send!(message)

const env = StreamEnvironment.create({
  name: 'soak',
  parallelism: 2,
  checkpoint: { intervalMs: 60, storage: { kind: 'filesystem', dir: join(dir, 'checkpoints') } },
  restart: { strategy: 'none' },
})

env
  .fromSource(lines(join(dir, 'corpus/*.txt'), { splitBytes: 4 * 1024 * 1024 }))
  .uid('lines')
  .flatMap((line) => line.toLowerCase().match(/[a-z]+/g) ?? [])
  .name('split')
  .keyBy((word) => word)
  .process({
    output: {} as { word: string; nth: number },
    state: { count: valueState(0) },
    element(word, ctx) {
      const nth = ctx.state.count.value() + 1
      ctx.state.count.update(nth)
      if (nth % 10 === 0) ctx.emit({ word, nth })
    },
  })
  .uid('count words')
  .keyBy(({ word }) => word.length)
  .process({
    output: '',
    state: { seen: valueState(0) },
    element({ word, nth }, ctx) {
      ctx.state.seen.update(ctx.state.seen.value() + 1)
      ctx.emit(`${word} ${nth}`)
    },
    endOfKey(ctx) {
      ctx.emit(`length ${ctx.key}: ${ctx.state.seen.value()}`)
    },
  })
  .uid('count lengths')
  .sinkTo(toFile(join(dir, 'out'), { format: 'text' }))
  .uid('out')

const session = createSession({ log: (level, message) => level !== 'info' && say({ type: 'log', message }) })
const job = await session.submit(env, { resume: true }).catch((error: unknown) => {
  // Killed when it had noted its end: nothing is left to do.
  if (!(error instanceof StreamError) || error.code !== 'JOB_FINISHED') throw error
  say({ type: 'end', status: 'FINISHED' })
  process.exit(0)
})
job.status.subscribe((status) => say({ type: 'status', status }))
job.events.subscribe(({ type }) => say({ type }))
const { status, error } = await job.done
say({ type: 'end', status, message: error?.message })
process.disconnect()
