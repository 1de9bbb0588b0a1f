/** A job that never has nothing to do: a generator without end, counted by 100,000 keys. It takes all that it is given. */
import { generate, type Sink, StreamEnvironment, valueState } from 'tidemark'

const keys = Array.from({ length: 100_000 }, (_, i) => `key-${i}`)

/** The program, and how many records its sink has seen. */
export function fullLoad(): { readonly environment: StreamEnvironment; readonly records: () => number } {
  let records = 0
  const counter: Sink<number> = {
    kind: 'counter',
    stateful: false,
    createWriter: () => ({
      write(values) {
        records += values.length
      },
      endOfData() {},
      snapshot: () => ({ state: undefined }),
      notifyCompleted() {},
      close() {},
    }),
  }
  const environment = StreamEnvironment.create({ name: 'full load', checkpoint: { intervalMs: 1_000 } })
  environment
    .fromSource(generate({ at: (index) => keys[(index * 40_503) % keys.length] ?? 'key-0' }))
    .uid('numbers')
    .keyBy((key) => key)
    .process({
      state: { count: valueState(0) },
      element(_key, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit(count)
      },
    })
    .uid('count')
    .sinkTo(counter)
    .uid('counter')
  return { environment, records: () => records }
}
