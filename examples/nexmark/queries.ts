/** All queries, each with its reference. */
import { q0 } from './queries/q0.ts'
import { q4 } from './queries/q4.ts'
import { q6 } from './queries/q6.ts'
import { type NexmarkQuery, rowsQuery, tableQuery } from './query.ts'
import { q0 as q0Reference } from './reference/q0.ts'
import { q4 as q4Reference } from './reference/q4.ts'
import { q6 as q6Reference } from './reference/q6.ts'

export const queries: readonly NexmarkQuery[] = [
  rowsQuery('q0', 'bids as they are', q0, q0Reference),
  tableQuery('q4', 'mean of the highest bids by category', q4, q4Reference),
  rowsQuery('q6', 'mean of the last ten prices by seller', q6, q6Reference),
]
