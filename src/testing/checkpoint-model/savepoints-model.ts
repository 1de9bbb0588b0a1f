/** The savepoint store of the model: one chart per savepoint that is being made or disposed of, forgotten when it has answered. */

import { usualTarget } from '../../core/elements.ts'
import type { SavepointEffect, SavepointEvent } from '../../machines/savepoint-store/protocol.ts'
import type { SavepointContext } from '../../machines/savepoint-store/savepoint-context.ts'
import type { PlainState } from '../../machines/step.ts'
import type { ActorModel, Message, Output } from '../explorer/system.ts'
import { decidedFirst } from './decided-first.ts'
import type { ToSavepoints } from './model-messages.ts'
import type { CheckpointModelOptions } from './model-options.ts'
import type { ProtocolCharts } from './protocol-parts.ts'
import type { SteppedChart } from './stepped-chart.ts'

interface Entry {
  readonly chart: PlainState<SavepointContext>
  readonly checkpointId: number
}

export interface SavepointsState {
  readonly epoch: number
  readonly machines: Readonly<Record<string, Entry>>
}

export interface SavepointsSetting {
  readonly options: CheckpointModelOptions
  readonly chart: SteppedChart<ProtocolCharts['savepoint'], SavepointEffect>
}

const steps = {
  reserveName: 'reserve',
  pinCheckpoint: 'pin',
  publishPointer: 'publish',
  copyState: 'copy',
  publishManifest: 'seal',
  removePointer: 'remove',
  clearPlace: 'clear',
  unpinCheckpoint: 'unpin',
} as const

export const savepointName = (checkpoint: number): string => `savepoint-${checkpoint}`

export function savepointsModel(setting: SavepointsSetting): ActorModel<SavepointsState, ToSavepoints> {
  return {
    start: { state: { epoch: 0, machines: {} }, outputs: [] },
    receive(state, message) {
      const run = new SavepointsRun(setting, state)
      run.receive(message)
      return { state: run.state, outputs: decidedFirst(run.outputs) }
    },
  }
}

class SavepointsRun {
  readonly #setting: SavepointsSetting
  readonly outputs: Output[] = []
  state: SavepointsState

  constructor(setting: SavepointsSetting, state: SavepointsState) {
    this.#setting = setting
    this.state = state
  }

  receive(message: ToSavepoints): void {
    switch (message.type) {
      case 'savepoints.begin':
        this.state = { epoch: message.epoch, machines: {} }
        return
      case 'savepoint.create': {
        const { checkpointId } = message
        const key = `create ${checkpointId}`
        this.#make(key, checkpointId)
        const checkpointPath = `${checkpointId}`
        const target = this.#setting.options.copies
          ? { ...usualTarget, format: 'self-contained' as const }
          : usualTarget
        this.#feed(key, { type: 'savepoint.requested', requestId: key, checkpointPath, target })
        return
      }
      case 'savepoint.dispose': {
        const { savepoint, checkpointId } = message
        const key = `dispose ${savepoint}`
        this.#make(key, checkpointId)
        const checkpointPath = this.#setting.options.copies ? undefined : `${checkpointId}`
        this.#feed(key, { type: 'savepoint.found', path: savepoint, checkpointPath })
        this.#feed(key, { type: 'disposal.requested', requestId: key })
        return
      }
      case 'savepoint.stepped':
        if (this.state.machines[message.key] !== undefined) this.#feed(message.key, message.event)
    }
  }

  #make(key: string, checkpointId: number): void {
    const { state: chart } = this.#setting.chart.start(undefined as never)
    this.state = { ...this.state, machines: { ...this.state.machines, [key]: { chart, checkpointId } } }
  }

  #feed(key: string, event: SavepointEvent): void {
    const entry = this.state.machines[key]!
    const { state: chart, effects } = this.#setting.chart.step(entry.chart, event)
    this.state = { ...this.state, machines: { ...this.state.machines, [key]: { ...entry, chart } } }
    for (const effect of effects) this.#carryOut(key, entry.checkpointId, effect)
  }

  #carryOut(key: string, checkpointId: number, effect: SavepointEffect): void {
    if (effect.type === 'report') return
    if (effect.type === 'reply') {
      this.#answer(key, checkpointId, effect.params.outcome)
      return
    }
    const step = steps[effect.type]
    const message = {
      type: 'savepoint.step',
      key,
      step,
      checkpointId,
      savepoint: savepointName(checkpointId),
      epoch: this.state.epoch,
    }
    // A name that is reserved is seen by nobody, so when that happens makes no difference.
    const waits = step !== 'reserve' && this.#setting.options.slow.includes('steps')
    this.outputs.push({ type: 'send', to: 'storage', message, ...(!waits && { immediate: true as const }) })
  }

  #answer(
    key: string,
    checkpointId: number,
    outcome: Extract<SavepointEffect, { type: 'reply' }>['params']['outcome'],
  ) {
    const { [key]: _, ...machines } = this.state.machines
    this.state = { ...this.state, machines }
    const send = (to: string, message: object) =>
      this.outputs.push({ type: 'send', to, message: message as Message, immediate: true })
    if (key.startsWith('dispose')) {
      send('client', { type: 'disposal.answered', failed: outcome.type === 'failed' })
      return
    }
    if (outcome.type === 'failed') {
      const { code, message } = outcome
      send('coordinator', { type: 'savepoint.failed', checkpointId, code, message })
      return
    }
    send('coordinator', { type: 'savepoint.published', checkpointId, path: `${checkpointId}` })
  }
}
