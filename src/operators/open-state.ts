/** From what an operator declares to the handles of its state: those of the backend, and around them what the options ask for. */
import { refusalOf } from '../backends/schema-check.ts'
import type { KeyedStateBackend, StateDescriptor, StateHandleOf, TtlOptions } from '../backends/state-backend.ts'
import { freezeShared } from '../backends/stored-value.ts'
import { stateOwner } from '../backends/table-snapshot.ts'
import { StreamError } from '../core/errors.ts'
import { keyLabel } from '../core/key-label.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { OperatorContext } from './operator.ts'
import { checkedDescriptor, checkedHandle, type ValueCheck } from './schema-handles.ts'
import { StateCleanup } from './state-cleanup.ts'
import { stampedDescriptor, ttlHandle } from './ttl-handles.ts'
import { TtlRule } from './ttl-rule.ts'

/** Whose state it is, what time it is there, and how it is woken. */
export type StateOwner = Pick<OperatorContext, 'operatorName' | 'uid' | 'now' | 'requestProcessingTime'>

export interface OpenStates {
  readonly handles: Readonly<Record<string, StateHandleOf>>
  /** Of states with a time to live; undefined when there is none. */
  readonly cleanup: StateCleanup | undefined
}

/** Storing through a handle fails with `STATE_VALUE_REFUSED` when its state has a schema that says no. */
export function openStates(
  backend: KeyedStateBackend,
  descriptors: Readonly<Record<string, StateDescriptor>>,
  owner: StateOwner,
): OpenStates {
  const handles: Record<string, StateHandleOf> = {}
  const cleanup = new StateCleanup(backend)
  for (const [name, descriptor] of Object.entries(descriptors)) {
    handles[name] = openState({ backend, owner, cleanup, name }, descriptor)
  }
  const expires = Object.values(descriptors).some(({ ttl }) => ttl !== undefined)
  return { handles, cleanup: expires ? cleanup : undefined }
}

interface Opening {
  readonly backend: KeyedStateBackend
  readonly owner: StateOwner
  readonly cleanup: StateCleanup
  readonly name: string
}

function openState(opening: Opening, descriptor: StateDescriptor): StateHandleOf {
  const { schema } = descriptor
  if (schema === undefined) return openPlain(opening, descriptor)
  const { name, owner, backend } = opening
  const label = `state "${name}" of operator ${operatorLabel(owner)}`
  const labelWithKey = () => `${label} for key ${keyLabel(backend.currentKey)}`
  const check: ValueCheck = (value) => {
    const refusal = refusalOf(schema, value, labelWithKey)
    if (refusal === undefined) return value
    throw refused(opening, label, refusal)
  }
  return checkedHandle(descriptor, openPlain(opening, checkedDescriptor(descriptor, check)), check)
}

/** Without regard to a schema. */
function openPlain(opening: Opening, descriptor: StateDescriptor): StateHandleOf {
  const { backend, name } = opening
  const { ttl } = descriptor
  return ttl === undefined ? backend.state(name, descriptor) : openExpiring(opening, descriptor, ttl)
}

function openExpiring(
  { backend, owner, cleanup, name }: Opening,
  descriptor: StateDescriptor,
  ttl: TtlOptions,
): StateHandleOf {
  const wake = (atMs: number) => owner.requestProcessingTime(atMs)
  const rule = new TtlRule(name, ttl, { backend, now: () => owner.now(), wake })
  const inner = backend.state(name, stampedDescriptor(descriptor))
  const handle = ttlHandle(descriptor, inner, rule, initialOf(descriptor, stateOwner(owner, name)))
  cleanup.add(handle, rule.index)
  return handle
}

/** As a backend does with the initial value of other state: shared by all keys where nobody can change it. */
function initialOf(descriptor: StateDescriptor, label: string): () => unknown {
  if (descriptor.kind !== 'value') return () => undefined
  const { initial } = descriptor
  return freezeShared(initial, label) ? () => initial : () => structuredClone(initial)
}

function refused({ backend, owner, name }: Opening, label: string, refusal: string): StreamError {
  const key = keyLabel(backend.currentKey)
  const { operatorName, uid } = owner
  return new StreamError(
    'STATE_VALUE_REFUSED',
    `A value for key ${key} was not stored in ${label}, because its schema refuses it: ${refusal}.`,
    { restartable: true, details: { operator: operatorName, uid: uid ?? null, state: name, key } },
  )
}
