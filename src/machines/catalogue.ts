/** Every chart, with the page in `docs/protocols` that shows it. A new chart is listed here and nowhere else. */
import type { AnyStateMachine } from 'xstate'
import { coordinatorMachine } from './checkpoint-coordinator/machine.ts'
import { pendingMachine } from './checkpoint-coordinator/pending-machine.ts'
import { jobMachine } from './job/machine.ts'
import { savepointMachine } from './savepoint-store/machine.ts'
import { subtaskMachine } from './subtask/machine.ts'

export interface CataloguePage {
  /** The file's name in `docs/protocols`, without its ending. */
  readonly page: string
  readonly title: string
  readonly charts: readonly { readonly name: string; readonly machine: AnyStateMachine }[]
}

export const catalogue: readonly CataloguePage[] = [
  {
    page: 'checkpoint',
    title: 'The checkpoint protocol',
    charts: [
      { name: 'coordinator', machine: coordinatorMachine },
      { name: 'pending checkpoint', machine: pendingMachine },
    ],
  },
  { page: 'subtask', title: 'The life of a subtask', charts: [{ name: 'subtask', machine: subtaskMachine }] },
  { page: 'job', title: 'The life of a job', charts: [{ name: 'job', machine: jobMachine }] },
  { page: 'savepoint', title: 'The life of a savepoint', charts: [{ name: 'savepoint', machine: savepointMachine }] },
]
