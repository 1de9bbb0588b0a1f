/** Mends a savepoint: one customer's count was wrong, and 128 key groups are too few for what is to come. */
import { openSavepoint, SavepointBuilder } from 'tidemark/savepoint'

const saved = await openSavepoint('saved/orders')
await SavepointBuilder.from(saved)
  .transform('customers', 'count', (row) => (row.key === 'bob' ? { ...row, value: 1_000 } : row))
  .setMaxParallelism('customers', 512)
  .setMaxParallelism('income', 512)
  .write('saved/edited')
