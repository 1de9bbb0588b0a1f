/** The published part `tidemark/savepoint`: savepoints read, checked, changed and made without a session. */

export { type OpenSavepointOptions, openSavepoint } from './open-savepoint.ts'
export type { SavepointOperator } from './operator-facts.ts'
export type {
  InFlightRow,
  KeyedRow,
  OperatorStateRow,
  RowChoice,
  SavepointReader,
  TimerRow,
} from './savepoint-reader.ts'
