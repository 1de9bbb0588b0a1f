import { fromCollection, print, StreamEnvironment, valueState } from 'tidemark'

const env = StreamEnvironment.create()

env
  .fromSource(fromCollection(['to', 'be', 'or', 'not', 'to', 'be']))
  .uid('words')
  .keyBy((word) => word)
  .process({
    output: '' as string, // the type of what ctx.emit takes
    state: { count: valueState(0) },
    element(word, ctx) {
      ctx.state.count.update(ctx.state.count.value() + 1)
      ctx.emit(`${word} ${ctx.state.count.value()}`)
    },
  })
  .uid('count')
  .sinkTo(print())

const job = await env.execute('to be')
console.log((await job.done).status)
