/** Runs the orders for a moment and stops them with a savepoint that may be moved: saved/orders. */
import { renameSync } from 'node:fs'
import { createSession } from 'tidemark'
import orders from './orders.ts'

const session = createSession()
const job = await session.submit(orders)
// Until every operator has had a record, there is nothing to save.
const counts = () => [...job.counts().values()].flat()
while (job.currentStatus !== 'RUNNING' || counts().some(({ recordsIn }) => recordsIn === 0)) {
  await new Promise(setImmediate)
}
const path = await job.stop({ savepoint: 'saved', format: 'self-contained' })
renameSync(path, 'saved/orders')
await session.close()
