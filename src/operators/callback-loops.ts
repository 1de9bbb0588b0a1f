/**
 * The loops of a process function over the records of a batch: compiled for the operator alone, or, where that is not
 * allowed, shared by all of them. Both do the same.
 *
 * Does not own the first record of a batch, which `callback-operator.ts` treats by itself to look at its result, nor the
 * phases of the context.
 */
import type { KeyedStateBackend } from '../backends/state-backend.ts'
import type { RecordBatch } from '../core/elements.ts'
import type { Key } from '../core/key-groups.ts'
import type { CallbackContext } from './keyed-context.ts'
import { ownCode } from './own-code.ts'

export type ElementCallback = (value: unknown, ctx: CallbackContext) => unknown

export interface CallbackLoops {
  unkeyed(element: ElementCallback, ctx: CallbackContext, batch: RecordBatch, from: number): void
  /** The batch carries its keys. */
  keyed(
    element: ElementCallback,
    ctx: CallbackContext,
    batch: RecordBatch,
    from: number,
    state: KeyedStateBackend,
  ): void
}

/** `owner` is different for different functions of a process: the loop is compiled once for each. */
export const callbackLoops = (owner: string): CallbackLoops =>
  (ownCode(owner, 'nothing', source)?.(undefined) as CallbackLoops | undefined) ?? sharedLoops

export const sharedLoops: CallbackLoops = {
  unkeyed(element, ctx, { values, timestamps }, from) {
    for (let i = from; i < values.length; i++) {
      ctx.timestamp = timestamps === undefined ? undefined : timestamps[i]
      element(values[i], ctx)
    }
  },
  keyed(element, ctx, { values, timestamps, keys, keyGroups }, from, state) {
    for (let i = from; i < values.length; i++) {
      const key = keys![i] as Key
      state.setCurrentKey(key, keyGroups === undefined ? undefined : keyGroups[i])
      ctx.key = key
      ctx.timestamp = timestamps === undefined ? undefined : timestamps[i]
      element(values[i], ctx)
    }
  },
}

/** The same as `sharedLoops`, as text. */
const source = `return {
  unkeyed(element, ctx, { values, timestamps }, from) {
    for (let i = from; i < values.length; i++) {
      ctx.timestamp = timestamps === undefined ? undefined : timestamps[i]
      element(values[i], ctx)
    }
  },
  keyed(element, ctx, { values, timestamps, keys, keyGroups }, from, state) {
    for (let i = from; i < values.length; i++) {
      const key = keys[i]
      state.setCurrentKey(key, keyGroups === undefined ? undefined : keyGroups[i])
      ctx.key = key
      ctx.timestamp = timestamps === undefined ? undefined : timestamps[i]
      element(values[i], ctx)
    }
  },
}`
