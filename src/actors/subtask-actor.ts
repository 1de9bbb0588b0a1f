/**
 * The actor of one subtask: its mailbox drives the subtask machine; its work moves batches through the operator chain.
 *
 * Owns the order between the two: control messages first, then one slice of a snapshot and one unit of work of the data
 * plane (`subtask-flow.ts`). Does not decide anything about checkpoints or its own life: that is
 * `machines/subtask/machine.ts`, whose effects are the methods below, one each.
 *
 * INV-SA-1 what user code throws ends this subtask as `subtask.crashed` and never leaves the actor.
 * INV-SA-2 the end is reported when the operators have let everything go, since the next attempt may open the same files.
 */
import { endOfPartition } from '../core/elements.ts'
import { type CheckpointId, roleAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { SubtaskCounts } from '../core/metrics.ts'
import { start, step } from '../machines/step.ts'
import { subtaskMachine } from '../machines/subtask/machine.ts'
import type { Failure, SubtaskEffect, SubtaskEvent, SubtaskStatus } from '../machines/subtask/protocol.ts'
import type { OperatorChain } from '../operators/chain.ts'
import { AlignmentTimeout, alignmentTimer } from './alignment-timeout.ts'
import { type EffectHandlers, MachineDriver } from './effect-handlers.ts'
import type { Actor, Self } from './kernel.ts'
import { makeChain, SubtaskState, sinksHaveState, sourceTimer } from './subtask-chain.ts'
import type { SubtaskDescriptor } from './subtask-descriptor.ts'
import { SubtaskFlow } from './subtask-flow.ts'
import { crashedBy, type SubtaskMessage } from './subtask-messages.ts'
import type { SubtaskServices } from './subtask-services.ts'
import { SubtaskSnapshots } from './subtask-snapshots.ts'
import { WriteShare } from './write-share.ts'

const processingTimer = 'processing-time'

export class SubtaskActor implements Actor<SubtaskMessage> {
  readonly descriptor: SubtaskDescriptor
  readonly #self: Self
  readonly #services: SubtaskServices
  readonly #driver
  readonly #flow: SubtaskFlow
  readonly #snapshots: SubtaskSnapshots
  readonly #state: SubtaskState
  readonly #timeout: AlignmentTimeout
  readonly #share: WriteShare
  #chain: OperatorChain | undefined
  /** Operators that are letting their files and connections go. */
  #closing: Promise<void> | undefined
  /** As last reported. */
  status: SubtaskStatus = 'created'

  constructor(self: Self, descriptor: SubtaskDescriptor, services: SubtaskServices) {
    this.#self = self
    this.descriptor = descriptor
    this.#services = services
    this.#state = new SubtaskState(descriptor, services.stateBackend, () => self.host.now())
    this.#snapshots = new SubtaskSnapshots(self, descriptor, services.checkpoints, this.#state.keyed)
    this.#share = new WriteShare(() => self.host.monotonicMs())
    this.#timeout = new AlignmentTimeout(self, descriptor.inputs.length)
    this.#flow = new SubtaskFlow({
      descriptor,
      channelOf: services.channelOf,
      gate: services.gate,
      host: self.host,
      feed: (event) => this.#driver.feed(event),
      barrierSeen: (id) => this.#snapshots.barrierSeen(id),
      barrierQueued: (barrier) => this.#timeout.expect(barrier),
    })
    const chart = services.chart ?? subtaskMachine
    const first = start<typeof subtaskMachine, SubtaskEffect>(chart, {
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
      step: (snapshot, event) => step<typeof subtaskMachine, SubtaskEffect>(chart, snapshot, event),
      handlers: this.#handlers,
      tap: services.tap,
    })
  }

  counts(): SubtaskCounts {
    return this.#flow.counts()
  }

  receive(message: SubtaskMessage): void {
    switch (message.type) {
      case 'state.piece':
        this.#state.take(message.piece)
        return
      case 'state.loaded':
        this.#guard(() => {
          this.#state.restore(message.operators)
          for (const { channel, batches } of message.inFlight) this.#flow.inputs.restore(channel, batches)
          if (this.descriptor.restore?.finished === true) this.#endAgain()
          else this.#driver.feed({ type: 'state.restored' })
        })
        return
      case 'snapshot.durable':
        this.#driver.feed(this.#snapshots.stored(message.checkpointId))
        return
      case 'data.flushed':
        this.#flushed()
        return
      case 'operators.closed':
        this.#closing = undefined
        this.#report(message.status, message.failure)
        return
      case 'watermark.combined':
        if (message.attempt === this.descriptor.attempt)
          this.#guard(() => this.#chain?.groupWatermark(message.watermark))
        return
      case 'timer.fired':
        if (message.name === alignmentTimer) this.#driver.feed(this.#timeout.fired())
        else if (message.name === sourceTimer) this.#self.wake()
        else this.#flow.timerFired()
        return
      case 'checkpoint.triggered':
        this.#timeout.expect(message)
        this.#driver.feed(message)
        return
      default:
        this.#driver.feed(message)
    }
  }

  work(): boolean {
    let more = false
    this.#guard(() => {
      const moved = this.#share.turn(this.#snapshots.writing, this.#writeSlice, this.#move)
      more = moved || this.#snapshots.writing
    })
    return more
  }

  stopped(): void {
    this.#snapshots.discardAll()
    void this.#chain?.close()
    this.#state.dispose()
  }

  readonly #move = (): boolean => this.#state.work() || this.#flow.move()
  readonly #writeSlice = (): void => {
    const failed = this.#snapshots.writeSlice(limits.snapshotSliceMs)
    if (failed !== undefined) this.#driver.feed(failed)
  }

  #discard(checkpointId: CheckpointId): void {
    this.#snapshots.discard(checkpointId)
    this.#flow.inputs.takeRecorded(checkpointId)
  }

  #announceEnd(): void {
    this.#flow.announceEnd()
    this.#driver.feed({ type: 'data.ended' })
  }

  /** An operator hears of the end when the one before it is done, which may take its time. */
  #endOperators(): void {
    const flushed: SubtaskMessage = { type: 'data.flushed' }
    const end = () => this.#chain?.endOfData()
    this.#whenever('flush', end, () => this.#flushed(), flushed)
  }

  #flushed(): void {
    if (this.#chain?.draining === true) this.#flow.drain(() => this.#endOperators())
    else this.#announceEnd()
  }

  #endAgain(): void {
    if (this.status !== 'created') return
    this.#chain = this.#makeChain()
    this.#chain.openSinks(this.#state.restored)
    this.#announceEnd()
  }

  #makeChain(): OperatorChain {
    const { epoch } = this.#services.checkpoints
    return makeChain(this.#self, this.descriptor, this.#state, this.#flow, processingTimer, epoch)
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (thrown) {
      this.#driver.feed(crashedBy(thrown, 'USER_FUNCTION_FAILED', this.descriptor))
    }
  }

  /** Runs what may finish at once or later, then goes on with `done`, in this turn or by message. */
  #whenever(label: string, action: () => void | Promise<void>, now: () => void, later: SubtaskMessage): void {
    this.#guard(() => {
      const pending = action()
      if (pending === undefined) return now()
      pending.catch(() => {}) // Heard below; a host that runs the operation later must not find it unhandled.
      const done = (): SubtaskMessage => later
      const failed = (thrown: unknown): SubtaskMessage => crashedBy(thrown, 'SINK_FAILED', this.descriptor)
      this.#self.io(label, () => pending, done, failed)
    })
  }

  #close(): void {
    this.#closing = this.#chain?.close() ?? this.#closing
  }

  #report(status: SubtaskStatus, failure: Failure | undefined): void {
    const { jobId, id: subtask, attempt } = this.descriptor
    const report = { type: 'subtask.reported', subtask, attempt, status, ...(failure && { failure }) }
    this.#self.send(roleAddress(jobId, 'job'), report)
  }

  #toCoordinator(message: object): void {
    const { jobId, id, attempt } = this.descriptor
    this.#self.send(roleAddress(jobId, 'coordinator'), { ...message, subtask: id, attempt })
  }

  readonly #handlers: EffectHandlers<SubtaskEffect> = {
    restoreState: () => this.#state.load(this.#self, this.#services.restoreFrom),
    openOperators: () =>
      this.#guard(() => {
        this.#chain = this.#makeChain()
        this.#chain.open(this.#state.restored)
        this.#flow.begin(this.#chain)
        this.#self.wake()
      }),
    pauseConsuming: () => this.#flow.pause(),
    resumeConsuming: () => {
      this.#flow.resume()
      this.#self.wake()
    },
    blockInput: ({ channel }) => this.#flow.inputs.block(channel),
    unblockInputs: () => {
      this.#flow.inputs.unblockAll()
      this.#self.wake()
    },
    endData: () => {
      if (this.#chain === undefined && sinksHaveState(this.descriptor))
        return this.#state.load(this.#self, this.#services.restoreFrom)
      this.#flow.endTimers()
      this.#endOperators()
    },
    takeSnapshot: (params) => {
      const take = () => {
        this.#flow.outputs.flush()
        return this.#chain?.snapshot(params.checkpointId, params.kind) ?? []
      }
      this.#driver.feed(this.#snapshots.take(params, take))
    },
    recordOvertaken: () => this.#flow.recordOvertaken(),
    recordInputs: ({ checkpointId, channels }) => this.#flow.inputs.recordInputs(checkpointId, channels),
    promoteBarriers: ({ checkpointId }) => {
      this.#flow.inputs.promote(checkpointId)
      this.#self.wake()
    },
    forwardBarrier: (params) => this.#flow.outputs.forward({ type: 'barrier', ...params }),
    forwardCancel: ({ checkpointId }) => this.#flow.outputs.broadcast({ type: 'cancel-checkpoint', checkpointId }),
    persistSnapshot: ({ checkpointId }) => {
      const atOnce = this.#snapshots.persist(checkpointId, this.#flow.inputs.takeRecorded(checkpointId))
      if (atOnce !== undefined) this.#driver.feed(atOnce)
    },
    discardSnapshot: ({ checkpointId }) => this.#discard(checkpointId),
    acknowledge: (params) => this.#toCoordinator({ type: 'subtask.acknowledged', ...params }),
    decline: (params) => {
      this.#discard(params.checkpointId)
      this.#toCoordinator({ type: 'subtask.declined', ...params })
    },
    commit: ({ checkpointId }) => {
      this.#snapshots.completed(checkpointId)
      const done: SubtaskEvent = { type: 'commit.done', checkpointId }
      this.#whenever(
        'commit',
        () => this.#chain?.notifyCompleted(checkpointId),
        () => this.#driver.feed(done),
        done,
      )
    },
    tellAborted: ({ checkpointId }) => {
      this.#snapshots.aborted(checkpointId)
      this.#guard(() => this.#chain?.notifyAborted(checkpointId))
    },
    closeOutputs: () => {
      this.#flow.pause()
      this.#flow.outputs.broadcast(endOfPartition)
      this.#close()
    },
    closeOperators: () => {
      this.#flow.pause()
      this.#close()
    },
    reportStatus: ({ status, failure }) => {
      this.status = status
      if (this.#closing === undefined) return this.#report(status, failure)
      const closing = this.#closing
      const closed = (): SubtaskMessage => ({ type: 'operators.closed', status, failure })
      this.#self.io('close', () => closing, closed, closed)
    },
    report: () => {},
  }
}
