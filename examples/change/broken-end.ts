/** A job whose sink cannot commit: a stop makes its savepoint, and then does not come to its end. */
import { generate, type Sink, StreamEnvironment } from 'tidemark'

const full: Sink<number> = {
  kind: 'full',
  stateful: false,
  createWriter: () => ({
    write() {},
    endOfData() {},
    snapshot: () => ({ state: undefined }),
    notifyCompleted() {
      throw new Error('the table is full')
    },
    close() {},
  }),
}

const env = StreamEnvironment.create({ name: 'broken end', restart: { strategy: 'none' } })
env
  .fromSource(generate({ ratePerSecond: 100, at: (index) => index }))
  .uid('numbers')
  .sinkTo(full)
  .uid('out')

export default env
