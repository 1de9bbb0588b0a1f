/** Orders that come faster than they can be counted: every channel is full. */
import { generate, print, StreamEnvironment } from 'tidemark'

const burn = (milliseconds: number): void => {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

const env = StreamEnvironment.create({ name: 'busy', batchRecords: 64 })
env
  .fromSource(generate({ at: (index) => ({ key: `key-${index % 10}`, amount: 1 }) }))
  .uid('orders')
  .keyBy(({ key }) => key)
  .reduce((a, b) => {
    burn(0.1)
    return { key: a.key, amount: a.amount + b.amount }
  })
  .uid('totals')
  .filter(() => false)
  .sinkTo(print())
  .uid('out')

export default env
