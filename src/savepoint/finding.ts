/** What a check of a savepoint says. */
import type { ErrorCode } from '../core/errors.ts'

/** One thing that is wrong. */
export interface Finding {
  readonly code: ErrorCode
  /** `damage`: a restore fails or loses something. `warning`: it works today. */
  readonly severity: 'damage' | 'warning'
  /** The file, with its offset, or the directory. */
  readonly place: string
  readonly message: string
}
