/** How a query corrects what it has said: see `Change` in query.ts. */
import type { ProcessContext } from 'tidemark'
import type { Change } from './query.ts'

/** Puts a row into the table of results, in the place of `last` when there was one. */
export function replaceRow<Row>(ctx: ProcessContext<Change<Row>>, last: Row | undefined, row: Row): void {
  if (last !== undefined) ctx.emit({ op: '-', row: last })
  ctx.emit({ op: '+', row })
}
