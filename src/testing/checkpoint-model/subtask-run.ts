/**
 * One step of a subtask of the model: drives its chart and gathers what goes out. The chart's effects are carried out by
 * `subtask-effects.ts`, as the subtask's actor carries them out.
 */
import type { SubtaskEffect, SubtaskEvent } from '../../machines/subtask/protocol.ts'
import type { Fact } from '../checkers/facts.ts'
import type { Message, Output } from '../explorer/system.ts'
import type { ModelElement, StreamRecord } from './model-messages.ts'
import { type CheckpointModelOptions, isSlow, overtakes, type SlowKind } from './model-options.ts'
import type { KernelRules, ProtocolCharts } from './protocol-parts.ts'
import type { SteppedChart } from './stepped-chart.ts'
import { carryOut } from './subtask-effects.ts'
import type { SubtaskState } from './subtask-state.ts'
import { channelOf } from './topology.ts'

export interface SubtaskSetting {
  readonly name: string
  readonly inputs: readonly string[]
  readonly output: string | undefined
  readonly options: CheckpointModelOptions
  readonly rules: KernelRules
  readonly chart: SteppedChart<ProtocolCharts['subtask'], SubtaskEffect>
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export class SubtaskRun {
  readonly setting: SubtaskSetting
  readonly state: Mutable<SubtaskState>
  readonly outputs: Output[] = []
  readonly failsSnapshot: boolean
  /** Was a snapshot taken, which could have failed? */
  tookSnapshot = false
  /** The barrier that is being taken, as it was queued: its input, and what it overtook there. */
  barrier: { readonly channel: number; readonly overtook: readonly StreamRecord[] } | undefined
  readonly #events: SubtaskEvent[] = []
  #running = false

  constructor(setting: SubtaskSetting, state: SubtaskState, failsSnapshot: boolean) {
    this.setting = setting
    this.state = { ...state }
    this.failsSnapshot = failsSnapshot
  }

  /** Steps one event, and then those that its effects cause. */
  feed(event: SubtaskEvent): void {
    this.#events.push(event)
    if (this.#running) return
    this.#running = true
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const { state, effects } = this.setting.chart.step(this.state.chart!, next)
      this.state.chart = state
      for (const effect of effects) carryOut(this, effect)
    }
    this.#running = false
  }

  tell(fact: Fact): void {
    this.outputs.push({ type: 'fact', fact })
  }

  send(to: string, message: Message, slow: SlowKind): void {
    const waits = isSlow(this.setting.options, slow, this.setting.name)
    this.outputs.push({ type: 'send', to, message, ...(!waits && { immediate: true as const }) })
  }

  /**
   * Into the output channel, if there is one. Where barriers may overtake, the channel is a queue of its receiver; to put
   * something into it commutes with everything but what takes from it, and that is a timer.
   */
  emit(element: ModelElement): void {
    const { output, options } = this.setting
    if (output === undefined) return
    if (!overtakes(options)) {
      this.outputs.push({ type: 'send', to: output, message: element })
      return
    }
    const message = { type: 'element', attempt: element.attempt, element }
    this.outputs.push({ type: 'send', to: output, message, immediate: true })
  }

  timer(name: string, set: boolean): void {
    this.outputs.push({ type: set ? 'timer.set' : 'timer.clear', name })
  }

  commit(parts: SubtaskState['sealed']): void {
    const message = { type: 'commit', subtask: this.setting.name, parts }
    this.outputs.push({ type: 'send', to: 'world', message, immediate: true })
  }

  get subtask() {
    return { subtask: this.setting.name, attempt: this.state.attempt }
  }

  inputChannel(index: number) {
    return { channel: channelOf(this.setting.inputs[index]!, this.setting.name), attempt: this.state.attempt }
  }

  get outputChannel() {
    const { output, name } = this.setting
    return output === undefined ? undefined : { channel: channelOf(name, output), attempt: this.state.attempt }
  }
}
