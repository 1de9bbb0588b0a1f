/** The join of auctions with their seller, and of bids with their auction. */
import { type KeyedStream, listState, valueState } from 'tidemark'

/**
 * Joins every record of `many` with the one record of `ones` that has its key, whichever of them comes first, and however much
 * later. `join` gives the rows that come of the two, perhaps none.
 *
 * The state of a key is the one record, for good, and those of the many that came before it. A record of `ones` that matches
 * nothing is therefore better let through than filtered out: those that it turns away need not wait for ever.
 */
export const joinWithOne = <One, Many, K, Row>(
  ones: KeyedStream<One, K>,
  many: KeyedStream<Many, K>,
  join: (one: One, other: Many) => Row | undefined,
) =>
  ones.connect(many).process({
    output: {} as Row,
    state: { one: valueState<One | undefined>(undefined), waiting: listState<Many>() },
    element1(one, ctx) {
      const { state } = ctx
      state.one.update(one)
      for (const other of state.waiting.get()) {
        const row = join(one, other)
        if (row !== undefined) ctx.emit(row)
      }
      state.waiting.clear()
    },
    element2(other, ctx) {
      const { state } = ctx
      const one = state.one.value()
      if (one === undefined) {
        state.waiting.add(other)
        return
      }
      const row = join(one, other)
      if (row !== undefined) ctx.emit(row)
    },
  })
