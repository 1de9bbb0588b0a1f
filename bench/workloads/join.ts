/**
 * A join of two streams by key: each side is kept in state, and a record is paired with all of the other side so far.
 * How many pairs there are does not depend on the order in which the two sides come, so the result can be checked.
 */
import { listState, StreamEnvironment } from 'tidemark'
import { clockMs, rateSince } from '../parts/stopwatch.ts'
import { tableSource } from '../parts/table-source.ts'
import { TallySink } from '../parts/tally-sink.ts'
import { timeRecords } from '../parts/time-records.ts'
import type { Size } from '../sizes.ts'
import { check, contender, ratio, short, type Workload } from '../workload.ts'

interface Row {
  readonly key: string
  readonly amount: number
}

interface Pair {
  readonly left: Row
  readonly right: Row
}

/** Of every key, on either side. */
const rowsPerKey = 4

/** One amount on a side for all rows, so that the sum over all pairs is known beforehand. */
const side = (keys: number, amount: number): readonly Row[] =>
  Array.from({ length: keys * rowsPerKey }, (_, i) => ({ key: `key-${i % keys}`, amount }))

const leftAmount = 2
const rightAmount = 5

function checkPairs(pairs: number, sum: number, keys: number): void {
  const expected = keys * rowsPerKey ** 2
  check('the number of pairs', pairs, expected)
  check('the sum of their amounts', sum, expected * (leftAmount + rightAmount))
}

async function loop(keys: number): Promise<number> {
  const [left, right] = [side(keys, leftAmount), side(keys, rightAmount)]
  const lefts = new Map<string, Row[]>()
  const rights = new Map<string, Row[]>()
  let pairs = 0
  let sum = 0
  const emit = (pair: Pair): void => {
    pairs++
    sum += pair.left.amount + pair.right.amount
  }
  const startMs = clockMs()
  for (let i = 0; i < left.length; i++) {
    const one = left[i]!
    keep(lefts, one)
    for (const other of rights.get(one.key) ?? []) emit({ left: one, right: other })
    const two = right[i]!
    keep(rights, two)
    for (const other of lefts.get(two.key) ?? []) emit({ left: other, right: two })
  }
  const rate = rateSince(startMs, left.length + right.length)
  checkPairs(pairs, sum, keys)
  return rate
}

function keep(rows: Map<string, Row[]>, row: Row): void {
  const kept = rows.get(row.key)
  if (kept === undefined) rows.set(row.key, [row])
  else kept.push(row)
}

async function tidemark(keys: number): Promise<number> {
  const [left, right] = [side(keys, leftAmount), side(keys, rightAmount)]
  const records = left.length + right.length
  const pairs = keys * rowsPerKey ** 2
  let sum = 0
  const sink = new TallySink<Pair>((pair) => {
    sum += pair.left.amount + pair.right.amount
  })
  const env = StreamEnvironment.create({ freezeState: false })
  const keyed = (rows: readonly Row[], uid: string) =>
    env
      .fromSource(tableSource(rows, rows.length))
      .uid(uid)
      .keyBy((row) => row.key)
  keyed(left, 'left')
    .connect(keyed(right, 'right'))
    .process({
      output: {} as Pair,
      state: { lefts: listState<Row>(), rights: listState<Row>() },
      element1(row, ctx) {
        ctx.state.lefts.add(row)
        for (const other of ctx.state.rights.get()) ctx.emit({ left: row, right: other })
      },
      element2(row, ctx) {
        ctx.state.rights.add(row)
        for (const other of ctx.state.lefts.get()) ctx.emit({ left: other, right: row })
      },
    })
    .uid('join')
    .sinkTo(sink)
  const tookMs = await timeRecords(env, sink, pairs)
  checkPairs(sink.records, sum, keys)
  return records / (tookMs / 1_000)
}

export const join = ({ joinKeys }: Size): Workload => ({
  name: 'join',
  about: `a join on state, ${short(joinKeys)} keys, ${rowsPerKey} records each on either side`,
  contenders: [
    contender('two-maps', 'a loop over two Maps', 'records/s', () => loop(joinKeys)),
    contender('connected', 'tidemark, two connected streams', 'records/s', () => tidemark(joinKeys)),
  ],
  figures: [ratio('join / two Maps', 'connected', 'two-maps')],
})
