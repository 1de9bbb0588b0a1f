/** The orders after a few weeks of work: other names, other kinds of state, two subtasks, and no income any more. */
import { generate, listState, reducingState, StreamEnvironment, toArray, valueState } from 'tidemark'

const customers = ['ann', 'bob', 'cleo']
const articles = ['apples', 'pears']
const at = (index: number) => ({ customer: customers[index % 3]!, article: articles[index % 2]!, amount: index % 10 })

const env = StreamEnvironment.create({ name: 'orders' })
env
  .fromSource(generate({ ratePerSecond: 10_000, at }))
  .uid('orders')
  .filter(({ amount }) => amount > 0)
  .keyBy(({ customer }) => customer)
  .process({
    output: '',
    state: {
      count: valueState(0n, { version: 1, migrate: (old: number) => BigInt(old) }),
      recent: listState<string>(),
      spent: reducingState((a: number, b) => a + b),
    },
    element({ article, amount }, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1n)
      ctx.state.recent.update([...ctx.state.recent.get().slice(-9), article])
      ctx.state.spent.add(amount)
      ctx.emit(`${ctx.key} ${ctx.state.count.value()}`)
    },
  })
  .name('buyers')
  .uid('buyers')
  .setParallelism(2)
  .sinkTo(toArray([], { immediate: true }))
  .uid('told')

export default env
