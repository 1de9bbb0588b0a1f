/**
 * A step that stays in its state, without xstate: what most events do, and what every barrier but the last one does.
 *
 * xstate makes sets, lists and two copies of the snapshot even for an edge without target. This file reads the same
 * edges from xstate's own nodes once, as lists of guards and actions, and takes one of them by calling these. It knows
 * named guards, assignments by function and effects; whatever else an edge holds (a target, a delay, a guard made of
 * others) is left to xstate, and so is a step after which an `always` would go on. A guard or an assignment that throws
 * does so here, too. Guards and assignments are pure, so asking a guard twice does no harm.
 *
 * INV-SS-1 the outcome is xstate's: `test/machines/staying-step.test.ts` compares them over every chart's walk.
 */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'

/** What an action or a guard is called with. Nothing here is spawned, so no more than that. */
interface Args {
  readonly context: unknown
  readonly event: AnyEventObject
}

type ParamsOf = (args: Args) => unknown

type Action =
  | { readonly kind: 'assign'; readonly change: (args: Args, params: unknown) => object; readonly params: ParamsOf }
  | { readonly kind: 'effect'; readonly type: string; readonly params: ParamsOf }

interface Edge {
  readonly passes: (args: Args) => boolean
  /** Undefined: left to xstate. */
  readonly actions: readonly Action[] | undefined
}

interface Transition {
  readonly guard?: unknown
  readonly target?: readonly unknown[]
  readonly reenter: boolean
  readonly actions: readonly unknown[]
}

interface Node {
  readonly type: string
  readonly parent: Node | undefined
  readonly machine: AnyStateMachine
  readonly transitions: ReadonlyMap<string, readonly Transition[]>
  readonly always?: readonly Transition[]
}

/** An atomic state with all it inherits. */
interface Leaf {
  readonly node: Node
  /** By event type, in the order in which xstate would ask. */
  readonly edges: Map<string, readonly Edge[]>
  readonly always: readonly Edge[]
}

export interface Stayed {
  readonly snapshot: AnyMachineSnapshot
  readonly effects: readonly { readonly type: string; readonly params?: unknown }[]
}

/** The step, if it is one that stays and holds nothing but what is known here; else undefined, and nothing has happened. */
export function stayingStep(before: AnyMachineSnapshot, event: AnyEventObject): Stayed | undefined {
  const leaf = leafOf(before)
  if (leaf === undefined) return undefined
  const args = { context: before.context, event }
  const edge = firstPassing(leaf.edges.get(event.type) ?? readEdges(leaf, event.type), args)
  if (edge?.actions === undefined) return undefined
  const effects: { type: string; params?: unknown }[] = []
  for (const action of edge.actions) {
    const params = action.params(args)
    if (action.kind === 'assign') args.context = { ...(args.context as object), ...action.change(args, params) }
    else effects.push(params === undefined ? { type: action.type } : { type: action.type, params })
  }
  if (firstPassing(leaf.always, args) !== undefined) return undefined
  const { context } = args
  const snapshot = context === before.context ? before : ({ ...before, context } as unknown as AnyMachineSnapshot)
  return { snapshot, effects }
}

function firstPassing(edges: readonly Edge[], args: Args): Edge | undefined {
  for (const edge of edges) if (edge.passes(args)) return edge
  return undefined
}

const leaves = new WeakMap<Node, Leaf>()

/** Undefined when several states are active side by side. */
function leafOf({ _nodes }: AnyMachineSnapshot): Leaf | undefined {
  let found: Node | undefined
  for (const node of _nodes as unknown as readonly Node[]) {
    if (node.type === 'parallel') return undefined
    if (node.type === 'atomic') found = node
  }
  return found === undefined ? undefined : (leaves.get(found) ?? readLeaf(found))
}

function readLeaf(node: Node): Leaf {
  const always = [...withAncestors(node)].flatMap((one) => (one.always ?? []).map((edge) => readEdge(one, edge)))
  const leaf = { node, edges: new Map(), always }
  leaves.set(node, leaf)
  return leaf
}

/** What xstate means by its own events is for it to say. */
function readEdges({ node, edges }: Leaf, type: string): readonly Edge[] {
  const read = type.startsWith('xstate.')
    ? [unknown]
    : [...withAncestors(node)].flatMap((one) => {
        if ([...one.transitions.keys()].some((descriptor) => descriptor.endsWith('.*'))) return [unknown]
        const candidates = [...(one.transitions.get(type) ?? []), ...(one.transitions.get('*') ?? [])]
        return candidates.map((edge) => readEdge(one, edge))
      })
  edges.set(type, read)
  return read
}

function* withAncestors(node: Node): Generator<Node> {
  for (let one: Node | undefined = node; one !== undefined; one = one.parent) yield one
}

const always = () => true
const nothing = () => undefined
/** Whatever it is, xstate takes it. */
const unknown: Edge = { passes: always, actions: undefined }

function readEdge({ machine }: Node, { guard, target, reenter, actions }: Transition): Edge {
  const passes = guard === undefined ? always : readGuard(machine, guard)
  if (passes === undefined) return unknown
  if (target !== undefined || reenter) return { passes, actions: undefined }
  const read = actions.map((action) => readAction(machine, action))
  return { passes, actions: read.every((action) => action !== undefined) ? read : undefined }
}

/** A guard or an action as the chart names it. */
interface Named {
  readonly type: string
  readonly params: ParamsOf
}

function readName(written: unknown): Named | undefined {
  if (typeof written === 'string') return { type: written, params: nothing }
  if (typeof written !== 'object' || written === null) return undefined
  const { type, params } = written as { readonly type: string; readonly params?: unknown }
  return { type, params: typeof params === 'function' ? (params as ParamsOf) : () => params }
}

function readGuard(machine: AnyStateMachine, written: unknown): Edge['passes'] | undefined {
  const name = readName(written)
  const guard: unknown = name && machine.implementations.guards[name.type]
  if (name === undefined || typeof guard !== 'function' || 'check' in guard) return undefined
  const { params } = name
  const question = guard as (args: Args, params: unknown) => boolean
  return params === nothing ? (question as Edge['passes']) : (args) => question(args, params(args))
}

function readAction(machine: AnyStateMachine, written: unknown): Action | undefined {
  const name = readName(written)
  if (name === undefined) return undefined
  const { type, params } = name
  const meant: unknown = machine.implementations.actions[type]
  if (typeof meant !== 'function' || !('resolve' in meant)) return { kind: 'effect', type, params }
  const { type: builtin, assignment } = meant as { readonly type?: unknown; readonly assignment?: unknown }
  if (builtin !== 'xstate.assign' || typeof assignment !== 'function') return undefined
  return { kind: 'assign', change: assignment as (args: Args, params: unknown) => object, params }
}
