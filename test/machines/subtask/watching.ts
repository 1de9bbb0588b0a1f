/** How the invariants of the subtask watch it: what an event or effect is about, and small sets of inputs. */
import type { SubtaskEffect, SubtaskEvent } from '../../../src/machines/subtask/protocol.ts'
import { type AnyMonitor, monitor, type Wrong } from '../monitored-walk.ts'

export type SubtaskMonitor = AnyMonitor<SubtaskEvent, SubtaskEffect>

export const watch = <Memory>(
  name: string,
  start: Memory,
  step: (memory: Memory, event: SubtaskEvent, effects: readonly SubtaskEffect[]) => Memory | Wrong,
): SubtaskMonitor => monitor<Memory, SubtaskEvent, SubtaskEffect>(name, start, step)

export const about = (one: SubtaskEvent | SubtaskEffect, n: number): boolean => {
  const carrier = 'params' in one ? one.params : one
  return 'checkpointId' in carrier && carrier.checkpointId === n
}

export const issues = (effects: readonly SubtaskEffect[], type: SubtaskEffect['type']): boolean =>
  effects.some((effect) => effect.type === type)

export const union = (set: readonly number[], one: number): number[] => [...new Set([...set, one])].sort()
