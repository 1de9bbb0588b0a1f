/**
 * From a subtask's descriptor to its running chain: state backends, restored state, operators in their contexts.
 */

import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { KeyedStateBackend, StateBackend } from '../backends/state-backend.ts'
import { assert } from '../core/errors.ts'
import { type OperatorId, roleAddress } from '../core/ids.ts'
import { keyGroupRangeOf } from '../core/key-groups.ts'
import { OperatorChain } from '../operators/chain.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { loadChannels } from './channel-restore.ts'
import type { Self } from './kernel.ts'
import type { KeyedOperator } from './keyed-chains.ts'
import { loadOperatorState } from './operator-state-restore.ts'
import { StateRestore } from './state-restore.ts'
import type { OperatorRestore, SubtaskDescriptor } from './subtask-descriptor.ts'
import type { SubtaskFlow } from './subtask-flow.ts'
import type { LoadedOperator, StatePiece, SubtaskMessage } from './subtask-messages.ts'

/** The state of one subtask's operators, by position in the chain. */
export class SubtaskState {
  readonly #descriptor: SubtaskDescriptor
  readonly backends: readonly (KeyedStateBackend | undefined)[]
  /** Not-keyed state to open each operator with. */
  readonly restored: unknown[]
  #restore: StateRestore | undefined

  /** `now` is the processing time, in milliseconds. */
  constructor(descriptor: SubtaskDescriptor, stateBackend: StateBackend, now: () => number) {
    this.#descriptor = descriptor
    const { index, parallelism, maxParallelism, freezeState: freeze, incremental } = descriptor
    const range = keyGroupRangeOf(index, parallelism, maxParallelism)
    this.backends = descriptor.operators.map(({ operator, name, uid }) => {
      const { keyed, states } = operator as OperatorFactory
      if (!keyed) return undefined
      return stateBackend.create({ range, maxParallelism, freeze, incremental, states, now, operatorName: name, uid })
    })
    this.restored = descriptor.operators.map(() => undefined)
  }

  /** The operators with keyed state. */
  get keyed(): readonly KeyedOperator[] {
    return this.#descriptor.operators.flatMap(({ id }, position) => {
      const backend = this.backends[position]
      return backend === undefined ? [] : [{ id, backend }]
    })
  }

  /** Reads what there is to restore; `state.piece`, `state.loaded` or `subtask.crashed` come as messages. */
  load(self: Self, from: StoredSnapshot | undefined): void {
    assert(from !== undefined, 'a subtask restores without a snapshot')
    this.#restore = new StateRestore(self, this.#descriptor, from, {
      beginRestore: (operator, states) => this.#keyedBackend(this.#positionOf(operator)).beginRestore(states),
      loadRest: () => this.#loadRest(from),
    })
    this.#restore.read()
  }

  /** A piece of keyed state has come. */
  take(piece: StatePiece): void {
    assert(this.#restore !== undefined, 'a piece of state comes without a restore')
    this.#restore.take(piece)
  }

  /** Takes some of it over. False when there is nothing to take. */
  work(): boolean {
    return this.#restore?.work() === true
  }

  async #loadRest(from: StoredSnapshot): Promise<SubtaskMessage> {
    const { restore } = this.#descriptor
    const [operators, inFlight] = await Promise.all([
      Promise.all((restore?.operators ?? []).map((operator) => loadOperator(from, operator))),
      loadChannels(from, this.#descriptor, restore?.inFlight ?? []),
    ])
    return { type: 'state.loaded', operators, inFlight }
  }

  restore(operators: readonly LoadedOperator[]): void {
    this.#restore = undefined
    for (const { operatorId, state } of operators) this.restored[this.#positionOf(operatorId)] = state
  }

  #positionOf(operatorId: OperatorId): number {
    const position = this.#descriptor.operators.findIndex(({ id }) => id === operatorId)
    assert(position >= 0, `state for operator ${operatorId}, which is not in this chain`)
    return position
  }

  #keyedBackend(position: number): KeyedStateBackend {
    const backend = this.backends[position]
    assert(backend !== undefined, 'keyed state for an operator without keyed input')
    return backend
  }

  dispose(): void {
    for (const backend of this.backends) backend?.dispose()
  }
}

const loadOperator = async (
  from: StoredSnapshot,
  { operatorId, operator }: OperatorRestore,
): Promise<LoadedOperator> => ({ operatorId, state: await loadOperatorState(from, operator) })

/** Ended before its snapshot: were there sinks that had not yet been told that their records may be seen? */
export function sinksHaveState({ operators, restore }: SubtaskDescriptor): boolean {
  const sinks = new Set(operators.flatMap(({ id, operator }) => (operator.kind === 'sink' ? [id] : [])))
  return restore?.operators.some(({ operatorId, operator }) => operator.length > 0 && sinks.has(operatorId)) ?? false
}

/** Fires when the turn of an operator has come. */
const turnTimer = 'turn'

/** Fires when a source has asked to be woken by then. */
export const sourceTimer = 'source'

/** The chain of a subtask, not yet open. Processing-time requests set the timer `timerName` of the actor. */
export function makeChain(
  self: Self,
  descriptor: SubtaskDescriptor,
  state: SubtaskState,
  flow: Pick<SubtaskFlow, 'outputs' | 'consumingMs'>,
  timerName: string,
  epoch: number,
): OperatorChain {
  const { host } = self
  return new OperatorChain({
    operators: descriptor.operators.map((operator, position) => ({
      factory: operator.operator as OperatorFactory,
      operatorId: operator.id,
      operatorName: operator.name,
      uid: operator.uid,
      state: state.backends[position],
      parent: operator.parent,
      sideOutput: operator.sideOutput,
      channelTags: descriptor.outputs.flatMap((output) =>
        output.operator === position && output.sideOutput !== undefined ? [output.sideOutput] : [],
      ),
    })),
    runtime: {
      jobId: descriptor.jobId,
      jobName: descriptor.jobName,
      subtaskIndex: descriptor.index,
      parallelism: descriptor.parallelism,
      maxParallelism: descriptor.maxParallelism,
      epoch,
      attempt: descriptor.attempt,
      batchRecords: descriptor.batchRecords,
      autoWatermarkIntervalMs: descriptor.autoWatermarkIntervalMs,
      checkpointing: descriptor.checkpointing,
      freezeState: descriptor.freezeState,
      now: () => host.now(),
      monotonicMs: () => host.monotonicMs(),
      consumingMs: () => flow.consumingMs(),
      random: () => host.random.next(),
      runOutside: (task, done, failed) => self.outside('call', task, done, failed),
      wake: () => self.wake(),
      wakeAfter: (delayMs) => self.setTimer(sourceTimer, Math.max(0, delayMs)),
      requestProcessingTime: (atMs) => self.setTimer(timerName, Math.max(0, atMs - host.now())),
      requestTurn: (atMs) => self.setTimer(turnTimer, Math.max(0, atMs - host.monotonicMs())),
      reportWatermark: (report) =>
        self.send(roleAddress(descriptor.jobId, 'watermarks'), {
          type: 'watermark.reported',
          ...report,
          subtask: descriptor.id,
          attempt: descriptor.attempt,
        }),
      log: (level, message) => host.log(level, message),
    },
    tails: (position, sideOutput) => flow.outputs.tails(position, sideOutput),
  })
}
