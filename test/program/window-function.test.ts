import { expect, it } from 'vitest'
import { bound, windowFunctionOf } from '../../src/program/window-function.ts'
import { failure } from '../operators/chain-harness.ts'

it('makes a window function of a plain one, and keeps one that knows itself', () => {
  const emitted: unknown[] = []
  const ctx = { key: 'k', window: { start: 0, end: 10 }, emit: (value: unknown) => void emitted.push(value) } as never
  windowFunctionOf('reduce', (value: number, key: string, { end }: { end: number }) => [value, key, end])?.process(
    1,
    ctx,
  )
  class Remembering {
    readonly values = emitted
    process(value: number): void {
      this.values.push(value)
    }
    clear(): void {
      this.values.push('over')
    }
  }
  const { process, clear } = bound(new Remembering())
  process(2, ctx)
  clear?.(ctx)
  expect(emitted).toEqual([[1, 'k', 10], 2, 'over'])
  expect(windowFunctionOf('reduce', undefined)).toBeUndefined()
  expect(failure(() => windowFunctionOf('reduce', {}))).toMatchObject({ code: 'ARGUMENT_INVALID' })
})
