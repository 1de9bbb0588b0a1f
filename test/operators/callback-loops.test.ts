import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeyedStateBackend } from '../../src/backends/state-backend.ts'
import { recordBatch } from '../../src/core/elements.ts'
import { type CallbackLoops, callbackLoops, sharedLoops } from '../../src/operators/callback-loops.ts'
import type { CallbackContext } from '../../src/operators/keyed-context.ts'

type Form = 'plain' | 'stamped' | 'with groups'

/** What the element function sees, and what the state is told before it. */
function journal(loops: CallbackLoops, keys: readonly string[], form: Form, from: number, fails: number) {
  const lines: unknown[] = []
  const ctx = { key: undefined, timestamp: undefined } as unknown as CallbackContext
  const state = { setCurrentKey: (...args: unknown[]) => void lines.push(args) } as unknown as KeyedStateBackend
  const stamps = form === 'stamped' ? keys.map((_, i) => i * 10) : undefined
  const groups = form === 'with groups' ? keys.map((_, i) => i + 100) : undefined
  const batch = recordBatch(
    keys.map((key) => `value of ${key}`),
    stamps,
    keys,
    groups,
  )
  let calls = 0
  const element = (value: unknown, given: CallbackContext) => {
    if (calls++ === fails) throw new Error(`no to ${value}`)
    lines.push([value, given === ctx, given.key, given.timestamp])
  }
  for (const run of [
    () => loops.unkeyed(element, ctx, batch, from),
    () => loops.keyed(element, ctx, batch, from, state),
  ]) {
    try {
      run()
    } catch (thrown) {
      lines.push(String(thrown))
    }
  }
  return lines
}

describe('the loops of a process function', () => {
  it('are the same compiled and shared, also when the function fails', () => {
    const compiled = callbackLoops('test')
    expect(compiled).not.toBe(sharedLoops)
    const forms = fc.constantFrom<Form>('plain', 'stamped', 'with groups')
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 6 }), forms, fc.nat(2), fc.nat(8), (keys, form, from, fails) => {
        expect(journal(compiled, keys, form, from, fails)).toEqual(journal(sharedLoops, keys, form, from, fails))
      }),
    )
  })

  it('set the key before each record, with its group and timestamp', () => {
    expect(journal(callbackLoops('test'), ['a', 'b'], 'with groups', 1, 9)).toEqual([
      ['value of b', true, undefined, undefined],
      ['b', 101],
      ['value of b', true, 'b', undefined],
    ])
    expect(journal(sharedLoops, ['a'], 'stamped', 0, 9)).toEqual([
      ['value of a', true, undefined, 0],
      ['a', undefined],
      ['value of a', true, 'a', 0],
    ])
  })
})
