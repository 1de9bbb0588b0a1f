/** The error for state that is used where there is no key. */
import { StreamError } from '../core/errors.ts'

export const noCurrentKey = (state: string): StreamError =>
  new StreamError(
    'STATE_ACCESS_INVALID',
    `State "${state}" was used without a current key: expected a call from within a keyed callback.`,
  )
