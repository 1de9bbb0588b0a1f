import { expect, it } from 'vitest'
import { PausableClock } from '../../src/core/pausable-clock.ts'

it('stands still while anybody holds it back', () => {
  let monotonic = 100
  const clock = new PausableClock(() => monotonic)
  const after = (ms: number): number => {
    monotonic += ms
    return clock.now()
  }
  const start = clock.now()
  expect(after(10) - start).toBe(10)
  clock.pause()
  expect(after(5) - start).toBe(10)
  clock.pause()
  clock.resume()
  expect(after(5) - start).toBe(10)
  clock.resume()
  expect(after(7) - start).toBe(17)
  clock.pause()
  expect(after(1) - start).toBe(17)
})
