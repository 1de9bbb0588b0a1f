/**
 * What a restore makes of the content of one key: converted to what the program declares, and held against its schema. A
 * failure names operator, state and key, and no restart can help: the same bytes would fail again.
 */
import { messageOf, StreamError } from '../core/errors.ts'
import type { Key } from '../core/key-groups.ts'
import { keyLabel } from '../core/key-label.ts'
import { type NamedOperator, operatorLabel } from '../core/operator-label.ts'
import type { StateKind, StoredState } from '../core/state-handles.ts'
import { refusalOf } from './schema-check.ts'
import type { StateDescriptor } from './state-backend.ts'
import { checkStamped, eachValue } from './state-contents.ts'
import { conversionOf } from './state-conversion.ts'

export interface RestoredState {
  /** Under the name that it has now. */
  readonly stored: StoredState
  readonly declared: StateDescriptor
  readonly operator: NamedOperator
  /** When the restore is, in milliseconds: values that get a time to live count from here. */
  readonly nowMs: number
}

/**
 * Undefined when contents stay what they are. Fails with `RESTORE_STATE_INCOMPATIBLE` at once when the state cannot be
 * converted; what is returned fails with it when `migrate` throws or the schema refuses.
 */
export function restoredContent(of: RestoredState): ((content: unknown, key: Key) => unknown) | undefined {
  const { stored, declared, nowMs } = of
  const conversion = conversionOf(stored, declared)
  if (conversion.type === 'refused') throw incompatible(of, `${conversion.why}. To restore it, ${conversion.remedy}.`)
  const convert = conversion.type === 'same' ? undefined : conversion.convert
  const { schema } = declared
  if (convert === undefined && schema === undefined) return undefined
  return (content, key) => {
    const converted = convert === undefined ? content : converting(of, key, () => convert(content, nowMs))
    if (schema !== undefined) {
      const owner = () => `state "${stored.name}" of operator ${operatorLabel(of.operator)} for key ${keyLabel(key)}`
      eachValue(declared.kind as StateKind, converted, (value) => {
        const refusal = refusalOf(schema, declared.ttl === undefined ? value : checkStamped(value)[1], owner)
        if (refusal !== undefined) throw incompatible(of, `its schema refuses what is stored: ${refusal}.`, key)
      })
    }
    return converted
  }
}

function converting(of: RestoredState, key: Key, convert: () => unknown): unknown {
  try {
    return convert()
  } catch (thrown) {
    if (thrown instanceof StreamError) throw thrown
    const { version = 0 } = of.stored
    throw incompatible(of, `migrate(old, ${version}) threw ${messageOf(thrown)}.`, key, thrown)
  }
}

function incompatible(of: RestoredState, what: string, key?: Key, cause?: unknown): StreamError {
  const { stored, operator } = of
  const where = key === undefined ? '' : ` for key ${keyLabel(key)}`
  return new StreamError(
    'RESTORE_STATE_INCOMPATIBLE',
    `State "${stored.name}" of operator ${operatorLabel(operator)} cannot be restored${where}: ${what}`,
    {
      cause,
      details: {
        operator: operator.operatorName,
        uid: operator.uid ?? null,
        state: stored.name,
        ...(key !== undefined && { key: keyLabel(key) }),
      },
    },
  )
}
