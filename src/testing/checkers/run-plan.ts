/** Who is connected to whom, by the name of the channel, as the first fact of a run says it, or a later one. */
import type { FactOf } from './define-checker.ts'
import type { ByName } from './memory.ts'

export interface RunPlan {
  readonly from: ByName<string>
  readonly to: ByName<string>
}

export const noPlan: RunPlan = { from: {}, to: {} }

export function runPlan({ channels }: Pick<FactOf<'run.began'>, 'channels'>): RunPlan {
  const ordered = channels.toSorted((a, b) => (a.channel < b.channel ? -1 : 1))
  return {
    from: Object.fromEntries(ordered.map(({ channel, from }) => [channel, from])),
    to: Object.fromEntries(ordered.map(({ channel, to }) => [channel, to])),
  }
}

export const outputsOf = ({ from }: RunPlan, subtask: string): readonly string[] =>
  Object.keys(from).filter((channel) => from[channel] === subtask)

export const inputsOf = ({ to }: RunPlan, subtask: string): readonly string[] =>
  Object.keys(to).filter((channel) => to[channel] === subtask)
