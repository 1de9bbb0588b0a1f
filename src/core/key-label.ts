/** How messages name a key: it may be a text of any length. */
import type { Key } from './key-groups.ts'

const keyTextMax = 60

/** `"ada"` or `42`, cut after 60 characters. */
export function keyLabel(key: Key | undefined): string {
  const text = typeof key === 'string' ? JSON.stringify(key) : String(key)
  return text.length <= keyTextMax ? text : `${text.slice(0, keyTextMax)}…`
}
