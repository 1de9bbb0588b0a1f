import { sinkOperator, sourceOperator } from '../../src/operators/endpoint-operators.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor, input, output } from './descriptors.ts'
import { HandSource, journalSink } from './subtask-endpoints.ts'
import { type RigOptions, SubtaskRig } from './subtask-rig.ts'

export const twice = mapOperator((n: number) => n * 2)

/** A map with some inputs and one output. */
export const mapping = (channels: readonly string[], map: OperatorFactory = twice, options: RigOptions = {}) =>
  SubtaskRig.make(
    descriptor(chainOf(['map', map]), { inputs: channels.map((id) => input(id)), outputs: [output(['out'])] }),
    options,
  )

/** A key's timer emits it `delayMs` after its element. */
export const delaying = keyedProcessOperator({
  element(_value: string, ctx) {
    ctx.timers.registerProcessingTime(ctx.now() + 100)
  },
  timer(_timestamp, ctx) {
    ctx.emit(`${String(ctx.key)} late`)
  },
})

export const sinking = async (overrides: Parameters<typeof journalSink>[1] = {}, options: RigOptions = {}) => {
  const journal: string[] = []
  const sink = sinkOperator(journalSink(journal, overrides))
  const rig = await SubtaskRig.make(descriptor(chainOf(['out', sink]), { inputs: [input('a')] }), options)
  return { rig, journal }
}

export const sourcing = async (more: Parameters<typeof descriptor>[1] = {}, options: RigOptions = {}) => {
  const hand = new HandSource()
  const operators = chainOf(['numbers', sourceOperator(hand.source)])
  const rig = await SubtaskRig.make(descriptor(operators, { outputs: [output(['out'])], ...more }), options)
  return { rig, hand }
}

/** The coordinator's mail of one type. */
export const told = (rig: SubtaskRig, type: string) =>
  rig.coordinator.received.filter((message) => message.type === type)
