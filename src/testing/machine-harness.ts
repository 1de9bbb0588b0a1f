/**
 * Checks machines: a table of rows against a chart, and an exhaustive walk over every state that can be reached.
 *
 * Both work on a `System`, throw `CheckFailed`, and know no test framework. Read `machine-system.ts` first.
 */
export { CheckFailed, machineSystem, memoised, type Row, type System, stateName } from './machine-system.ts'
export { type TableTest, tableTest } from './machine-table.ts'
export { type Invariant, type Visit, type WalkLimits, type WalkReport, walk } from './machine-walk.ts'
