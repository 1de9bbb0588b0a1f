/**
 * The timers of one chart: from xstate's own names (`xstate.after.<delay>.<state id>`) to ours and back.
 *
 * Computed once per machine. Our name of an `after` is its delay's name, so it survives the renaming of a state; of a
 * delayed raise, its id. Two states that can be active together may not share a name.
 */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { assert } from '../core/errors.ts'

export interface TimerTable {
  /** Our name for the id that xstate gave a delayed event, or undefined when the chart declares no such timer. */
  nameOf(xstateId: string): string | undefined
  /** The chart's own event for a fired timer, or undefined when the current state has not set that timer. */
  eventOf(fired: AnyEventObject, snapshot: AnyMachineSnapshot): AnyEventObject | undefined
}

interface Node {
  readonly id: string
  readonly parent: Node | undefined
  readonly type: string
  readonly states: Readonly<Record<string, Node>>
  readonly after: readonly { readonly eventType: string; readonly delay: number | string }[]
  readonly entry: readonly unknown[]
  readonly exit: readonly unknown[]
  readonly transitions: ReadonlyMap<string, readonly { readonly actions: readonly unknown[] }[]>
  readonly always?: readonly { readonly actions: readonly unknown[] }[]
}

interface DelayedRaise {
  readonly type: 'xstate.raise'
  readonly event: AnyEventObject | (() => AnyEventObject)
  readonly id: string | undefined
  readonly delay: unknown
}

const tables = new WeakMap<AnyStateMachine, TimerTable>()

export function timerTableOf(machine: AnyStateMachine): TimerTable {
  let table = tables.get(machine)
  if (table === undefined) {
    table = buildTable(machine)
    tables.set(machine, table)
  }
  return table
}

function buildTable(machine: AnyStateMachine): TimerTable {
  const nodes = [...nodesBelow(machine.root as unknown as Node)]
  const names = new Map<string, string>()
  /** By our name: the states that set it, with their event. */
  const afters = new Map<string, { readonly node: Node; readonly eventType: string }[]>()
  for (const node of nodes) {
    for (const { eventType, delay } of node.after) {
      const name = String(delay)
      if (names.get(eventType) === name) continue
      names.set(eventType, name)
      const others = afters.get(name) ?? []
      for (const other of others) {
        assert(!together(node, other.node), `timer "${name}" is set by ${node.id} and by ${other.node.id} at once`)
      }
      afters.set(name, [...others, { node, eventType }])
    }
  }
  const raised = new Map<string, AnyEventObject>()
  for (const raise of delayedRaises(machine, nodes)) {
    if (typeof raise.event === 'function') continue
    const name = raise.id ?? raise.event.type
    if (names.has(name)) continue
    assert(!afters.has(name), `timer "${name}" is both an after and a delayed raise`)
    raised.set(name, raise.event)
  }
  return {
    nameOf: (xstateId) => names.get(xstateId) ?? (raised.has(xstateId) ? xstateId : undefined),
    eventOf(fired, snapshot) {
      const name = fired.name as string
      const active = snapshot._nodes as unknown as readonly Node[]
      const after = afters.get(name)?.find(({ node }) => active.includes(node))
      if (after !== undefined) return { ...fired, type: after.eventType }
      const event = raised.get(name)
      return event === undefined ? undefined : { ...fired, ...event }
    },
  }
}

function* nodesBelow(node: Node): Generator<Node> {
  yield node
  for (const child of Object.values(node.states)) yield* nodesBelow(child)
}

/** Can both states be active at once: one inside the other, or in two regions of a parallel state? */
function together(a: Node, b: Node): boolean {
  const above = new Set(ancestors(a))
  if (a === b || above.has(b)) return true
  for (const node of ancestors(b)) {
    if (node === a) return true
    if (above.has(node)) return node.type === 'parallel'
  }
  return false
}

function* ancestors(node: Node): Generator<Node> {
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) yield parent
}

function* delayedRaises(machine: AnyStateMachine, nodes: readonly Node[]): Generator<DelayedRaise> {
  const actions: unknown[] = Object.values(machine.implementations.actions)
  for (const node of nodes) {
    actions.push(...node.entry, ...node.exit)
    for (const transition of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
      actions.push(...transition.actions)
    }
  }
  for (const action of actions) {
    const candidate = action as Partial<DelayedRaise> | undefined
    if (candidate?.type === 'xstate.raise' && candidate.delay !== undefined) yield candidate as DelayedRaise
  }
}
