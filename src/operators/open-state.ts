/** From what an operator declares to the handles of its state: those of the backend, and around them what an option asks for. */
import { refusalOf } from '../backends/schema-check.ts'
import type { KeyedStateBackend, StateDescriptor, StateHandleOf } from '../backends/state-backend.ts'
import { StreamError } from '../core/errors.ts'
import { keyLabel } from '../core/key-label.ts'
import { operatorLabel } from '../core/operator-label.ts'
import type { OperatorContext } from './operator.ts'
import { checkedDescriptor, checkedHandle, type ValueCheck } from './schema-handles.ts'

/** Whose state it is. */
export type StateOwner = Pick<OperatorContext, 'operatorName' | 'uid'>

/** The handle of one declared state. Storing through it fails with `STATE_VALUE_REFUSED` when there is a schema that says no. */
export function openState(
  backend: KeyedStateBackend,
  name: string,
  descriptor: StateDescriptor,
  owner: StateOwner,
): StateHandleOf {
  const { schema } = descriptor
  if (schema === undefined) return backend.state(name, descriptor)
  const label = `state "${name}" of operator ${operatorLabel(owner)}`
  const check: ValueCheck = (value) => {
    const refusal = refusalOf(schema, value, label)
    if (refusal === undefined) return value
    throw refused(label, refusal, backend, owner, name)
  }
  return checkedHandle(descriptor, backend.state(name, checkedDescriptor(descriptor, check)), check)
}

function refused(
  label: string,
  refusal: string,
  { currentKey }: KeyedStateBackend,
  { operatorName, uid }: StateOwner,
  state: string,
): StreamError {
  const key = keyLabel(currentKey)
  return new StreamError(
    'STATE_VALUE_REFUSED',
    `A value for key ${key} was not stored in ${label}, because its schema refuses it: ${refusal}.`,
    { restartable: true, details: { operator: operatorName, uid: uid ?? null, state, key } },
  )
}
