/** Counts fruit, fifty pieces a second, and prints each count. It never ends by itself. */
import { generate, print, StreamEnvironment, valueState } from 'tidemark'

const fruit = ['apples', 'pears', 'plums']

const env = StreamEnvironment.create({ name: 'fruit', checkpoint: { retained: 1 } })
env
  .fromSource(generate({ ratePerSecond: 50, at: (index) => fruit[index % fruit.length] ?? 'apples' }))
  .uid('fruit')
  .keyBy((name) => name)
  .process({
    output: '',
    state: { count: valueState(0) },
    element(name, ctx) {
      const count = ctx.state.count.value() + 1
      ctx.state.count.update(count)
      ctx.emit(`${name} ${count}`)
    },
  })
  .uid('count')
  .sinkTo(print())
  .uid('print')

export default env
