/**
 * From a plan to running actors: channels, then one actor per subtask, then the word to begin.
 */
import { Channel, type ChannelFactory, OutputGate } from '../actors/channel.ts'
import type { Charts } from '../actors/charts.ts'
import type { Self } from '../actors/kernel.ts'
import { SubtaskActor } from '../actors/subtask-actor.ts'
import type { SubtaskDescriptor } from '../actors/subtask-descriptor.ts'
import type { Tap } from '../actors/tap.ts'
import type { JobCheckpoints, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import { type SubtaskId, subtaskAddress } from '../core/ids.ts'
import { limits } from '../core/limits.ts'

export interface DeployServices {
  readonly stateBackend: StateBackend
  readonly checkpoints: JobCheckpoints
  readonly restoreFrom: StoredSnapshot | undefined
  readonly tap: Tap
  readonly charts?: Charts | undefined
  /** Makes the channels of an attempt; the usual ones when absent. */
  readonly channels?: ((descriptors: readonly SubtaskDescriptor[]) => ChannelFactory) | undefined
}

/** Spawns all subtasks of an attempt, consumers wired before anybody produces; returns their actors by id. */
export function deploySubtasks(
  self: Self,
  descriptors: readonly SubtaskDescriptor[],
  services: DeployServices,
): ReadonlyMap<SubtaskId, SubtaskActor> {
  const selves = new Map<SubtaskId, Self>()
  const wake = (id: SubtaskId) => () => selves.get(id)?.wake()
  const gates = new Map(descriptors.map(({ id }) => [id, new OutputGate(wake(id))]))
  const channels = new Map<string, Channel>()
  const makeChannel = services.channels?.(descriptors) ?? newChannel
  for (const { id, inputs } of descriptors) {
    for (const { channel, from } of inputs) {
      channels.set(channel, makeChannel(channel, limits.channelCapacity, gates.get(from)!, wake(id)))
    }
  }
  const actors = new Map<SubtaskId, SubtaskActor>()
  for (const descriptor of descriptors) {
    const { jobId, id } = descriptor
    const actor = self.spawn(subtaskAddress(jobId, id), (own) => {
      selves.set(id, own)
      return new SubtaskActor(own, descriptor, {
        ...services,
        chart: services.charts?.subtask,
        gate: gates.get(id)!,
        channelOf: (channel) => channels.get(channel)!,
      })
    })
    actors.set(id, actor)
  }
  for (const { jobId, id } of descriptors) self.send(subtaskAddress(jobId, id), { type: 'subtask.deployed' })
  return actors
}

const newChannel: ChannelFactory = (id, capacity, gate, wakeConsumer) => new Channel(id, capacity, gate, wakeConsumer)
