/**
 * The records of one key that wait to be joined, in the order of their times; those of one time in the order in which they came.
 *
 * A value that is replaced as a whole, as state values are: one look-up of the key finds it, and a snapshot copies nothing. It
 * is cut into pieces, so that adding a record copies one piece and the list of pieces, and looking for a time is a
 * binary search. No piece is empty. Tests: test/operators/joins/time-buffer.test.ts.
 */
export type TimedRecord = readonly [timestamp: number, value: unknown]
type Piece = readonly TimedRecord[]
export type TimeBuffer = readonly Piece[]

/** Records in a piece, at most. */
export const pieceRecordsMax = 64

export const emptyBuffer: TimeBuffer = Object.freeze([])

/** The earliest time; infinity when there is no record. */
export const firstTime = ([piece]: TimeBuffer): number =>
  piece === undefined ? Number.POSITIVE_INFINITY : piece[0]![0]

/** With one more record, behind those of the same time. */
export function inserted(buffer: TimeBuffer, record: TimedRecord): TimeBuffer {
  const at = lastPieceBefore(buffer, record[0], true)
  const piece = buffer[at]
  if (piece === undefined) return [[record]]
  const place = firstRecord(piece, record[0], true)
  const inOrder = place === piece.length
  if (piece.length < pieceRecordsMax)
    return buffer.with(at, inOrder ? [...piece, record] : piece.toSpliced(place, 0, record))
  // What comes in order fills one piece after the other, what does not halves them.
  if (inOrder && at === buffer.length - 1) return [...buffer, [record]]
  const whole = piece.toSpliced(place, 0, record)
  const half = whole.length >> 1
  return buffer.toSpliced(at, 1, whole.slice(0, half), whole.slice(half))
}

/** Without the records of this time and earlier; the same buffer when there are none. */
export function droppedUpTo(buffer: TimeBuffer, timestamp: number): TimeBuffer {
  if (firstTime(buffer) > timestamp) return buffer
  const at = lastPieceBefore(buffer, timestamp, true)
  const rest = buffer[at]!.slice(firstRecord(buffer[at]!, timestamp, true))
  return rest.length === 0 ? buffer.slice(at + 1) : [rest, ...buffer.slice(at + 1)]
}

/**
 * Calls `visit` for the records from one time to another, both included.
 *
 * The buffer is not read again: `visit` may replace it.
 */
export function visitBetween(
  buffer: TimeBuffer,
  from: number,
  to: number,
  visit: (value: unknown, timestamp: number) => void,
): void {
  for (let at = lastPieceBefore(buffer, from, false); at < buffer.length; at++) {
    const piece = buffer[at]!
    for (let place = firstRecord(piece, from, false); place < piece.length; place++) {
      const [timestamp, value] = piece[place]!
      if (timestamp > to) return
      visit(value, timestamp)
    }
  }
}

/** The last piece that begins before `timestamp`, or `orAt` it; the first one when there is none. */
function lastPieceBefore(buffer: TimeBuffer, timestamp: number, orAt: boolean): number {
  let low = 1
  let high = buffer.length
  while (low < high) {
    const middle = (low + high) >> 1
    const first = buffer[middle]![0]![0]
    if (first < timestamp || (orAt && first === timestamp)) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The place of the first record that is at `timestamp` or, with `behind`, later; the length when there is none. */
function firstRecord(piece: Piece, timestamp: number, behind: boolean): number {
  let low = 0
  let high = piece.length
  while (low < high) {
    const middle = (low + high) >> 1
    const [time] = piece[middle]!
    if (time < timestamp || (behind && time === timestamp)) low = middle + 1
    else high = middle
  }
  return low
}
