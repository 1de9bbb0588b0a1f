/**
 * The data plane of one subtask: one element of one channel, one poll or the timers that are due, at a time, through the
 * operator chain.
 *
 * Owns whether anything may be taken now. Does not own what barriers and ends mean: those become events for the
 * subtask's machine, through `feed`. No record passes through the machine.
 *
 * INV-SF-1 no element is taken while consuming is paused, from a blocked channel, or while an output lacks credit; but a
 *   barrier that was put ahead does not wait for credit.
 * INV-SF-2 timers emit records, so they wait as elements do, and are over when the data ends.
 * INV-SF-4 while an operator is busy with what a watermark or a time has made due, nothing is taken but barriers put ahead,
 *   and what came behind that watermark in its element is told only then.
 * INV-SF-3 a record waits in a partial batch only while there is more input, and for `limits.inputsPerFlush` batches at most.
 */
import { type Barrier, endOfData, maxWatermark, type StreamElement } from '../core/elements.ts'
import { assertNever } from '../core/errors.ts'
import type { CheckpointId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { PausableClock } from '../core/pausable-clock.ts'
import { WatermarkValve } from '../core/watermark-valve.ts'
import type { BarrierFacts, SubtaskEvent } from '../machines/subtask/protocol.ts'
import type { OperatorChain } from '../operators/chain.ts'
import type { Channel, OutputGate } from './channel.ts'
import type { Host } from './host.ts'
import type { SubtaskDescriptor } from './subtask-descriptor.ts'
import { SubtaskInputs } from './subtask-inputs.ts'
import { SubtaskOutputs } from './subtask-outputs.ts'

export interface SubtaskFlowOptions {
  readonly descriptor: SubtaskDescriptor
  readonly channelOf: (id: string) => Channel
  readonly gate: OutputGate
  readonly host: Pick<Host, 'now' | 'monotonicMs'>
  readonly feed: (event: SubtaskEvent) => void
  /** Told of every barrier before the machine is: for the timings of a snapshot. */
  readonly barrierSeen: (checkpointId: CheckpointId) => void
  /** Told of barriers when they are queued in an input. */
  readonly barrierQueued: (barrier: BarrierFacts) => void
}

export class SubtaskFlow {
  readonly #options: SubtaskFlowOptions
  readonly inputs: SubtaskInputs
  readonly outputs: SubtaskOutputs
  readonly #valve: WatermarkValve
  /** Stands still while this subtask may take nothing. */
  readonly #clock: PausableClock
  /** To be told when the operators are done with the watermark before it. */
  #afterwards: SubtaskEvent | undefined
  #chain: OperatorChain | undefined
  #consuming = false
  #timerDue = false
  #timersOver = false
  #recordsTaken = 0
  /** Batches taken or polled since partial batches were handed on. */
  #unflushed = 0
  #barrier: Barrier | undefined

  constructor(options: SubtaskFlowOptions) {
    const { descriptor, channelOf, host, gate } = options
    this.#options = options
    this.#clock = new PausableClock(() => host.monotonicMs())
    this.#clock.pause()
    gate.holdBack(this.#clock)
    this.inputs = new SubtaskInputs(
      descriptor.inputs.map(({ channel }) => channelOf(channel)),
      descriptor.inputs.map(({ input }) => input),
      options.barrierQueued,
      this.#clock,
    )
    this.outputs = new SubtaskOutputs(descriptor, channelOf)
    this.#valve = new WatermarkValve(this.inputs.count, {
      watermark: (timestamp) => this.#chain?.watermark(timestamp),
      watermarkStatus: (idle) => this.#chain?.watermarkStatus(idle),
    })
  }

  /** The lowest watermark of all inputs; minus infinity before there was one. */
  get watermark(): number {
    return this.#valve.current
  }

  /** Milliseconds in which something could be taken. */
  consumingMs(): number {
    return this.#clock.now()
  }

  /** Taken from channels; of a source, polled. */
  get recordsIn(): number {
    return this.#recordsTaken + (this.#chain?.recordsRead ?? 0)
  }

  /** Begins, with a chain that is open. */
  begin(chain: OperatorChain): void {
    this.#chain = chain
    this.resume()
  }

  pause(): void {
    if (this.#consuming) this.#clock.pause()
    this.#consuming = false
  }

  resume(): void {
    if (!this.#consuming) this.#clock.resume()
    this.#consuming = true
  }

  timerFired(): void {
    this.#timerDue = !this.#timersOver
  }

  /** The data is being ended: no timer calls an operator any more. */
  endTimers(): void {
    this.#timerDue = false
    this.#timersOver = true
  }

  announceEnd(): void {
    this.outputs.broadcast(endOfData)
  }

  /** Keeps what the barrier that is being processed has overtaken. */
  recordOvertaken(): void {
    if (this.#barrier !== undefined) this.inputs.recordOvertaken(this.#barrier)
  }

  /** One unit of work. Returns false when there is none now; what changes that wakes the actor. */
  move(): boolean {
    const chain = this.#chain
    if (chain === undefined || !this.#consuming) return false
    if (this.#options.gate.full > 0) return this.#takeAhead(chain)
    if (chain.unfinished) return this.#takeAhead(chain) || this.#proceed(chain)
    if (this.#timerDue) return this.#fireTimers(chain)
    if (chain.isSource) return this.#poll(chain)
    const element = this.inputs.take()
    if (element === undefined) {
      this.#flush()
      return false
    }
    this.#process(chain, element)
    this.#moved()
    return true
  }

  /** Full load must not keep the few records of a quiet target for ever. */
  #moved(): void {
    if (++this.#unflushed >= limits.inputsPerFlush) this.#flush()
  }

  #flush(): void {
    this.#unflushed = 0
    this.outputs.flush()
  }

  #takeAhead(chain: OperatorChain): boolean {
    const barrier = this.inputs.takeAhead()
    if (barrier === undefined) return false
    this.#process(chain, barrier)
    return true
  }

  #proceed(chain: OperatorChain): boolean {
    chain.proceed()
    this.#tellAfterwards(chain)
    this.#moved()
    return true
  }

  #tellAfterwards(chain: OperatorChain): void {
    const event = this.#afterwards
    if (event === undefined || chain.unfinished) return
    this.#afterwards = undefined
    this.#options.feed(event)
  }

  #fireTimers(chain: OperatorChain): boolean {
    this.#timerDue = false
    chain.processingTime(this.#options.host.now())
    this.#flush()
    return true
  }

  #poll(chain: OperatorChain): boolean {
    const found = chain.poll(this.#options.descriptor.batchRecords)
    if (found === 'records') {
      this.#moved()
      return true
    }
    this.#flush()
    if (found === 'end') this.#options.feed({ type: 'source.exhausted' })
    return false
  }

  #process(chain: OperatorChain, element: StreamElement): void {
    const { feed, barrierSeen } = this.#options
    const { channel } = this.inputs
    switch (element.type) {
      case 'batch':
        this.#recordsTaken += element.values.length
        this.inputs.consumed(element)
        chain.batch(this.inputs.inputOf(channel), element)
        return
      case 'watermark':
        this.#valve.watermark(channel, element.timestamp)
        return
      case 'watermark-status':
        this.#valve.status(channel, element.idle)
        return
      case 'barrier': {
        const { checkpointId, timestamp, kind, alignment } = element
        this.#barrier = element
        barrierSeen(checkpointId)
        feed({ type: 'barrier.received', channel, checkpointId, timestamp, kind, alignment })
        return
      }
      case 'cancel-checkpoint':
        feed({ type: 'cancel.received', channel, checkpointId: element.checkpointId })
        return
      case 'end-of-data':
        this.#valve.status(channel, false)
        this.#valve.watermark(channel, maxWatermark.timestamp)
        this.#afterwards = { type: 'input.ended', channel }
        this.#tellAfterwards(chain)
        return
      case 'end-of-partition':
        feed({ type: 'input.closed', channel })
        return
      default:
        assertNever(element, 'stream element')
    }
  }
}
