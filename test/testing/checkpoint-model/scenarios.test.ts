import { describe, expect, it } from 'vitest'
import { checkers } from '../../../src/testing/checkers/all-checkers.ts'
import { checkpointSystem } from '../../../src/testing/checkpoint-model/checkpoint-system.ts'
import { configOf, isSlow, overtakes, quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { endings, possibilities } from '../../../src/testing/checkpoint-model/model-properties.ts'
import { propertiesOf, scenarioCalled, scenarios } from '../../../src/testing/checkpoint-model/scenarios.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'

const small = { ...quiet, periodic: 1, sources: 1 }

describe('a small system', () => {
  it('completes a checkpoint, and every end is good', () => {
    const { verdict, terminals } = explore(checkpointSystem(small, { checkers }), [
      ...endings(small),
      possibilities['a completion'],
    ])
    expect({ verdict, ends: terminals > 0 }).toEqual({ verdict: 'holds', ends: true })
  })

  it('is vacuous when what should be possible is not', () => {
    const { verdict, sometimes } = explore(checkpointSystem(small), [possibilities['an expiry']])
    expect({ verdict, sometimes }).toEqual({ verdict: 'vacuous', sometimes: { 'an expiry': undefined } })
  })

  it('has the same states when channels are queues of their receivers', () => {
    const checkpoint = { ...small, expiries: 1 }
    const [channels, queues] = [false, true].map((inside) =>
      explore(checkpointSystem({ ...checkpoint, queues: inside }, { checkers }), endings(checkpoint)),
    )
    expect(channels?.verdict).toBe('holds')
    expect({ verdict: queues?.verdict, states: queues?.states }).toEqual({ verdict: 'holds', states: channels?.states })
  })
})

describe('the scenarios', () => {
  it('have names of their own, by which they are found', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length)
    expect(scenarioCalled('unaligned')?.name).toBe('unaligned')
    expect(scenarioCalled('nonsense')).toBeUndefined()
  })

  for (const name of ['concurrent', 'late writes', 'disposal', 'withdrawal', 'savepoint', 'aligned with timeout']) {
    it(`${name}: holds in its short size`, () => {
      const { short, possible } = scenarioCalled(name)!
      const { verdict, violation, sometimes } = explore(
        checkpointSystem(short, { checkers }),
        propertiesOf(short, possible),
      )
      expect({ verdict, violation }).toEqual({ verdict: 'holds', violation: undefined })
      expect(Object.keys(sometimes)).toEqual([...possible])
    })
  }
})

describe('options', () => {
  it('slow down all subtasks, or one', () => {
    const options = { ...quiet, slow: ['manifests', 'aborts: task'] } as const
    expect(isSlow(options, 'manifests', 'anybody')).toBe(true)
    expect(isSlow(options, 'aborts', 'task')).toBe(true)
    expect(isSlow(options, 'aborts', 'sink')).toBe(false)
  })

  it('put inputs into the subtasks where barriers may overtake', () => {
    expect(overtakes(quiet)).toBe(false)
    expect(overtakes({ ...quiet, coordinator: { unaligned: { alignedTimeoutMs: undefined } } })).toBe(true)
    expect(configOf({ ...quiet, coordinator: { retained: 3 } })).toMatchObject({ retained: 3, maxConcurrent: 1 })
  })
})
