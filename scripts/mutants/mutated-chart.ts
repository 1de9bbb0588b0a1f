/**
 * Copies of a chart with one deliberate bug: an action that is forgotten, a guard that is wrong, an edge that leads
 * elsewhere. The chart itself stays as it is. What cannot be found to be broken fails at once, so that a mutant never
 * turns into a true copy because a name in the chart has changed.
 */
import { type AnyStateMachine, StateMachine } from 'xstate'

/** A state of a chart as it is written: only what a bug may change. */
export interface ChartNode {
  entry?: unknown
  on?: Record<string, unknown>
  after?: Record<string, unknown>
  always?: unknown
  states?: Record<string, ChartNode>
}

/** A candidate of an edge as it is written. */
export interface ChartCandidate {
  guard?: unknown
  target?: string
  actions?: unknown
}

type Implementations = Readonly<Record<'actions' | 'guards' | 'delays', Readonly<Record<string, unknown>>>>

/** The chart with its text changed by `edit`, which works on a copy. */
export function editChart<M extends AnyStateMachine>(machine: M, edit: (root: ChartNode) => void): M {
  const config = copied(machine.config) as ChartNode
  edit(config)
  return rebuilt(machine, config, machine.implementations as unknown as Implementations)
}

/** The chart that never does `action`, or not in the state at this dotted path and below. */
export function withoutAction<M extends AnyStateMachine>(machine: M, action: string, path = ''): M {
  return editChart(machine, (root) => {
    let dropped = 0
    const node = nodeAt(root, path)
    for (const holder of holdersBelow(node)) {
      for (const key of ['entry', 'actions'] as const) {
        const list = holder as { entry?: unknown; actions?: unknown }
        const before = asList(list[key])
        const after = before.filter((one) => nameOf(one) !== action)
        if (after.length === before.length) continue
        dropped += before.length - after.length
        list[key] = after
      }
    }
    if (dropped === 0) throw new Error(`The chart ${machine.id} has no action "${action}" in "${path}" to leave out.`)
  })
}

/** The chart whose guard `guard` answers what `answer` says instead. */
export function withGuard<M extends AnyStateMachine>(
  machine: M,
  guard: string,
  answer: (args: never, params: never) => boolean,
): M {
  return withImplementation(machine, 'guards', guard, answer)
}

/** The chart whose assignment `action` is another one (made by xstate's `assign`). */
export function withAction<M extends AnyStateMachine>(machine: M, action: string, assignment: unknown): M {
  return withImplementation(machine, 'actions', action, assignment)
}

/** The candidates of one edge, to be changed in place: `candidatesOf(root, 'alive.running', 'input.ended')`. */
export function candidatesOf(root: ChartNode, path: string, event: string): ChartCandidate[] {
  const node = nodeAt(root, path)
  const table = node.on?.[event] === undefined ? node.after : node.on
  const written = table?.[event]
  if (table === undefined || written === undefined) {
    throw new Error(`The chart has no edge "${path} × ${event}" to change.`)
  }
  const list = asList(written).map((one) => (typeof one === 'string' ? { target: one } : one) as ChartCandidate)
  table[event] = list
  return list
}

/** One candidate of an edge with one more action, before those that it has. */
export function addAction(root: ChartNode, path: string, event: string, index: number, action: unknown): void {
  const candidate = candidatesOf(root, path, event)[index]
  if (candidate === undefined) throw new Error(`The edge "${path} × ${event}" has no candidate ${index}.`)
  candidate.actions = [action, ...asList(candidate.actions)]
}

export function nodeAt(root: ChartNode, path: string): ChartNode {
  let node = root
  for (const key of path === '' ? [] : path.split('.')) {
    const below = node.states?.[key]
    if (below === undefined) throw new Error(`The chart has no state "${path}".`)
    node = below
  }
  return node
}

function withImplementation<M extends AnyStateMachine>(
  machine: M,
  kind: keyof Implementations,
  name: string,
  implementation: unknown,
): M {
  const known = machine.implementations as unknown as Implementations
  if (known[kind][name] === undefined) throw new Error(`The chart ${machine.id} has no "${name}" among its ${kind}.`)
  return rebuilt(machine, machine.config, { ...known, [kind]: { ...known[kind], [name]: implementation } })
}

function rebuilt<M extends AnyStateMachine>(machine: M, config: unknown, implementations: Implementations): M {
  const Machine = StateMachine as unknown as new (config: unknown, implementations: unknown) => M
  return new Machine(copied(config ?? machine.config), implementations)
}

/** Every object that may hold actions, of a state and all below it. */
function* holdersBelow(node: ChartNode): Generator<object> {
  yield node
  for (const table of [node.on ?? {}, node.after ?? {}, { always: node.always }]) {
    for (const [key, written] of Object.entries(table)) {
      for (const candidate of asList(written)) {
        if (typeof candidate === 'object' && candidate !== null && key !== '') yield candidate
      }
    }
  }
  for (const below of Object.values(node.states ?? {})) yield* holdersBelow(below)
}

const asList = (written: unknown): unknown[] =>
  written === undefined ? [] : Array.isArray(written) ? (written as unknown[]) : [written]

const nameOf = (action: unknown): unknown =>
  typeof action === 'object' && action !== null && 'type' in action ? action.type : action

/** Objects and lists anew; functions and texts are shared. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copied(one)]))
}
