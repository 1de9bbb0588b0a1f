/** What one configuration key is: its names, its kind of value, its default, and one sentence about it. */
import type { ValueKind } from './configuration-value.ts'

/** Who reads a key: a `job` key may come with a submission, a `session` key is set when the process starts. */
export type KeyScope = 'job' | 'session' | 'client'

export interface ConfigurationKey<T> {
  readonly name: string
  /** Other names, those of Flink's earlier and later versions. */
  readonly aliases: readonly string[]
  readonly scope: KeyScope
  readonly kind: ValueKind<T>
  /** The value when nothing sets the key; undefined when there is none. */
  readonly fallback: T | undefined
  readonly about: string
}

/** A key from its row of the table; `names` are its name and its aliases, separated by spaces. */
export const configurationKey = <T, Fallback extends T | undefined>(
  scope: KeyScope,
  names: string,
  kind: ValueKind<T>,
  fallback: Fallback,
  about: string,
): ConfigurationKey<T> & { readonly fallback: Fallback } => {
  const [name = '', ...aliases] = names.split(' ')
  return { name, aliases, scope, kind, fallback, about }
}
