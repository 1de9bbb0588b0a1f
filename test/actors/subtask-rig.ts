/**
 * One subtask on a simulated kernel: channels fed and read by hand, jobmanager storage, and probes where the job and the
 * coordinator would be. `settle` lets everything happen that needs no time; `steps` is what the machine decided.
 */
import { Channel, OutputGate } from '../../src/actors/channel.ts'
import { SimulatedKernel, type SimulatedKernelOptions } from '../../src/actors/simulated-host.ts'
import { SubtaskActor } from '../../src/actors/subtask-actor.ts'
import type { SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import type { StepSeen } from '../../src/actors/tap.ts'
import type { CheckpointStorage, JobCheckpoints, StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { type RecordBatch, recordBatch, type SnapshotKind, type StreamElement } from '../../src/core/elements.ts'
import { roleAddress, subtaskAddress } from '../../src/core/ids.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { limits } from '../../src/core/limits.ts'
import type { SubtaskEvent } from '../../src/machines/subtask/protocol.ts'
import { ck, jobId, type Probe, spawnProbe } from './probe.ts'

export interface RigOptions extends Partial<SimulatedKernelOptions> {
  readonly restoreFrom?: StoredSnapshot
  readonly storage?: CheckpointStorage
  readonly channelCapacity?: number
}

export const barrier = (id: number, kind: SnapshotKind = 'checkpoint', timestamp = 0): StreamElement => ({
  type: 'barrier',
  checkpointId: ck(id),
  timestamp,
  kind,
})

export const trigger = (id: number, kind: SnapshotKind = 'checkpoint', timestamp = 0): SubtaskEvent => ({
  type: 'checkpoint.triggered',
  checkpointId: ck(id),
  timestamp,
  kind,
})

export const completed = (id: number): SubtaskEvent => ({ type: 'checkpoint.completed', checkpointId: ck(id) })
export const aborted = (id: number): SubtaskEvent => ({ type: 'checkpoint.aborted', checkpointId: ck(id) })

/** A batch whose records are their own keys. */
export const keyedBatch = (...keys: string[]): RecordBatch =>
  recordBatch(
    keys,
    undefined,
    keys,
    keys.map((key) => keyGroupOf(key, 128)),
  )

/** What went through a channel: values as they are, other elements by type, barriers and markers with their id. */
export const shown = (element: StreamElement): unknown => {
  if (element.type === 'batch') return element.values
  return 'checkpointId' in element ? `${element.type} ${element.checkpointId}` : element.type
}

export class SubtaskRig {
  readonly simulation: SimulatedKernel
  readonly checkpoints: JobCheckpoints
  readonly job: Probe
  readonly coordinator: Probe
  readonly actor: SubtaskActor
  readonly steps: StepSeen[] = []
  readonly logged: string[] = []
  readonly #channels: ReadonlyMap<string, Channel>
  readonly #descriptor: SubtaskDescriptor

  static async make(descriptor: SubtaskDescriptor, options: RigOptions = {}): Promise<SubtaskRig> {
    const storage = options.storage ?? jobmanagerCheckpointStorage()
    return new SubtaskRig(descriptor, options, await storage.open({ id: jobId, name: 'job' }))
  }

  private constructor(descriptor: SubtaskDescriptor, options: RigOptions, checkpoints: JobCheckpoints) {
    const log = (level: string, message: string) => void this.logged.push(`${level} ${message}`)
    this.simulation = new SimulatedKernel({ seed: 1, log, ...options })
    this.checkpoints = checkpoints
    this.#descriptor = descriptor
    const { kernel } = this.simulation
    this.job = spawnProbe(kernel, roleAddress(jobId, 'job'))
    this.coordinator = spawnProbe(kernel, roleAddress(jobId, 'coordinator'))
    const wake = () => kernel.send(this.address, { type: 'commit.done', checkpointId: ck(999) })
    const capacity = options.channelCapacity ?? limits.channelCapacity
    const gate = new OutputGate(wake)
    const upstream = new OutputGate(() => {})
    const channels = new Map<string, Channel>()
    for (const { channel } of descriptor.inputs) channels.set(channel, new Channel(channel, capacity, upstream, wake))
    for (const id of descriptor.outputs.flatMap((output) => output.channels)) {
      channels.set(id, new Channel(id, capacity, gate, () => {}))
    }
    this.#channels = channels
    this.actor = kernel.spawn(
      this.address,
      (self) =>
        new SubtaskActor(self, descriptor, {
          stateBackend: heapStateBackend,
          checkpoints,
          restoreFrom: options.restoreFrom,
          gate,
          channelOf: (id) => channels.get(id)!,
          tap: (step) => void this.steps.push(step),
        }),
    )
  }

  get address() {
    return subtaskAddress(jobId, this.#descriptor.id)
  }

  /** Sends events to the subtask and lets it come to rest. */
  async hear(...events: readonly SubtaskEvent[]): Promise<void> {
    for (const event of events) this.simulation.kernel.send(this.address, event)
    await this.simulation.settle()
  }

  async deploy(): Promise<void> {
    await this.hear({ type: 'subtask.deployed' })
  }

  /** Puts elements on an input channel and lets the subtask come to rest. */
  async push(channel: string, ...elements: readonly StreamElement[]): Promise<void> {
    for (const element of elements) this.channel(channel).push(element)
    await this.simulation.settle()
  }

  channel(id: string): Channel {
    return this.#channels.get(id)!
  }

  /** Takes everything off an output channel and lets the subtask go on, until nothing more comes. */
  async drain(id: string): Promise<unknown[]> {
    const seen: unknown[] = []
    const channel = this.channel(id)
    for (let element = channel.shift(); element !== undefined; element = channel.shift()) {
      seen.push(shown(element))
      await this.simulation.settle()
    }
    return seen
  }

  /** Statuses told to the job, with the code of a failure. */
  get statuses(): string[] {
    return this.job.received.map((message) => {
      const { status, failure } = message as unknown as { status: string; failure?: { code: string } }
      return failure === undefined ? status : `${status} ${failure.code}`
    })
  }

  /** Orders of the machine so far, by name. */
  get effects(): string[] {
    return this.steps.flatMap(({ effects }) => effects.map(({ type }) => type))
  }

  /** Events that the machine did not expect. */
  get unexpected(): string[] {
    return this.steps.flatMap(({ event, effects }) =>
      effects.some(({ type }) => type === 'report') ? [event.type] : [],
    )
  }
}
