/**
 * What a simulated program is given: sources and sinks that tell what they do, the places where its functions may fail,
 * and the actions that a person may take while it runs.
 *
 * One for the whole run: the sinks write into a world outside that outlives the processes.
 */
import { heapStateBackend } from '../../backends/heap-state.ts'
import type { StateBackend } from '../../backends/state-backend.ts'
import { generate } from '../../connectors/generate.ts'
import type { SessionJob } from '../../job/session.ts'
import type { EndpointContext, Sink, Source } from '../../operators/endpoints.ts'
import type { CheckpointOptions, SavepointOptions } from '../../program/options.ts'
import type { Fact } from '../checkers/facts.ts'
import { type OutputItem, OutsideWorld } from './outside-world.ts'
import { transactionSink } from './transaction-sink.ts'

export interface SimulatedSourceOptions<T> {
  readonly count: number
  readonly ratePerSecond: number
  /** The record of this index, from 0. */
  readonly at: (index: number) => T
}

/** Something that a person does to the running job. */
export interface SimulatedAction {
  readonly name: string
  /** Times in one run, at most. */
  readonly most: number
  /** What fails is of no concern: the job may be starting or ending. */
  readonly act: (job: SessionJob) => Promise<unknown>
}

interface RunningSubtask {
  readonly attempt: number
  readonly subtask: string
}

/** What the helpers need to know of the process that runs now. */
export interface RunningProcess {
  readonly tell: (fact: Fact) => void
  readonly subtaskOf: (context: EndpointContext) => RunningSubtask
  /** Whose turn it is. */
  readonly turnOf: () => RunningSubtask
  /** Throws when the fault strikes. */
  readonly pass: (where: string) => void
}

export class SimulationRun {
  readonly seed: number
  /** How many records the program is asked to bring; a failing run is tried again with fewer. */
  readonly records: number
  /** Will later processes have another parallelism? */
  readonly rescales: boolean
  /** For the program's checkpoints: memory, or a simulated disk, by seed. */
  readonly storage: NonNullable<CheckpointOptions['storage']>
  readonly savepoint: SavepointOptions
  readonly world = new OutsideWorld()
  readonly actions = new Map<string, SimulatedAction>()
  /** Called with each job of the run once it is submitted: to let clients ask for things over and over. */
  readonly clients: ((job: SessionJob) => void)[] = []
  /** For the program: how many subtasks its operators have. Another number in the next process, in runs that rescale. */
  parallelism = 2
  /** Where the job keeps keyed state. */
  stateBackend: StateBackend = heapStateBackend
  #process: RunningProcess | undefined

  constructor(seed: number, records: number, disk: boolean, rescales = false) {
    this.seed = seed
    this.rescales = rescales
    this.records = records
    this.storage = disk ? { kind: 'filesystem', dir: '/simulated/checkpoints' } : { kind: 'jobmanager' }
    this.savepoint = disk ? { kind: 'filesystem', dir: '/simulated/savepoints' } : { kind: 'jobmanager' }
  }

  /** A program is to be built for a new process: what was declared for the one before is declared again. */
  reset(): void {
    this.#process = undefined
    this.actions.clear()
    this.clients.length = 0
    this.stateBackend = heapStateBackend
    this.world.expected.clear()
  }

  /** From now on it is this process that runs. */
  begin(process: RunningProcess): void {
    this.#process = process
  }

  /** Call it wherever a function of the program may fail. */
  pass(where: string): void {
    this.#process!.pass(where)
  }

  /** A replayable source of `count` records, made from their indexes. */
  source<T>(options: SimulatedSourceOptions<T>): Source<T> {
    const inner = generate(options)
    return {
      ...inner,
      createReader: (context, restored) => {
        const process = this.#process!
        const reader = inner.createReader(context, restored)
        const of = process.subtaskOf(context)
        return {
          poll: (max) => {
            const found = reader.poll(max)
            if (found.type === 'records') process.tell({ type: 'source.emitted', ...of, records: found.values.length })
            return found
          },
          snapshot: () => reader.snapshot(),
          close: () => reader.close(),
        }
      },
    }
  }

  /**
   * An exactly-once sink. `items` says which positions of which streams a record is; each stream must bring the
   * positions that `expect` announced, once each.
   */
  sink<T>(items: (value: T) => readonly OutputItem[]): Sink<T> {
    return transactionSink(items, this.world, () => this.#process!)
  }

  /** The stream brings the positions 1 to `total`. */
  expect(stream: string, total: number): void {
    this.world.expected.set(stream, total)
  }

  /** Something that a person may do at any time. */
  action(action: SimulatedAction): void {
    this.actions.set(action.name, action)
  }

  /** Where the job keeps keyed state; the heap, if nothing is said. */
  keepStateIn(backend: StateBackend): void {
    this.stateBackend = backend
  }

  /** Called with the job once it is submitted. */
  client(client: (job: SessionJob) => void): void {
    this.clients.push(client)
  }

  /**
   * Tells checkers of a timer that the program's own function has set, deleted or seen fire, from within that function.
   * Names are unique in their subtask. What is dropped at the end of the data counts as deleted.
   */
  userTimer(what: 'set' | 'deleted' | 'fired', timer: string): void {
    const { tell, turnOf } = this.#process!
    tell({ type: `user-timer.${what}`, ...turnOf(), timer })
  }
}
