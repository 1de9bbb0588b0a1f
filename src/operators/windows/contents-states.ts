/**
 * The keyed states in which windows keep what they contain: their names, and how an accumulator of an earlier version becomes one of
 * this version.
 *
 * A name says what is kept, how it is laid out, and whether windows have keys. So a program that computes something else
 * under the same uid is refused what is stored when it is submitted, as any state that has no place, rather than take it for its
 * own. Pure. Tests: test/operators/windows/contents-states.test.ts.
 */
import type { StateDescriptor } from '../../backends/state-backend.ts'
import type { StateOptions } from '../state-options.ts'
import type { WindowDefinition } from './definition.ts'
import { checked } from './window-contents.ts'

/** A state of the operator's own. */
export interface NamedState {
  readonly name: string
  readonly descriptor: StateDescriptor
}

const kinds = {
  accumulators: 'accumulators of an aggregate',
  records: 'reduced records',
  elements: 'all elements',
  'timed-elements': 'all elements with their times, for an evictor',
  'joined-elements': 'all elements of two streams',
  'timed-joined-elements': 'all elements of two streams with their times, for an evictor',
} as const

const layouts = {
  window: 'windows',
  session: 'merged windows',
  pane: 'panes of sliding windows',
  'pane-front': 'sums of the oldest panes of sliding windows',
  'pane-back': 'earlier panes of sliding windows',
  'pane-sum': 'sums of panes of sliding windows',
} as const

type Kind = keyof typeof kinds
export type Layout = keyof typeof layouts

function kindOf({ computation, evictor, inputs }: WindowDefinition): Kind {
  if (computation.type === 'aggregate' && evictor === undefined) return 'accumulators'
  if (computation.type === 'reduce' && evictor === undefined) return 'records'
  const elements = inputs === 1 ? 'elements' : 'joined-elements'
  return evictor === undefined ? elements : `timed-${elements}`
}

/** `shape`: which panes they are. */
export function contentsName(layout: Layout, definition: WindowDefinition, shape?: string): string {
  const name = `${definition.nonParallel ? 'all-' : ''}${layout}-${kindOf(definition)}`
  return shape === undefined ? name : `${name} ${shape}`
}

const names = new RegExp(`^(all-)?(${Object.keys(layouts).join('|')})-(${Object.keys(kinds).join('|')})(?: (.*))?$`)

/** What a state of this name holds, in words; undefined when no windows keep their contents under it. */
export function describeContents(name: string): string | undefined {
  const match = names.exec(name)
  if (match === null) return undefined
  const [, all, layout, kind, shape] = match
  const where = `${layouts[layout as Layout]}${shape === undefined ? '' : ` ${shape}`}`
  return `${kinds[kind as Kind]}, in ${where} ${all === undefined ? 'by key' : 'of all records'}`
}

type Change = (contents: unknown) => unknown

/** `changeAll` applies a change to all accumulators in a value of the state; left out where the value is one. */
export function evolutionOf(
  { computation, evictor }: WindowDefinition,
  changeAll: (value: unknown, change: Change) => unknown = (value, change) => change(value),
): StateOptions<unknown> {
  if (computation.type !== 'aggregate' || evictor !== undefined) return {}
  const { aggregate } = computation
  return {
    ...(aggregate.version !== undefined && { version: aggregate.version }),
    ...(aggregate.migrate !== undefined && {
      migrate: (old, version) =>
        changeAll(old, (one) => checked(aggregate.migrate!(one, version), 'The migrate function of the aggregate')),
    }),
  }
}
