/** A list that ends at once, beside a stream that does not. */
import { fromCollection, generate, print, StreamEnvironment } from 'tidemark'

const env = StreamEnvironment.create({ name: 'beside' })
const list = env.fromSource(fromCollection(['apples', 'pears'])).uid('list')
const stream = env.fromSource(generate({ ratePerSecond: 1_000, at: (index) => `fruit ${index}` })).uid('stream')
list
  .union(stream)
  .keyBy((text) => text.length)
  .reduce((_, text) => text)
  .uid('last')
  .filter(() => false)
  .sinkTo(print())
  .uid('out')

export default env
