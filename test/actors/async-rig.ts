/** A subtask with calls under way outside that come back when they are told to. */
import type { SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import type { StreamElement } from '../../src/core/elements.ts'
import type { AsyncDefinition } from '../../src/operators/async/async-definition.ts'
import { asyncOperator } from '../../src/operators/async/async-operator.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { told } from './subtask-programs.ts'
import { SubtaskRig } from './subtask-rig.ts'

export const upper = (definition: Partial<AsyncDefinition<string, string, string>> = {}) =>
  asyncOperator<string, string, string>(
    { call: async (value) => value.toUpperCase(), capacity: 2, ...definition },
    true,
  )

/** Calls come back only while `service.answers` is true. */
export async function make(
  operators: readonly (readonly [string, OperatorFactory])[],
  more: Partial<SubtaskDescriptor> = {},
  channelCapacity = 8,
) {
  const service = { answers: false }
  const held = (label: string) => label.endsWith(' call') && !service.answers
  const outputs = [output(['out'], { type: 'forward' }, { operator: operators.length - 1 })]
  const rig = await SubtaskRig.make(descriptor(chainOf(...operators), { outputs, ...more }), { held, channelCapacity })
  await rig.deploy()
  const answer = async () => {
    service.answers = true
    await rig.simulation.settle()
  }
  return { rig, service, answer, out: () => rig.drain('out') }
}

export const fed = (factory: OperatorFactory = upper(), channels = ['a'], channelCapacity = 8) =>
  make([['look up', factory]], { inputs: channels.map((id) => input(id)) }, channelCapacity)

export const mark = (timestamp: number): StreamElement => ({ type: 'watermark', timestamp })
export const itemsInFlight = (rig: SubtaskRig, position = 0) =>
  told(rig, 'subtask.acknowledged').map((message) => {
    const { operators } = (message as unknown as { state: { operators: readonly unknown[] } }).state
    return JSON.stringify(operators[position])
  })
