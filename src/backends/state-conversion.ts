/**
 * From what is stored of a state to what the program declares: whether it can be converted, how, and if not, what to type.
 *
 * Pure, so that the check before a restore, the plan that is printed and the reader that converts cannot disagree. Keys are
 * never converted: they decide which subtask has the state. Tests: test/backends/state-conversion.test.ts.
 */
import type { StateKind, StoredState } from '../core/state-handles.ts'
import { type KindChange, kindChange } from './kind-changes.ts'
import type { StateDescriptor } from './state-backend.ts'
import { checkStamped, mapContent } from './state-contents.ts'

export type StateConversion =
  | { readonly type: 'same' }
  | {
      readonly type: 'converted'
      /** What changes, in words. */
      readonly why: string
      /** The content of one key, from stored to declared. Throws what `migrate` throws, or `STATE_FILE_DAMAGED`. */
      readonly convert: (content: unknown, nowMs: number) => unknown
    }
  | { readonly type: 'refused'; readonly why: string; readonly remedy: string }

/** Can a state with what is `stored` become the one that is `declared`? */
export function conversionOf(stored: StoredState, declared: StateDescriptor): StateConversion {
  const { kind } = stored
  if (kind === 'timers') {
    return refused(`timers are stored under this name, and it is declared as ${declared.kind}`, 'give it another name')
  }
  const from = stored.version ?? 0
  const to = declared.version ?? 0
  const refusal = refuseVersion(from, to, declared) ?? refuseKind(kind, from, declared)
  if (refusal !== undefined) return refusal
  const why = whyConverted(stored, declared)
  if (why.length === 0) return { type: 'same' }
  return {
    type: 'converted',
    why: why.join('; '),
    convert: converter({ kind, from, stamped: stored.ttl === true }, declared),
  }
}

/** What a manifest and a segment say of a state beside its name and kind. */
export const factsOf = ({ version = 0, ttl }: StateFacts | StateDescriptor): StateFacts => ({
  ...(version > 0 && { version }),
  ...(ttl !== undefined && { ttl: true }),
})

export type StateFacts = Pick<StoredState, 'version' | 'ttl'>

function refuseVersion(from: number, to: number, { migrate }: StateDescriptor): StateConversion | undefined {
  if (from > to) {
    return refused(
      `it was written as ${versionName(from)}, and the program declares ${versionName(to)}, which is older`,
      `run the program that wrote it, or declare version: ${from + 1} with migrate(old, version) { … }`,
    )
  }
  if (from === to || migrate !== undefined) return undefined
  return refused(
    `it was written as ${versionName(from)}, and the program declares ${versionName(to)} without saying how to get there`,
    `add migrate(old, version) { … } beside version: ${to}`,
  )
}

function refuseKind(kind: StateKind, from: number, declared: StateDescriptor): StateConversion | undefined {
  const change = kindChange(kind, declared.kind)
  if (change.type === 'same' || change.type === 'lossless') return undefined
  const why = `it was written as ${kind}, and the program declares ${declared.kind}: ${change.why}`
  if (change.type === 'refused') return refused(why, `declare it as ${kind}, or under another name`)
  if ((declared.version ?? 0) > from) return undefined
  return refused(why, `declare version: ${from + 1} with migrate(old, version) { … }, or declare it as ${kind}`)
}

function whyConverted(stored: StoredState, declared: StateDescriptor): readonly string[] {
  const change = kindChange(stored.kind as StateKind, declared.kind)
  const [from, to] = [stored.version ?? 0, declared.version ?? 0]
  const [stamped, stamps] = [stored.ttl === true, declared.ttl !== undefined]
  return [
    ...(from === to ? [] : [`${versionName(from)} to ${versionName(to)} by migrate`]),
    ...whyOf(change, stored.kind, declared.kind),
    ...(stamps && !stamped ? ['it gets a time to live, counted from the restore'] : []),
    ...(stamped && !stamps ? ['it has no time to live any more'] : []),
  ]
}

function whyOf(change: KindChange, from: string, to: string): readonly string[] {
  if (change.type === 'same') return []
  return [`${from} to ${to}${change.type === 'lossless' ? `: ${change.why}` : ', by migrate'}`]
}

function converter(
  { kind, from, stamped }: { readonly kind: StateKind; readonly from: number; readonly stamped: boolean },
  declared: StateDescriptor,
): (content: unknown, nowMs: number) => unknown {
  const stamps = declared.ttl !== undefined
  const migrate =
    from < (declared.version ?? 0) ? (declared.migrate as (old: unknown, version: number) => unknown) : undefined
  const becomesList = declared.kind === 'list' && kind !== 'list'
  return (content, nowMs) => {
    const converted = mapContent(kind, content, (held) => {
      const [usedMs, old] = stamped ? checkStamped(held) : [nowMs, held]
      const value = migrate === undefined ? old : migrate(old, from)
      return stamps ? [usedMs, value] : value
    })
    return becomesList ? [converted] : converted
  }
}

const versionName = (version: number): string =>
  version === 0 ? 'version 0 (none was declared)' : `version ${version}`

const refused = (why: string, remedy: string): StateConversion => ({ type: 'refused', why, remedy })
