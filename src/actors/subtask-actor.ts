/**
 * The actor of one subtask: its mailbox drives the subtask machine; its work moves batches through the operator chain.
 *
 * Owns the order between the two: control messages first, then one unit of work (an element of one channel, a poll, a
 * slice of a snapshot). Does not decide anything about checkpoints or its own life: that is
 * `machines/subtask/machine.ts`, whose effects are the methods below, one each. No record passes through the machine.
 *
 * INV-SA-1 no element is taken while consuming is paused, from a blocked channel, or while an output lacks credit.
 * INV-SA-2 what user code throws ends this subtask as `subtask.crashed` and never leaves the actor.
 */
import type { JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import { endOfData, endOfPartition, type StreamElement } from '../core/elements.ts'
import { asStreamError, assertNever, type StreamError } from '../core/errors.ts'
import { roleAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { SubtaskCounts } from '../core/metrics.ts'
import { start, step } from '../machines/step.ts'
import { subtaskMachine } from '../machines/subtask/machine.ts'
import type { Failure, SubtaskEffect, SubtaskEvent, SubtaskStatus } from '../machines/subtask/protocol.ts'
import type { OperatorChain } from '../operators/chain.ts'
import type { Channel, OutputGate } from './channel.ts'
import { type EffectHandlers, MachineDriver } from './effect-handlers.ts'
import type { Actor, Self } from './kernel.ts'
import { makeChain, SubtaskState } from './subtask-chain.ts'
import type { SubtaskDescriptor } from './subtask-descriptor.ts'
import { SubtaskInputs } from './subtask-inputs.ts'
import { failureOf, type SubtaskMessage } from './subtask-messages.ts'
import { SubtaskOutputs } from './subtask-outputs.ts'
import { SubtaskSnapshots } from './subtask-snapshots.ts'
import type { Tap } from './tap.ts'

export interface SubtaskServices {
  readonly stateBackend: StateBackend
  readonly checkpoints: JobCheckpoints
  /** Where `descriptor.restore` points into. */
  readonly restoreFrom: StoredSnapshot | undefined
  readonly gate: OutputGate
  readonly channelOf: (id: string) => Channel
  readonly tap: Tap
}

const processingTimer = 'processing-time'

export class SubtaskActor implements Actor<SubtaskMessage> {
  readonly descriptor: SubtaskDescriptor
  readonly #self: Self
  readonly #services: SubtaskServices
  readonly #driver
  readonly #inputs: SubtaskInputs
  readonly #outputs: SubtaskOutputs
  readonly #snapshots: SubtaskSnapshots
  readonly #state: SubtaskState
  #chain: OperatorChain | undefined
  #consuming = false
  #timerDue = false
  #recordsIn = 0
  /** Operators that are letting their files and connections go. */
  #closing: Promise<void> | undefined
  /** As last reported. */
  status: SubtaskStatus = 'created'

  constructor(self: Self, descriptor: SubtaskDescriptor, services: SubtaskServices) {
    this.#self = self
    this.descriptor = descriptor
    this.#services = services
    this.#inputs = new SubtaskInputs(
      descriptor.inputs.map(({ channel }) => services.channelOf(channel)),
      descriptor.inputs.map(({ input }) => input),
    )
    this.#outputs = new SubtaskOutputs(descriptor, services.channelOf)
    this.#state = new SubtaskState(descriptor, services.stateBackend)
    this.#snapshots = new SubtaskSnapshots(self, descriptor, services.checkpoints)
    const first = start<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, {
      channels: descriptor.inputs.length,
      mode: descriptor.mode,
      checkpointing: descriptor.checkpointing,
      restoring: descriptor.restore !== undefined,
      restoredFinished: descriptor.restore?.finished === true,
    })
    this.#driver = new MachineDriver<typeof first.snapshot, SubtaskEvent, SubtaskEffect>({
      address: () => self.address,
      attempt: () => descriptor.attempt,
      first,
      step: (snapshot, event) => step<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, snapshot, event),
      handlers: this.#handlers,
      tap: services.tap,
    })
  }

  counts(): SubtaskCounts {
    return { recordsIn: this.#recordsIn + (this.#chain?.recordsRead ?? 0), recordsOut: this.#outputs.recordsOut }
  }

  receive(message: SubtaskMessage): void {
    switch (message.type) {
      case 'state.loaded':
        this.#guard(() => {
          this.#state.restore(message.operators)
          this.#driver.feed({ type: 'state.restored' })
        })
        return
      case 'snapshot.durable':
        this.#driver.feed(this.#snapshots.stored(message.checkpointId))
        return
      case 'data.flushed':
        this.#announceEnd()
        return
      case 'operators.closed':
        this.#closing = undefined
        this.#report(message.status, message.failure)
        return
      case 'timer.fired':
        this.#timerDue = true
        this.#guard(() => this.#fireTimers())
        return
      default:
        this.#driver.feed(message)
    }
  }

  work(): boolean {
    let more = false
    this.#guard(() => {
      const writing = this.#writeSlice()
      more = this.#move() || writing
    })
    return more
  }

  stopped(): void {
    void this.#chain?.close()
    this.#state.dispose()
  }

  #move(): boolean {
    if (!this.#consuming || this.#services.gate.full > 0) return false
    const chain = this.#chain
    if (chain === undefined) return false
    if (chain.isSource) return this.#poll(chain)
    const element = this.#inputs.take()
    if (element === undefined) {
      this.#outputs.flush()
      return false
    }
    this.#process(chain, element)
    return true
  }

  #poll(chain: OperatorChain): boolean {
    const found = chain.poll(this.descriptor.batchRecords)
    if (found === 'records') return true
    this.#outputs.flush()
    if (found === 'end') this.#driver.feed({ type: 'source.exhausted' })
    return false
  }

  #process(chain: OperatorChain, element: StreamElement): void {
    const { channel } = this.#inputs
    const input = this.#inputs.inputOf(channel)
    switch (element.type) {
      case 'batch':
        this.#recordsIn += element.values.length
        chain.batch(input, element)
        return
      case 'watermark': {
        const risen = this.#inputs.watermark(channel, element.timestamp)
        if (risen !== undefined) chain.watermark(input, risen)
        return
      }
      case 'barrier': {
        const { checkpointId, timestamp, kind } = element
        this.#snapshots.barrierSeen(checkpointId)
        this.#driver.feed({ type: 'barrier.received', channel, checkpointId, timestamp, kind })
        return
      }
      case 'cancel-checkpoint':
        this.#driver.feed({ type: 'cancel.received', channel, checkpointId: element.checkpointId })
        return
      case 'end-of-data': {
        const risen = this.#inputs.ended(channel)
        if (risen !== undefined) chain.watermark(input, risen)
        this.#driver.feed({ type: 'input.ended', channel })
        return
      }
      case 'end-of-partition':
        this.#driver.feed({ type: 'input.closed', channel })
        return
      default:
        assertNever(element, 'stream element')
    }
  }

  /** Timers emit records, so they wait while nothing may be emitted: after a stop's barrier, after the end. */
  #fireTimers(): void {
    if (!this.#timerDue || !this.#consuming) return
    this.#timerDue = false
    this.#chain?.processingTime(this.#self.host.now())
    this.#outputs.flush()
  }

  #writeSlice(): boolean {
    if (!this.#snapshots.writing) return false
    const failed = this.#snapshots.writeSlice(limits.snapshotSliceMs)
    if (failed !== undefined) this.#driver.feed(failed)
    return this.#snapshots.writing
  }

  #announceEnd(): void {
    this.#outputs.broadcast(endOfData)
    this.#driver.feed({ type: 'data.ended' })
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (thrown) {
      this.#crash(asStreamError(thrown, 'USER_FUNCTION_FAILED', `"${this.descriptor.vertexName}" failed`))
    }
  }

  #crash(error: StreamError): void {
    this.#driver.feed({ type: 'subtask.crashed', failure: failureOf(error) })
  }

  /** Runs what may finish at once or later, then goes on with `done`, in this turn or by message. */
  #whenever(label: string, action: () => void | Promise<void>, now: () => void, later: SubtaskMessage): void {
    this.#guard(() => {
      const pending = action()
      if (pending === undefined) return now()
      const failed = (thrown: unknown): SubtaskMessage => ({
        type: 'subtask.crashed',
        failure: failureOf(asStreamError(thrown, 'SINK_FAILED', `"${this.descriptor.vertexName}" failed`)),
      })
      this.#self.io(
        label,
        () => pending,
        () => later,
        failed,
      )
    })
  }

  #close(): void {
    const pending = this.#chain?.close()
    if (pending !== undefined) this.#closing = pending
  }

  #report(status: SubtaskStatus, failure: Failure | undefined): void {
    const { jobId, id: subtask, attempt } = this.descriptor
    const report = { type: 'subtask.reported', subtask, attempt, status, ...(failure && { failure }) }
    this.#self.send(roleAddress(jobId, 'job'), report)
    if (status === 'ended' || status === 'finished') this.#toCoordinator({ type: `subtask.${status}` })
  }

  #toCoordinator(message: object): void {
    const { jobId, id, attempt } = this.descriptor
    this.#self.send(roleAddress(jobId, 'coordinator'), { ...message, subtask: id, attempt })
  }

  readonly #handlers: EffectHandlers<SubtaskEffect> = {
    restoreState: () => this.#state.load(this.#self, this.#services.restoreFrom),
    openOperators: () =>
      this.#guard(() => {
        this.#chain = makeChain(this.#self, this.descriptor, this.#state, this.#outputs, processingTimer)
        this.#chain.open(this.#state.restored)
        this.#consuming = true
        this.#self.wake()
      }),
    pauseConsuming: () => {
      this.#consuming = false
    },
    resumeConsuming: () => {
      this.#consuming = true
      this.#guard(() => this.#fireTimers())
      this.#self.wake()
    },
    blockInput: ({ channel }) => this.#inputs.block(channel),
    unblockInputs: () => {
      this.#inputs.unblockAll()
      this.#self.wake()
    },
    endData: () =>
      this.#whenever(
        'flush',
        () => this.#chain?.endOfData(),
        () => this.#announceEnd(),
        { type: 'data.flushed' },
      ),
    takeSnapshot: (params) => {
      const take = () => {
        this.#outputs.flush()
        return this.#chain?.snapshot(params.checkpointId, params.kind) ?? []
      }
      this.#driver.feed(this.#snapshots.take(params, take))
    },
    forwardBarrier: (params) => this.#outputs.broadcast({ type: 'barrier', ...params }),
    forwardCancel: ({ checkpointId }) => this.#outputs.broadcast({ type: 'cancel-checkpoint', checkpointId }),
    persistSnapshot: ({ checkpointId }) => {
      const atOnce = this.#snapshots.persist(checkpointId)
      if (atOnce !== undefined) this.#driver.feed(atOnce)
    },
    discardSnapshot: ({ checkpointId }) => this.#snapshots.discard(checkpointId),
    acknowledge: (params) => this.#toCoordinator({ type: 'subtask.acknowledged', ...params }),
    decline: (params) => this.#toCoordinator({ type: 'subtask.declined', ...params }),
    commit: ({ checkpointId }) => {
      const done: SubtaskEvent = { type: 'commit.done', checkpointId }
      this.#whenever(
        'commit',
        () => this.#chain?.notifyCompleted(checkpointId),
        () => this.#driver.feed(done),
        done,
      )
    },
    tellAborted: ({ checkpointId }) => this.#guard(() => this.#chain?.notifyAborted(checkpointId)),
    closeOutputs: () => {
      this.#consuming = false
      this.#outputs.broadcast(endOfPartition)
      this.#close()
    },
    closeOperators: () => {
      this.#consuming = false
      this.#snapshots.discardAll()
      this.#close()
    },
    reportStatus: ({ status, failure }) => {
      this.status = status
      // The next attempt may open the same files, so an end is told only when everything is let go.
      if (this.#closing === undefined) return this.#report(status, failure)
      const closing = this.#closing
      const closed = (): SubtaskMessage => ({ type: 'operators.closed', status, failure })
      this.#self.io('close', () => closing, closed, closed)
    },
    report: () => {},
  }
}
