/**
 * A chart as a list of states and edges: what the tables and diagrams in `docs/protocols` are generated from, and what
 * a table test is held against. Reads xstate's own nodes; draws no conclusion from them.
 */
import type { AnyStateMachine } from 'xstate'

export interface ChartState {
  /** Dotted, from the root; the root itself is the empty string. */
  readonly path: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly initial: string | undefined
  readonly entry: readonly ChartAction[]
  readonly exit: readonly ChartAction[]
}

export interface ChartAction {
  readonly name: string
  /** An effect leaves the machine; `context` only changes what it knows; `timer` sets or clears one. */
  readonly kind: 'effect' | 'context' | 'timer'
}

export interface ChartEdge {
  /** `<state> × <event>`, with `#2` and so on for the second and further candidates. */
  readonly id: string
  readonly state: string
  /** The event's type, `timer <name>` for a delay, or `always`. */
  readonly event: string
  readonly guard: string | undefined
  /** Undefined when the state stays. */
  readonly target: string | undefined
  readonly actions: readonly ChartAction[]
}

export interface Chart {
  readonly id: string
  readonly states: readonly ChartState[]
  readonly edges: readonly ChartEdge[]
}

interface Transition {
  readonly eventType: string
  readonly guard?: string | { readonly type: string } | ((...args: never) => unknown)
  readonly target?: readonly Node[]
  readonly actions: readonly unknown[]
  readonly delay?: number | string
}

interface Node {
  readonly path: readonly string[]
  readonly type: ChartState['type']
  readonly states: Readonly<Record<string, Node>>
  readonly initial: { readonly target: readonly Node[] } | undefined
  readonly entry: readonly unknown[]
  readonly exit: readonly unknown[]
  readonly transitions: ReadonlyMap<string, readonly Transition[]>
  readonly always?: readonly Transition[]
}

interface Described {
  readonly chart: Chart
  readonly ids: ReadonlyMap<unknown, string>
}

const described = new WeakMap<AnyStateMachine, Described>()

export const describeChart = (machine: AnyStateMachine): Chart => describe(machine).chart

/** The edge that a transition object of xstate is, or undefined for the entry into the initial state. */
export const edgeIdOf = (machine: AnyStateMachine, transition: unknown): string | undefined =>
  describe(machine).ids.get(transition)

function describe(machine: AnyStateMachine): Described {
  const known = described.get(machine)
  if (known !== undefined) return known
  const states: ChartState[] = []
  const edges: ChartEdge[] = []
  const ids = new Map<unknown, string>()
  const actionsOf = (actions: readonly unknown[]) => actions.map((action) => describeAction(machine, action))
  for (const node of nodesBelow(machine.root as unknown as Node)) {
    const path = node.path.join('.')
    states.push({
      path,
      type: node.type,
      initial: node.type === 'compound' ? node.initial?.target[0]?.path.join('.') : undefined,
      entry: actionsOf(node.entry),
      exit: actionsOf(node.exit),
    })
    for (const transitions of [...node.transitions.values(), node.always ?? []]) {
      transitions.forEach((transition, index) => {
        const event = transition === node.always?.[index] ? 'always' : eventName(transition)
        const id = `${path || 'any'} × ${event}${index === 0 ? '' : ` #${index + 1}`}`
        ids.set(transition, id)
        edges.push({
          id,
          state: path,
          event,
          guard: guardName(transition.guard),
          target: transition.target?.[0]?.path.join('.'),
          actions: actionsOf(transition.actions),
        })
      })
    }
  }
  const result = { chart: { id: machine.id, states, edges }, ids }
  described.set(machine, result)
  return result
}

function* nodesBelow(node: Node): Generator<Node> {
  yield node
  for (const child of Object.values(node.states)) yield* nodesBelow(child)
}

const eventName = ({ eventType, delay }: Transition): string =>
  delay === undefined ? eventType : `timer ${String(delay)}`

function guardName(guard: Transition['guard']): string | undefined {
  if (guard === undefined || typeof guard === 'string') return guard
  return typeof guard === 'function' ? guard.name || 'a condition written inline' : guard.type
}

interface Builtin {
  readonly type?: string
  readonly id?: string
  readonly sendId?: string
  readonly event?: { readonly type: string }
}

function describeAction(machine: AnyStateMachine, action: unknown): ChartAction {
  const name = typeof action === 'string' ? action : ((action as Builtin).type ?? 'an action written inline')
  const builtin = (typeof action === 'function' ? action : machine.implementations.actions[name]) as Builtin | undefined
  if (builtin?.type === 'xstate.assign') return { name, kind: 'context' }
  if (builtin?.type !== 'xstate.raise' && builtin?.type !== 'xstate.cancel') return { name, kind: 'effect' }
  const timer = (builtin.id ?? builtin.sendId ?? builtin.event?.type ?? name).replace(
    /^xstate\.after\.([^.]*)\..*$/,
    '$1',
  )
  return { name: `${builtin.type === 'xstate.raise' ? 'set' : 'clear'} timer ${timer}`, kind: 'timer' }
}
