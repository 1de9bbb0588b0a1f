/** Makes saved/repaired of saved/orders: bob's orders are counted from nothing, and nobody has a last article. */
import { openSavepoint, SavepointBuilder } from 'tidemark/savepoint'

const savepoint = await openSavepoint('saved/orders')
await SavepointBuilder.from(savepoint)
  .transform<number>('customers', 'count', (row) => (row.key === 'bob' ? { key: 'bob', value: 0 } : row))
  .removeState('customers', 'last')
  .write('saved/repaired')
