/** What a program may give as the timestamp of a record that it emits: the same as a timestamp assigner may. */
import { endOfTime } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'
import { shortJson } from '../core/short-json.ts'
import { timeMax } from './time/assigned-timestamps.ts'

/** In whole milliseconds; of results of the global window it is the end of time. Fails with `TIMESTAMP_MISSING` for what is no time. */
export function emittedTime(timestamp: unknown, operator: NamedOperator): number {
  if (typeof timestamp === 'number') {
    if (timestamp >= -timeMax && timestamp <= timeMax) return Math.floor(timestamp)
    if (timestamp === endOfTime) return timestamp
  }
  throw new StreamError(
    'TIMESTAMP_MISSING',
    `Operator ${operatorLabel(operator)} emitted a record with the timestamp ${shortJson(timestamp)}: expected milliseconds since ` +
      `1970, from -${timeMax} to ${timeMax}.`,
    { restartable: true, details: { operator: operator.operatorName } },
  )
}
