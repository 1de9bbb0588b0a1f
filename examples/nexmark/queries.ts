/** All queries, each with its reference: what is run, verified and measured. */
import { q0 } from './queries/q0.ts'
import { q1 } from './queries/q1.ts'
import { q2 } from './queries/q2.ts'
import { q3 } from './queries/q3.ts'
import { q4 } from './queries/q4.ts'
import { q5 } from './queries/q5.ts'
import { q6 } from './queries/q6.ts'
import { q7 } from './queries/q7.ts'
import { q8 } from './queries/q8.ts'
import { q9 } from './queries/q9.ts'
import { q11 } from './queries/q11.ts'
import { q12 } from './queries/q12.ts'
import { q13 } from './queries/q13.ts'
import { q14 } from './queries/q14.ts'
import { q15 } from './queries/q15.ts'
import { q16 } from './queries/q16.ts'
import { q17 } from './queries/q17.ts'
import { q18 } from './queries/q18.ts'
import { q19 } from './queries/q19.ts'
import { q20 } from './queries/q20.ts'
import { q21 } from './queries/q21.ts'
import { q22 } from './queries/q22.ts'
import { countsQuery, type NexmarkQuery, rowsQuery, tableQuery } from './query.ts'
import * as reference from './references.ts'

export const queries: readonly NexmarkQuery[] = [
  rowsQuery('q0', 'bids as they are', q0, reference.q0),
  rowsQuery('q1', 'bids with their price in euros', q1, reference.q1),
  rowsQuery('q2', 'the bids for every 123rd auction', q2, reference.q2),
  rowsQuery('q3', 'who sells in category 10, in three states', q3, reference.q3),
  tableQuery('q4', 'mean of the highest bids by category', q4, reference.q4),
  rowsQuery('q5', 'the auctions with the most bids in ten seconds', q5, reference.q5),
  rowsQuery('q6', 'mean of the last ten prices by seller', q6, reference.q6),
  rowsQuery('q7', 'the highest bids of ten seconds', q7, reference.q7),
  rowsQuery('q8', 'who registered and sold in the same ten seconds', q8, reference.q8),
  tableQuery('q9', 'the winning bid of each auction so far', q9, reference.q9),
  rowsQuery('q11', 'bids of each bidder before a pause', q11, reference.q11),
  countsQuery('q12', 'bids of each bidder by the clock', q12, ({ bidder }) => ({ bidder }), reference.q12),
  rowsQuery('q13', 'bids with what a table says of their auction', q13, reference.q13),
  rowsQuery('q14', 'bids of a middle price, their time of day, a letter counted', q14, reference.q14),
  tableQuery('q15', 'bids, bidders and auctions each day, by price', q15, reference.q15),
  tableQuery('q16', 'bids, bidders and auctions each day through each channel, by price', q16, reference.q16),
  tableQuery('q17', 'the prices that each auction gets each day', q17, reference.q17),
  tableQuery('q18', 'the last bid of each bidder for each auction', q18, reference.q18),
  tableQuery('q19', 'the ten highest bids for each auction so far', q19, reference.q19),
  rowsQuery('q20', 'bids with all about their auction, in category 10', q20, reference.q20),
  rowsQuery('q21', 'bids with the id of their channel', q21, reference.q21),
  rowsQuery('q22', 'bids with the directories of their URL', q22, reference.q22),
]
