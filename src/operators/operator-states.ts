/**
 * All state of one subtask of an operator that belongs to no key: made of what was declared and what was restored, and
 * given to snapshots.
 *
 * A restore gives it what is declared here, and nothing else: what is not was moved or dropped before.
 * Tests: test/operators/operator-states.test.ts.
 */
import { stateOwner } from '../backends/table-snapshot.ts'
import { StreamError } from '../core/errors.ts'
import { operatorLabel } from '../core/operator-label.ts'
import { DividedState, type OperatorItems, type OperatorStateMode } from '../core/operator-state.ts'
import type { OperatorContext } from './operator.ts'
import type { OperatorStateDeclarations, OperatorStateHandles } from './operator-state-declarations.ts'
import {
  BroadcastHandle,
  OperatorListHandle,
  type OperatorStateAccess,
  type StoredOperatorState,
} from './operator-state-handles.ts'

interface NamedState {
  readonly name: string
  readonly mode: OperatorStateMode
  readonly state: StoredOperatorState
}

export class OperatorStates {
  readonly handles: OperatorStateHandles<OperatorStateDeclarations>
  readonly #states: readonly NamedState[]

  /** `check` fails when no callback is running, `checkWrite` where broadcast state may not be changed. Fails with `RESTORE_STATE_INCOMPATIBLE`. */
  constructor(
    context: OperatorContext,
    declared: OperatorStateDeclarations,
    restored: DividedState | undefined,
    check: () => void,
    checkWrite = check,
  ) {
    const states = Object.entries(declared).map(([name, { mode }]) => {
      const owner = context.freezeState ? stateOwner(context, name) : undefined
      const items = itemsOf(context, name, mode, restored?.lists.get(name))
      return { name, mode, state: makeHandle(mode, { check, checkWrite, owner }, items) }
    })
    this.handles = Object.fromEntries(states.map(({ name, state }) => [name, state]))
    this.#states = states
  }

  /** Undefined when there is no state at all. */
  snapshot(): DividedState | undefined {
    if (this.#states.length === 0) return undefined
    return new DividedState(
      new Map(this.#states.map(({ name, mode, state }) => [name, { mode, items: state.capture() }])),
    )
  }
}

const makeHandle = (
  mode: OperatorStateMode,
  access: OperatorStateAccess,
  items: readonly unknown[],
): OperatorListHandle | BroadcastHandle =>
  mode === 'broadcast'
    ? new BroadcastHandle(access, items as readonly (readonly [unknown, unknown])[])
    : new OperatorListHandle(access, items)

function itemsOf(
  context: OperatorContext,
  name: string,
  mode: OperatorStateMode,
  stored: OperatorItems | undefined,
): readonly unknown[] {
  if (stored === undefined) return []
  if (stored.mode !== mode) throw incompatible(context, name, stored.mode, mode)
  const isEntry = (item: unknown) => Array.isArray(item) && item.length === 2
  if (mode === 'broadcast' && !stored.items.every(isEntry)) throw incompatible(context, name, 'a list', mode)
  return stored.items
}

const declarations: Readonly<Record<string, string>> = {
  split: 'operatorListState',
  union: 'unionListState',
  broadcast: 'broadcastState',
}

const incompatible = (context: OperatorContext, name: string, stored: string, mode: OperatorStateMode): StreamError =>
  new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `Operator state "${name}" of operator ${operatorLabel(context)} was stored as ${declarations[stored] ?? stored} and is declared as ${declarations[mode]}: expected the same kind. Declare it as it was, or give the new one another name.`,
    { details: { operator: context.operatorName, state: name, expected: stored, got: mode } },
  )
