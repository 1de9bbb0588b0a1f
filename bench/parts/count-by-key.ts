/** The keyed count of every workload that has one. */
import { type DataStream, valueState } from 'tidemark'

export interface Counted {
  /** Both are filled at the end of the input. */
  keys: number
  records: number
}

/** Emits the new count of each record's key; adds to `counted` what the state holds at the end. */
export const countByKey = (keys: DataStream<string>, counted: Counted): DataStream<number> =>
  keys
    .keyBy((key) => key)
    .process({
      output: 0 as number,
      state: { count: valueState(0) },
      element(_key, ctx) {
        const count = ctx.state.count.value() + 1
        ctx.state.count.update(count)
        ctx.emit(count)
      },
      endOfKey(ctx) {
        counted.keys++
        counted.records += ctx.state.count.value()
      },
    })
    .uid('count')
