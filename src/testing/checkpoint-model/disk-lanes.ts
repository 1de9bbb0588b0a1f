/** The ways to the disk. A write waits in the channel of its way; what it does there is the disk's matter. */
import type { ActorModel, Message } from '../explorer/system.ts'
import type { ToStorage } from './model-messages.ts'

/** Writes of different checkpoints do not wait for each other: each goes through one of these to the disk. */
export const lanes: readonly string[] = ['disk-0', 'disk-1']
export const laneOf = (checkpointId: number): string => lanes[checkpointId % lanes.length]!

export const laneModel: ActorModel<null, ToStorage> = {
  start: { state: null, outputs: [] },
  receive: (state, message) => ({
    state,
    outputs: [{ type: 'send', to: 'storage', message: message as Message, immediate: true }],
  }),
}
