/** Verdicts other than "holds", reductions, and mistakes of a model. */
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/core/clock.ts'
import { commutingChoice } from '../../../src/testing/explorer/commuting-choice.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'
import { firstTrapped } from '../../../src/testing/explorer/livelock.ts'
import { replay } from '../../../src/testing/explorer/replay.ts'
import { SymmetryTable } from '../../../src/testing/explorer/symmetry-table.ts'
import type { ActorModel, Property, SystemModel } from '../../../src/testing/explorer/system.ts'
import { SystemTables } from '../../../src/testing/explorer/system-tables.ts'
import { largeSystem } from './large-system.ts'
import { agreement, managerSwaps, twoPhaseCommit } from './two-phase-commit.ts'

const single = (receive: ActorModel['receive'], state: unknown = 0): SystemModel => ({
  name: 'single',
  actors: { one: { start: { state, outputs: [{ type: 'timer.set', name: 'go' }] }, receive } },
})

/** Counts for ever. */
const counter = single((state) => ({
  state: (state as number) + 1,
  outputs: [{ type: 'timer.set', name: 'go' }],
}))

describe('limits', () => {
  it('give the verdict incomplete', () => {
    expect(explore(counter, [], { maxStates: 100 })).toMatchObject({ verdict: 'incomplete', states: 100, depth: 99 })
    expect(explore(counter, [], { maxDepth: 7 })).toMatchObject({ verdict: 'incomplete', states: 8, depth: 7 })
  })

  it('end the search when the time is over', () => {
    const clock = new VirtualClock()
    const report = explore(counter, [], {
      clock,
      maxSeconds: 5,
      onProgress: () => clock.advance(1_000),
    })
    expect(report).toMatchObject({ verdict: 'incomplete', seconds: 7 })
  })

  it('report progress', () => {
    const seen: number[] = []
    explore(counter, [], { maxStates: 1_000, onProgress: ({ states }) => seen.push(states) })
    expect(seen).toEqual([1, 257, 513, 769])
  })

  it('let a violation within them count', () => {
    const small: Property = { kind: 'always', name: 'small', of: ['one'], holds: (n: number) => n < 50 || `it is ${n}` }
    const { verdict, violation } = explore(counter, [small], { maxStates: 100 })
    expect(verdict).toBe('violated')
    expect(violation).toMatchObject({ property: 'small', message: 'it is 50' })
    expect(violation?.path).toEqual(Array.from({ length: 50 }, () => 'timer one go'))
  })
})

describe('a "sometimes" that is never reached', () => {
  const never: Property = { kind: 'sometimes', name: 'commits', of: ['rm0'], holds: () => false }

  it('makes a complete search vacuous', () => {
    const { sometimes, verdict } = explore(twoPhaseCommit(2), [never])
    expect({ sometimes, verdict }).toEqual({ verdict: 'vacuous', sometimes: { commits: undefined } })
  })

  it('says nothing after an incomplete one', () => {
    expect(explore(twoPhaseCommit(2), [never], { maxStates: 10 }).verdict).toBe('incomplete')
  })
})

describe('livelocks', () => {
  const steps = (ends: boolean) =>
    single(
      (state) => [
        { state: 'circle', outputs: [{ type: 'timer.set', name: 'go' }] },
        ...(state === 'start' || ends ? [{ state: 'over', label: 'ends', outputs: [] }] : []),
      ],
      'start',
    )

  it('are found with a path to where no end is left', () => {
    const { verdict, violation } = explore(steps(false), [], { livelocks: true })
    expect(verdict).toBe('violated')
    expect(violation).toMatchObject({ property: 'an end can be reached', path: ['timer one go'] })
  })

  it('are not those circles that can be left', () => {
    expect(explore(steps(true), [], { livelocks: true })).toMatchObject({ verdict: 'holds', terminals: 1 })
    expect(explore(steps(false), []).verdict).toBe('holds')
  })

  it('are found among states', () => {
    const edges = { from: [0, 0, 1, 2], to: [1, 2, 1, 3] }
    const list = (items: number[]) => ({ length: items.length, bytes: 0, at: (i: number) => items[i]!, push: () => {} })
    const trapped = firstTrapped(4, { from: list(edges.from), to: list(edges.to) } as never, list([3]) as never)
    expect(trapped).toBe(1)
  })
})

