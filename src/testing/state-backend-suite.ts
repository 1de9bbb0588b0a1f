/** The contract of keyed state (`backends/state-backend.ts`) as runnable cases. */
import type { StateBackend } from '../backends/state-backend.ts'
import { buildCases, type CapabilityManifest, type ConformanceCase } from './conformance.ts'
import { changeCases } from './state-backend-change-cases.ts'
import { evolutionCases } from './state-backend-evolution-cases.ts'
import { handleCases, timerCases } from './state-backend-handle-cases.ts'
import { portableCases } from './state-backend-portable-cases.ts'
import { snapshotCases } from './state-backend-snapshot-cases.ts'
import type { StateBackendCapability } from './state-backend-subject.ts'
import { ttlCases } from './state-backend-ttl-cases.ts'

export type { StateBackendCapability } from './state-backend-subject.ts'

/**
 * The conformance cases of a keyed state backend, for any test runner.
 *
 * @example
 * const all = { freeze: true, concurrentSnapshots: true, incremental: true, portable: true } as const
 * for (const { name, skip, run } of stateBackendSuite(() => heapStateBackend, all)) {
 *   it.skipIf(skip !== undefined)(name, run)
 * }
 */
export const stateBackendSuite = (
  make: () => StateBackend,
  capabilities: CapabilityManifest<StateBackendCapability>,
): readonly ConformanceCase[] =>
  buildCases(
    [...handleCases, ...timerCases, ...snapshotCases, ...changeCases, ...evolutionCases, ...ttlCases, ...portableCases],
    capabilities,
    make,
  )
