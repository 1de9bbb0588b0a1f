/**
 * The rows of one state of a savepoint in the making: those of the other savepoint or those that were given, changed.
 * Tests: test/savepoint/state-rows.test.ts.
 */
import { asStreamError, StreamError } from '../core/errors.ts'
import { chainEntries } from './chain-entries.ts'
import {
  type ChangedRow,
  isPartlyFinished,
  type NewRows,
  type OperatorDraft,
  type StateDraft,
} from './operator-draft.ts'
import { labelOf } from './operator-facts.ts'
import { changedRows, describeValue } from './row-changes.ts'
import { type KeyedRow, timestampsOf } from './savepoint-reader.ts'

/**
 * The value of timers is a list of timestamps. Fails as the reading of the other savepoint does and as `changedRows`, with
 * `USER_FUNCTION_FAILED` when rows cannot be iterated to their end, and with `ARGUMENT_INVALID` for what is no row.
 */
export async function* stateRows(draft: OperatorDraft, state: StateDraft): AsyncGenerator<ChangedRow> {
  const { from, name } = state
  const rows = 'rows' in from ? givenRows(draft, name, from.rows) : storedRows(draft, from.stored, state.kind)
  for await (const row of rows) yield* changedRows(row, state, draft)
}

async function* givenRows(draft: OperatorDraft, state: string, rows: NewRows): AsyncGenerator<ChangedRow> {
  const owner = `State "${state}" of operator ${labelOf(draft)}`
  const details = { operator: draft.name, uid: draft.uid ?? null, state }
  try {
    for await (const row of rows as AsyncIterable<unknown>) {
      if (!Array.isArray(row) || row.length !== 2) {
        throw new StreamError(
          'ARGUMENT_INVALID',
          `${owner} got ${describeValue(row)} as a row: expected a pair [key, value].`,
          { details },
        )
      }
      yield { key: row[0], value: row[1] }
    }
  } catch (thrown) {
    throw asStreamError(thrown, 'USER_FUNCTION_FAILED', `${owner} got no more rows`, false)
  }
}

/** Without those of subtasks that had finished, unless all had: what was to become of these keys at their end has happened. */
async function* storedRows(draft: OperatorDraft, name: string, kind: StateDraft['kind']): AsyncGenerator<KeyedRow> {
  const { stored } = draft
  if (stored === undefined) return
  const { savepoint, operator } = stored
  const partly = isPartlyFinished(draft)
  for (const { keyed, finished } of operator.subtasks) {
    if (partly && finished) continue
    for await (const entries of chainEntries(savepoint.snapshot, keyed, { state: (one) => one === name })) {
      for (const { key, keyGroup, content } of entries) {
        yield { key, keyGroup, value: kind === 'timers' ? timestampsOf(content) : content }
      }
    }
  }
}
