/**
 * The loops that ask the key function of a keyed edge for the key of each record: compiled for the edge alone, or, where
 * that is not allowed, shared by all of them. Both do the same.
 *
 * Does not own what is made of the keys nor the words of an error (`key-partition.ts`).
 */
import { isKey, keyGroupOf } from '../core/key-groups.ts'
import { ownCode } from './own-code.ts'

export type KeyFunction = (value: unknown) => unknown

/** Makes the error to throw. */
export interface KeyBlame {
  invalid(key: unknown, value: unknown): unknown
  failed(thrown: unknown, value: unknown): unknown
}

export interface KeyLoops {
  /** The keys of a batch: `values` itself when each record is its own key. */
  keys(keyOf: KeyFunction, values: readonly unknown[], blame: KeyBlame): readonly unknown[]
  /** Writes the key and the key group of each record. */
  groups(
    keyOf: KeyFunction,
    values: readonly unknown[],
    blame: KeyBlame,
    maxParallelism: number,
    keys: unknown[],
    keyGroups: number[],
  ): void
}

interface KeyRules {
  readonly isKey: typeof isKey
  readonly keyGroupOf: typeof keyGroupOf
}
const rules: KeyRules = { isKey, keyGroupOf }

/** `owner` is different for different edges of a process. */
export const keyLoops = (owner: string): KeyLoops =>
  (ownCode(owner, 'rules', source)?.(rules) as KeyLoops | undefined) ?? sharedLoops

export const sharedLoops: KeyLoops = {
  keys(keyOf, values, blame) {
    let keys: unknown[] | undefined
    let i = 0
    try {
      for (; i < values.length; i++) {
        const value = values[i]
        const key = keyOf(value)
        if (!isKey(key)) throw blame.invalid(key, value)
        if (keys !== undefined) keys[i] = key
        else if (key !== value) {
          keys = new Array(values.length) as unknown[]
          for (let before = 0; before < i; before++) keys[before] = values[before]
          keys[i] = key
        }
      }
    } catch (thrown) {
      throw blame.failed(thrown, values[i])
    }
    return keys ?? values
  },
  groups(keyOf, values, blame, maxParallelism, keys, keyGroups) {
    let i = 0
    try {
      for (; i < values.length; i++) {
        const key = keyOf(values[i])
        const group = keyGroupOf(key, maxParallelism)
        if (group < 0) throw blame.invalid(key, values[i])
        keys[i] = key
        keyGroups[i] = group
      }
    } catch (thrown) {
      throw blame.failed(thrown, values[i])
    }
  },
}

/** The same as `sharedLoops`, as text. */
const source = `const { isKey, keyGroupOf } = rules
return {
  keys(keyOf, values, blame) {
    let keys
    let i = 0
    try {
      for (; i < values.length; i++) {
        const value = values[i]
        const key = keyOf(value)
        if (!isKey(key)) throw blame.invalid(key, value)
        if (keys !== undefined) keys[i] = key
        else if (key !== value) {
          keys = new Array(values.length)
          for (let before = 0; before < i; before++) keys[before] = values[before]
          keys[i] = key
        }
      }
    } catch (thrown) {
      throw blame.failed(thrown, values[i])
    }
    return keys ?? values
  },
  groups(keyOf, values, blame, maxParallelism, keys, keyGroups) {
    let i = 0
    try {
      for (; i < values.length; i++) {
        const key = keyOf(values[i])
        const group = keyGroupOf(key, maxParallelism)
        if (group < 0) throw blame.invalid(key, values[i])
        keys[i] = key
        keyGroups[i] = group
      }
    } catch (thrown) {
      throw blame.failed(thrown, values[i])
    }
  },
}`
