/** All queries, each with its reference. */
import { q0 } from './queries/q0.ts'
import { type NexmarkQuery, rowsQuery } from './query.ts'
import { q0 as q0Reference } from './reference/q0.ts'

export const queries: readonly NexmarkQuery[] = [rowsQuery('q0', 'bids as they are', q0, q0Reference)]
