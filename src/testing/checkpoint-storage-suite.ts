/** The contract of checkpoint storage (`backends/checkpoint-storage.ts`) as runnable cases. */
import { claimingCases } from './checkpoint-storage-claim-cases.ts'
import { damageCases, keepingCases, owningCases } from './checkpoint-storage-keep-cases.ts'
import { sharingCases } from './checkpoint-storage-share-cases.ts'
import type {
  CheckpointStorageCapability,
  CheckpointStorageCase,
  CheckpointStorageSubject,
} from './checkpoint-storage-subject.ts'
import { findingCases, storingCases } from './checkpoint-storage-write-cases.ts'
import { buildCases, type CapabilityManifest, type ConformanceCase } from './conformance.ts'

export type { CheckpointStorageCapability, CheckpointStorageSubject } from './checkpoint-storage-subject.ts'

/**
 * The conformance cases of a checkpoint storage, for any test runner. `make` is called once per case.
 *
 * @example
 * const make = () => ({ storage: jobmanagerCheckpointStorage(), place: 'jobmanager://checkpoints' })
 * const lost = 'lives in one process'
 * const all = { reopen: lost, damage: lost, claims: true, starts: true }
 * for (const { name, skip, run } of checkpointStorageSuite(make, all)) it.skipIf(skip !== undefined)(name, run)
 */
export const checkpointStorageSuite = (
  make: () => CheckpointStorageSubject,
  capabilities: CapabilityManifest<CheckpointStorageCapability>,
): readonly ConformanceCase[] =>
  buildCases(
    [
      ...storingCases,
      ...findingCases,
      ...keepingCases,
      ...owningCases,
      ...sharingCases,
      ...claimingCases,
      ...damageCases,
    ].map(disposing),
    capabilities,
    make,
  )

const disposing = (definition: CheckpointStorageCase): CheckpointStorageCase => ({
  ...definition,
  async run(subject) {
    try {
      await definition.run(subject)
    } finally {
      await subject.dispose?.()
    }
  },
})
