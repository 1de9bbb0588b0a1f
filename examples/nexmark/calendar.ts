/** Days, hours and minutes of event time, in UTC. */

const dayMs = 86_400_000
let last = { day: Number.NaN, text: '' }

/** The days since 1970. */
export const dayNumber = (ms: number): number => Math.floor(ms / dayMs)

/** A day since 1970 as `2026-01-01`. */
export function dayText(day: number): string {
  // Almost always the same day as before, and making a date is slow.
  if (day !== last.day) last = { day, text: new Date(day * dayMs).toISOString().slice(0, 10) }
  return last.text
}

export const hourOf = (ms: number): number => Math.floor(ms / 3_600_000) % 24

/** The minutes since midnight. */
export const minuteOf = (ms: number): number => Math.floor(ms / 60_000) % 1_440

/** Minutes since midnight as `23:59`. */
export const minuteText = (minute: number): string => `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`

const twoDigits = (number: number): string => String(number).padStart(2, '0')