describe('commuting deliveries', () => {
  const properties = agreement(3)
  const hasty = twoPhaseCommit(3, true)
  /** What a manager hears is the last that happens to it. */
  const commutes: SystemModel['commutes'] = ({ type }, from) => from === 'tm' && type === 'committed'

  it('leave verdicts and ends as they are, in fewer states', () => {
    const all = explore(twoPhaseCommit(3), properties)
    const some = explore({ ...twoPhaseCommit(3), commutes }, properties)
    expect(some.states).toBeLessThan(all.states)
    expect(some).toMatchObject({ verdict: 'holds', terminals: all.terminals, sometimes: all.sometimes })
    expect(explore({ ...hasty, commutes }, properties).violation).toMatchObject({ property: 'managers agree' })
  })

  it('are tried with everything else where a fault could still hit them', () => {
    const fault = { name: 'crash', spends: 'crashes', loses: () => true }
    const row = (model: SystemModel) => {
      const tables = new SystemTables(model)
      const row = tables.initial()
      const [tm, rm] = [tables.actors[0]!, tables.actors[1]!]
      const channel = tables.channel(tm.index, rm.index)
      row[channel.column] = channel.push(0, rm.input({ type: 'committed' }, 'tm'))
      return commutingChoice(tables, row)
    }
    const model = { ...twoPhaseCommit(1), commutes, budgets: { crashes: 1 } }
    expect(row(model)?.channel?.name).toBe('tm → rm0')
    expect(row({ ...model, faults: [fault] })).toBeUndefined()
    expect(row({ ...model, faults: [fault], budgets: { crashes: 0 } })?.channel?.name).toBe('tm → rm0')
    expect(row({ ...model, loses: () => 'crashes' })).toBeUndefined()
  })

  it('do not put off everything else in a circle', () => {
    const circle: SystemModel = {
      name: 'circle',
      actors: {
        spin: {
          start: { state: 0, outputs: [{ type: 'timer.set', name: 'spin' }] },
          receive: (state) => ({ state: 1 - (state as number), outputs: [{ type: 'timer.set', name: 'spin' }] }),
        },
        other: {
          start: { state: 'before', outputs: [{ type: 'timer.set', name: 'move' }] },
          receive: () => ({ state: 'after', outputs: [] }),
        },
      },
      commutes: (message) => 'name' in message && message.name === 'spin',
    }
    const moved: Property = { kind: 'sometimes', name: 'moved', of: ['other'], holds: (state) => state === 'after' }
    expect(explore(circle, [moved]).sometimes).toEqual({ moved: expect.any(Number) })
  })
})

describe('symmetry', () => {
  it('stores a state and its images as one', () => {
    const tables = new SystemTables({ ...twoPhaseCommit(2), symmetries: managerSwaps(2) })
    const symmetries = new SymmetryTable(tables)
    const row = tables.initial()
    row[1] = tables.actors[1]!.situation('prepared', [])
    const image = symmetries.image(row, 0)
    expect(tables.actors[2]!.state(image[2]!)).toBe('prepared')
    expect(symmetries.image(image, 0)).toEqual(row)
    expect(symmetries.smallest(row).row).toEqual(symmetries.smallest(image).row)
  })

  it('is refused where it does not hold', () => {
    const properties: Property[] = [
      { kind: 'always', name: 'early', of: ['tm'], holds: (s) => (s as { phase: string }).phase !== 'committed' },
    ]
    const broken = managerSwaps(2).map((swap) => ({ ...swap, message: () => ({ type: 'yes' }) }))
    // A message that is swapped for another makes states that no step leads to.
    const run = () => explore({ ...twoPhaseCommit(2), symmetries: broken }, properties)
    expect(run).toThrow(/symmetries of system "two-phase commit" do not hold/)
  })
})

describe('a model that is wrong', () => {
  it('is told where its data is not plain', () => {
    const model = single(() => ({ state: { since: new Date(0) }, outputs: [] }))
    expect(() => explore(model, [])).toThrow(
      /The state of actor "one" must be plain data .* `since` is an instance of Date/,
    )
  })

  it('is told which actor does not exist', () => {
    const model = single(() => ({ state: 0, outputs: [{ type: 'send', to: 'two', message: { type: 'hello' } }] }))
    expect(() => explore(model, [])).toThrow(
      /Actor "one" sends "hello" to "two", but there is no actor "two"; there are one/,
    )
    expect(() => explore(counter, [{ kind: 'always', name: 'p', of: ['two'], holds: () => true }])).toThrow(
      /Property "p"/,
    )
  })

  it('is given the path to a step that throws', () => {
    const model = single(() => {
      throw new Error('oops')
    })
    expect(explore(model, []).violation).toEqual({
      property: 'steps do not throw',
      message: 'actor "one" threw: oops',
      path: ['timer one go'],
    })
  })

  it('is given the path to a state that is changed in place', () => {
    const model = single(
      (state) => {
        ;(state as { n: number }).n++
        return { state, outputs: [] }
      },
      { n: 0 },
    )
    expect(explore(model, []).violation?.property).toBe('steps do not throw')
  })

  it('is stopped when immediate sends have no end, and when a channel has none', () => {
    const calls = single(() => ({
      state: 0,
      outputs: [{ type: 'send', to: 'one', message: { type: 'm' }, immediate: true }],
    }))
    expect(explore(calls, []).violation).toMatchObject({ property: 'immediate sends end', path: ['timer one go'] })
    const floods = single(() => ({
      state: 0,
      outputs: [
        { type: 'send', to: 'one', message: { type: 'm' } },
        { type: 'send', to: 'one', message: { type: 'm' } },
      ],
    }))
    expect(explore(floods, []).violation).toMatchObject({ property: 'channels are bounded' })
  })
})

describe('replay', () => {
  it('names a choice that cannot be taken, and lists those that can', () => {
    const run = () => replay(twoPhaseCommit(2), [], ['timer rm0 decide [yes]', 'rm0 → tm: no'])
    expect(run).toThrow(
      'Choice 2 of the path, "rm0 → tm: no", cannot be taken in system "two-phase commit" there; ' +
        'these can: "rm0 → tm: yes", "timer rm1 decide [yes]", "timer rm1 decide [no]".',
    )
  })

  it('stops there when asked to', () => {
    const { steps } = replay(twoPhaseCommit(2), [], ['timer rm0 decide [yes]', 'nothing'], { ifImpossible: 'stop' })
    expect(steps.map(({ choice }) => choice)).toEqual(['timer rm0 decide [yes]'])
  })
})

describe('the size of a state', () => {
  it('is small in a large system', () => {
    const { bytesPerState, states } = explore(largeSystem(), [], { maxStates: 30_000 })
    expect(states).toBeGreaterThanOrEqual(30_000)
    expect(bytesPerState).toBeLessThan(250)
  })
})
