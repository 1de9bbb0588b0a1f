/**
 * The behaviours of Flink's operator ids, coordinator, restore and savepoints that Flink's own tests check, line by line, and what
 * tidemark does about each: a test here whose title begins with the id, or a reason why the line cannot apply.
 *
 * `docs/conformance.md` is made from this list and the titles; `catalogue.test.ts` keeps them together.
 */
import * as ofCoordinator from './coordinator-lines.ts'
import * as coordinatorReasons from './not-applicable-b-g.ts'
import * as ofOperatorIds from './operator-id-lines.ts'
import * as ofRescale from './rescale-lines.ts'
import * as ofRestore from './restore-lines.ts'

/** Id → the behaviour in one sentence. */
export type Lines = Readonly<Record<string, string>>

export interface CatalogueLine {
  readonly id: string
  readonly behaviour: string
  /** Why the line cannot apply here; begins with "because". A line without it has a test. */
  readonly notApplicable?: string
  /** What tidemark does otherwise, on purpose; its test shows that. */
  readonly differs?: string
}

export interface CatalogueGroup {
  readonly letter: string
  readonly title: string
  readonly lines: readonly CatalogueLine[]
}

const reasons = { ...coordinatorReasons.notApplicable, ...ofRestore.notApplicable }
const differences = { ...coordinatorReasons.differs, ...ofRestore.differs, ...ofRescale.differs }

const group = (letter: string, title: string, lines: Lines): CatalogueGroup => ({
  letter,
  title,
  lines: Object.entries(lines).map(([id, behaviour]) => ({
    id,
    behaviour,
    ...(reasons[id] !== undefined && { notApplicable: reasons[id] }),
    ...(differences[id] !== undefined && { differs: differences[id] }),
  })),
})

export const catalogue: readonly CatalogueGroup[] = [
  group('A', 'Operator ids', ofOperatorIds.operatorIds),
  group('B', 'Which request is next', ofCoordinator.requestQueue),
  group('C', 'Triggering', ofCoordinator.triggering),
  group('D', 'Checkpoints from trigger to end', ofCoordinator.checkpoints),
  group('E', 'One pending checkpoint', ofCoordinator.pendingCheckpoint),
  group('F', 'Failures that count', ofCoordinator.failures),
  group('G', 'Completed checkpoints', ofCoordinator.completedCheckpoints),
  group('H', 'Restoring', ofRestore.restoring),
  group('I', 'State assignment', ofRescale.stateAssignment),
  group('J', 'Savepoints and stopping', ofRestore.savepoints),
  group('K', 'Rescaling', ofRescale.rescaling),
]

/** The ids for which a reason or a difference is given. */
export const explained: readonly string[] = [...Object.keys(reasons), ...Object.keys(differences)]
