import { describe, expect, it } from 'vitest'
import { MachineDriver } from '../../src/actors/effect-handlers.ts'
import { noTap, type StepSeen } from '../../src/actors/tap.ts'
import type { Stepped } from '../../src/machines/step.ts'
import { at } from './probe.ts'

interface Snapshot {
  readonly value: string
}
interface Event {
  readonly type: string
}
type Effect =
  | { readonly type: 'say'; readonly params: { readonly text: string } }
  | { readonly type: 'ask'; readonly params: { readonly event: string } }
  | { readonly type: 'fail' }

const say = (text: string): Effect => ({ type: 'say', params: { text } })
const ask = (event: string): Effect => ({ type: 'ask', params: { event } })

/** A machine whose state is the events it has heard, and whose effects stand in `effects` by event. */
function drive(effects: Readonly<Record<string, readonly Effect[]>>, first: readonly Effect[] = []) {
  const journal: string[] = []
  const seen: StepSeen[] = []
  const driver = new MachineDriver<Snapshot, Event, Effect>({
    address: () => at('job/role'),
    attempt: () => 3,
    first: { snapshot: { value: '' }, effects: first },
    step: ({ value }, { type }): Stepped<Snapshot, Effect> => ({
      snapshot: { value: value + type },
      effects: effects[type] ?? [],
    }),
    handlers: {
      say: ({ text }) => void journal.push(`${text} in ${driver.snapshot.value}`),
      ask: ({ event }) => {
        journal.push(`ask ${event}`)
        driver.feed({ type: event })
      },
      fail: () => {
        throw new Error('handler')
      },
    },
    tap: (step) => {
      journal.push(`tap ${step.event.type}`)
      seen.push(step)
    },
  })
  return { driver, journal, seen }
}

describe('the driver of a machine', () => {
  it('carries out effects in their order, in the new state', () => {
    const { driver, journal } = drive({ a: [say('one'), say('two')] })
    driver.feed({ type: 'a' })
    expect(journal).toEqual(['tap a', 'one in a', 'two in a'])
  })

  it('steps what an effect causes after the effects before it, and in order', () => {
    const { driver, journal } = drive({ a: [ask('b'), ask('c'), say('last of a')], b: [ask('d')], c: [], d: [] })
    driver.feed({ type: 'a' })
    expect(journal).toEqual(['tap a', 'ask b', 'ask c', 'last of a in a', 'tap b', 'ask d', 'tap c', 'tap d'])
    expect(driver.snapshot.value).toBe('abcd')
  })

  it('tells the tap before it acts, so that a crash leaves a record that ends in the decision', () => {
    const effects: readonly Effect[] = [{ type: 'fail' }, say('never')]
    const { driver, journal, seen } = drive({ a: effects })
    expect(() => driver.feed({ type: 'a' })).toThrow('handler')
    expect(journal).toEqual(['tap a'])
    const snapshot = { value: 'a' }
    expect(seen).toEqual([
      { address: 'job/role', attempt: 3, event: { type: 'a' }, from: '', to: 'a', effects, snapshot },
    ])
  })

  it('goes on after a handler failed, with what was waiting', () => {
    const { driver, journal } = drive({ a: [ask('b'), { type: 'fail' }], c: [] })
    expect(() => driver.feed({ type: 'a' })).toThrow('handler')
    driver.feed({ type: 'c' })
    expect(journal).toEqual(['tap a', 'ask b', 'tap b', 'tap c'])
  })

  it('refuses a machine that orders something before it has heard anything', () => {
    expect(() => drive({}, [say('too early')])).toThrow('a machine orders nothing before it has heard anything')
  })
})

describe('no tap', () => {
  it('does nothing', () => {
    expect(noTap({ address: at('a'), attempt: 0, event: { type: 'e' }, from: '', to: '', effects: [] })).toBeUndefined()
  })
})
