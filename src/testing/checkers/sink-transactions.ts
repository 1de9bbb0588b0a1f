/**
 * S11. Two-phase commit: what becomes visible was pre-committed for a checkpoint, and a manifest of that one or of a newer
 * restore point of the same history is durable. A transaction of an aborted checkpoint may still be committed with a
 * newer one, which covers it; once an attempt is restored from an older checkpoint, it is void for ever. When a job has
 * finished, every covered transaction is committed. At-least-once changes nothing here.
 *
 * Remembers open transactions, and committed ones as long as a restore may repeat their commit: until a checkpoint whose
 * snapshot was taken after the commit is durable.
 */
import { defineChecker, type FactOf, violation } from './define-checker.ts'
import { missingFrom, type Range, withRange } from './item-ranges.ts'
import { type ByName, keep, noAttempt, put } from './memory.ts'

interface Transaction {
  readonly subtask: string
  readonly id: number
  readonly items: ByName<readonly Range[]>
  readonly committed: boolean
  /** The first snapshot of its subtask after the commit; 0: none yet. */
  readonly gone: number
}

interface Memory {
  readonly attempt: number
  readonly transactions: readonly Transaction[]
  /** The newest durable restore point. */
  readonly durable: number
  readonly finished: boolean
}

type Items = FactOf<'committed'>['items']

const asRanges = (items: Items): ByName<readonly Range[]> =>
  items.reduce<ByName<readonly Range[]>>(
    (streams, { stream, first, last }) => put(streams, stream, withRange(streams[stream] ?? [], first, last, 0)),
    {},
  )

const covers = ({ items }: Transaction, part: Items): boolean =>
  part.every(({ stream, first, last }) => missingFrom(items[stream] ?? [], first, last).length === 0)

const change = (memory: Memory, from: Transaction, to: Transaction): Memory => ({
  ...memory,
  transactions: memory.transactions.map((one) => (one === from ? to : one)),
})

function precommit(memory: Memory, { attempt, subtask, checkpointId: id, items }: FactOf<'precommitted'>) {
  if (attempt !== memory.attempt || items.length === 0) return memory
  if (memory.transactions.some((one) => one.id === id && one.subtask === subtask)) {
    return violation(`${subtask} pre-committed the transaction of checkpoint ${id} twice.`)
  }
  const transaction: Transaction = { subtask, id, items: asRanges(items), committed: false, gone: 0 }
  const transactions = [...memory.transactions, transaction].sort(
    (a, b) => a.id - b.id || (a.subtask < b.subtask ? -1 : 1),
  )
  return { ...memory, transactions }
}

function commit(memory: Memory, { subtask, checkpointId: id, items }: FactOf<'committed'>) {
  if (items.length === 0) return memory
  const transaction = memory.transactions.find((one) => one.id === id && one.subtask === subtask)
  if (transaction === undefined) {
    return violation(`${subtask} committed a transaction of checkpoint ${id} that is void or was never pre-committed.`)
  }
  if (id > memory.durable) {
    return violation(`${subtask} committed the transaction of checkpoint ${id}, which no stored checkpoint covers.`)
  }
  if (!covers(transaction, items)) {
    return violation(`${subtask} committed items with checkpoint ${id} that are not part of its transaction.`)
  }
  return transaction.committed ? memory : change(memory, transaction, { ...transaction, committed: true })
}

/** Once a later snapshot without them is durable, commits of these are not repeated. */
const forget = (memory: Memory, durable: number): Memory => {
  const transactions = keep(memory.transactions, ({ gone }) => gone === 0 || gone > durable)
  return transactions === memory.transactions && durable === memory.durable
    ? memory
    : { ...memory, transactions, durable }
}

/** What is not part of the restored state is void; a commit that state repeats may be repeated again. */
function restore(memory: Memory, { attempt, restored = 0 }: FactOf<'attempt.began'>): Memory {
  const transactions = keep(memory.transactions, ({ id }) => id <= restored)
  const again = transactions.map((one) => (one.gone > restored ? { ...one, gone: 0 } : one))
  return { ...memory, attempt, transactions: again }
}

export const sinkTransactions = defineChecker<Memory>({
  name: 'S11',
  title: 'Output becomes visible only with a durable checkpoint that covers it, and then all of it.',
  initial: { attempt: noAttempt, transactions: [], durable: 0, finished: false },
  on: {
    'process.died': (memory) => ({ ...memory, attempt: noAttempt }),
    'attempt.began': restore,
    precommitted: precommit,
    'snapshot.taken': (memory, { attempt, subtask, checkpointId: id }) => {
      if (attempt !== memory.attempt) return memory
      const done = (one: Transaction) => one.subtask === subtask && one.committed && one.gone === 0
      return memory.transactions.some(done)
        ? { ...memory, transactions: memory.transactions.map((one) => (done(one) ? { ...one, gone: id } : one)) }
        : memory
    },
    'manifest.stored': (memory, { checkpointId: id, kind }) =>
      kind === 'savepoint' ? memory : forget(memory, Math.max(id, memory.durable)),
    committed: commit,
    'job.over': (memory, { status }) => (status === 'FINISHED' ? { ...memory, finished: true } : memory),
  },
  atEnd: ({ finished, transactions, durable }) => {
    const open = finished ? transactions.find(({ id, committed }) => !committed && id <= durable) : undefined
    return open === undefined ? undefined : `${open.subtask} never committed the transaction of checkpoint ${open.id}.`
  },
})
