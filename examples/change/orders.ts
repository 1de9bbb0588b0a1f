/** Orders: of each customer how many and the last one, and in all what each article brings in. Never ends by itself. */
import { generate, listState, StreamEnvironment, toArray, valueState } from 'tidemark'

const customers = ['ann', 'bob', 'cleo']
const articles = ['apples', 'pears']
const at = (index: number) => ({ customer: customers[index % 3]!, article: articles[index % 2]!, amount: index % 10 })

const env = StreamEnvironment.create({ name: 'orders' })
const orders = env.fromSource(generate({ ratePerSecond: 10_000, at })).uid('orders')
orders
  .keyBy(({ customer }) => customer)
  .process({
    output: '',
    state: { count: valueState(0), last: valueState(''), articles: listState<string>() },
    element({ article }, ctx) {
      const count = ctx.state.count.value() + 1
      ctx.state.count.update(count)
      ctx.state.last.update(article)
      ctx.state.articles.update([...new Set([...ctx.state.articles.get(), article])])
      ctx.emit(`${ctx.key} ${count}`)
    },
  })
  .name('customers')
  .uid('customers')
  .sinkTo(toArray([], { immediate: true }))
  .uid('told')
orders
  .keyBy(({ article }) => article)
  .reduce((a, b) => ({ ...b, amount: a.amount + b.amount }))
  .name('income')
  .sinkTo(toArray([], { immediate: true }))
  .uid('booked')

export default env
