/** The published part `tidemark/savepoint`: savepoints read, checked, changed and made without a session. */

export { type Difference, type DiffOptions, diffSavepoints } from './diff-savepoints.ts'
export type { Finding } from './finding.ts'
export {
  type InspectedOperator,
  type InspectedState,
  type InspectOptions,
  inspectSavepoint,
} from './inspect-savepoint.ts'
export { type ListedSavepoint, listSavepoints } from './list-savepoints.ts'
export type { ChangedState, NewOperator, NewState } from './new-operator.ts'
export { type OpenSavepointOptions, openSavepoint } from './open-savepoint.ts'
export type { ChangedRow, NewRows, RowChange } from './operator-draft.ts'
export type { SavepointOperator } from './operator-facts.ts'
export { querySavepoint, type SavepointQuery, type SavepointRow } from './query-savepoint.ts'
export { SavepointBuilder } from './savepoint-builder.ts'
export type {
  InFlightRow,
  KeyedRow,
  OperatorStateRow,
  RowChoice,
  SavepointReader,
  TimerRow,
} from './savepoint-reader.ts'
export { parseKey, printTagged, tagged } from './tagged-json.ts'
export { verifySavepoint } from './verify-savepoint.ts'
export type { WriteSavepointOptions } from './write-savepoint.ts'
