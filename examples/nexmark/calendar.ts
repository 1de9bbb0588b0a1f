/** Days, hours and minutes of event time, in UTC. */

const dayMs = 86_400_000

/** The days since 1970. */
export const dayNumber = (ms: number): number => Math.floor(ms / dayMs)
export const hourOf = (ms: number): number => Math.floor(ms / 3_600_000) % 24
/** The minutes since midnight. */
export const minuteOf = (ms: number): number => Math.floor(ms / 60_000) % 1_440

/** A day since 1970 as `2026-01-01`. */
export const dayText = rememberingLast((day) => new Date(day * dayMs).toISOString().slice(0, 10))

/** Minutes since midnight as `23:59`. */
export const minuteText = rememberingLast((minute) => new Date(minute * 60_000).toISOString().slice(11, 16))

/** Most bids have the day and the minute of the one before, and to make a date is slow. */
function rememberingLast(textOf: (number: number) => string): (number: number) => string {
  let last = { number: Number.NaN, text: '' }
  return (number) => {
    if (number !== last.number) last = { number, text: textOf(number) }
    return last.text
  }
}
