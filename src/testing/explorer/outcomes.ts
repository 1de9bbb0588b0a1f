/**
 * Every outcome of every choice in one state, with its name: for paths, which are made again from the states along them,
 * and for replays. Slow beside the search, which names nothing.
 */
import type { Choices } from './choices.ts'
import type { Found } from './found.ts'
import type { Footprint, StepRunner } from './step-runner.ts'
import type { Choice } from './system.ts'

export interface Outcome {
  readonly choice: Choice
  readonly kind: Choices['kind']
  /** The channel, actor or fault, and the input or -1. */
  readonly index: number
  readonly input: number
  readonly trail: readonly Footprint[]
  readonly row: Int32Array
  /** What this step broke; the row and the trail end there. */
  readonly found: Found | undefined
}

/** The outcomes in the state that the runner's row holds; `starts`: those of carrying out all starts. */
export function outcomesOf(runner: StepRunner, choices: Choices, starts = false): Outcome[] {
  const outcomes: Outcome[] = []
  const counts = new Map<string, number>()
  const { done } = runner
  const trail: Footprint[] = []
  const note = (found?: Found) => {
    const name = nameOf(runner, choices, trail)
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const { index, input, kind } = choices
    const choice = count === 1 ? name : `${name} #${count}`
    outcomes.push({ choice, kind, index, input, trail: [...trail], row: runner.row.slice(), found })
  }
  runner.trail = trail
  runner.done = () => note()
  runner.failed = note
  try {
    if (starts) choices.tryStart()
    else choices.tryAll()
  } finally {
    runner.trail = undefined
    runner.failed = undefined
    runner.done = done
    runner.undo(0)
  }
  return outcomes
}

/** The name of what is being tried, with the labels of the turns taken. */
function nameOf({ tables }: StepRunner, { kind, index, input }: Choices, trail: readonly Footprint[]): Choice {
  const labels = trail.flatMap((one, i) => {
    if (one.type !== 'turn' || one.turn.turn.label === undefined) return []
    const direct = i === 0 && kind !== 'fault' && kind !== 'start'
    return direct ? ` [${one.turn.turn.label}]` : ` [${tables.actors[one.turn.actor]!.name}: ${one.turn.turn.label}]`
  })
  return `${plainName(tables, kind, index, input)}${labels.join('')}`
}

function plainName(tables: StepRunner['tables'], kind: Choices['kind'], index: number, input: number): string {
  switch (kind) {
    case 'start':
      return 'start'
    case 'fault':
      return `fault ${tables.faults[index]!.fault.name}`
    case 'timer': {
      const { inputs, name } = tables.actors[index]!
      return `timer ${name} ${(inputs[input]!.message as unknown as { readonly name: string }).name}`
    }
    default: {
      const { name, to } = tables.channels[index]!
      const { type } = tables.actors[to]!.inputs[input]!.message
      return `${kind === 'deliver' ? '' : `${kind} `}${name}: ${type}`
    }
  }
}
