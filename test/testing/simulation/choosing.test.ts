import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { type Chooser, RecordingChooser } from '../../../src/testing/simulation/chooser.ts'
import { faultKinds, faultNames, faultRates, faultText } from '../../../src/testing/simulation/fault-kinds.ts'
import { ReplayChooser } from '../../../src/testing/simulation/replay-chooser.ts'
import { makeStrategy, strategyNames, strategyOf } from '../../../src/testing/simulation/strategies.ts'

const nothing = { faults: () => [], actions: () => [] }

describe('the rates of faults', () => {
  it('are the usual ones, or what is asked for, or none', () => {
    expect(faultRates()['store-fails']).toEqual({
      rate: faultKinds['store-fails'].rate,
      most: faultKinds['store-fails'].most,
    })
    const asked = faultRates({ 'store-fails': false, 'clock-jump': 1, 'process-death': { rate: 0.5 } })
    expect(asked['store-fails'].most).toBe(0)
    expect(asked['clock-jump'].most).toBe(1)
    expect(asked['process-death']).toEqual({ rate: 0.5, most: faultKinds['process-death'].most })
    expect(Object.values(faultRates(false)).every(({ rate }) => rate === 0)).toBe(true)
    expect(() => faultRates({ 'store-fail': 1 } as never)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining('no fault "store-fail"') }),
    )
  })
})

describe('a recorded run', () => {
  const eager: Chooser = { choose: () => 1, interrupt: (offers) => offers.faults('clock-jump')[0], befalls: () => true }

  it('is the list of its choices, with no fault more often than it may be', () => {
    const chooser = new RecordingChooser(eager, () => 1, faultNames)
    const offers = { faults: () => ['fault clock-jump 10'], actions: () => [] }
    expect(chooser.choose(['run a', 'run b'])).toBe(1)
    expect([chooser.interrupt(offers), chooser.interrupt(offers)]).toEqual(['fault clock-jump 10', undefined])
    const text = faultText('store-fails', 'a persist checkpoint 1')
    expect([chooser.befalls('store-fails', text), chooser.befalls('store-fails', text)]).toEqual([true, false])
    expect(chooser.choices).toEqual(['run b', 'fault clock-jump 10', text])
    expect(Object.fromEntries(chooser.struck)).toEqual({ 'clock-jump': 1, 'store-fails': 1 })
  })
})

describe('a replay', () => {
  it('skips what cannot be chosen, and then gives everybody a turn, time last', () => {
    const chooser = new ReplayChooser(['run c', 'run gone', 'run b'])
    const texts = ['run a', 'run b', 'run c', 'time']
    expect(Array.from({ length: 6 }, () => texts[chooser.choose(texts)])).toEqual([
      'run c',
      'run b',
      'run a',
      'run b',
      'run c',
      'run a',
    ])
  })

  it('waits for so many choices, or until something can be chosen or can strike', () => {
    const fault = faultText('store-fails', 'x')
    const chooser = new ReplayChooser(['wait 2', 'until run b', `until ${fault}`, 'run a'])
    const alone = ['run a', 'run c']
    const both = ['run a', 'run b']
    expect([chooser.choose(alone), chooser.choose(alone), chooser.choose(alone)]).toEqual([0, 1, 0])
    expect(chooser.befalls('store-fails', fault)).toBe(false)
    expect(both[chooser.choose(both)]).toBe('run b')
    chooser.choose(both)
    expect([chooser.befalls('store-fails', fault), chooser.befalls('store-fails', fault)]).toEqual([true, false])
    expect(both[chooser.choose(both)]).toBe('run a')
  })

  it('takes what comes of itself only when it is next, and possible', () => {
    const chooser = new ReplayChooser(['act stop', 'fault process-death process'])
    const offers = { faults: () => ['fault process-death process'], actions: () => ['act stop'] }
    expect(chooser.interrupt(nothing)).toBeUndefined()
    expect([chooser.interrupt(offers), chooser.interrupt(offers)]).toEqual(['act stop', 'fault process-death process'])
    expect(chooser.interrupt(offers)).toBeUndefined()
  })
})

describe('strategies', () => {
  const texts = ['run a', 'run b', 'run c', 'time']
  const chosen = (name: (typeof strategyNames)[number], seed: number) => {
    const { chooser } = makeStrategy(name, new Random(seed), faultRates())
    return Array.from({ length: 400 }, () => texts[chooser.choose(texts)]!)
  }

  it.each(strategyNames)('%s chooses the same for the same seed, and lets time pass now and then', (name) => {
    expect(chosen(name, 7)).toEqual(chosen(name, 7))
    const times = chosen(name, 7).filter((text) => text === 'time').length
    expect(times).toBeGreaterThan(0)
    expect(times).toBeLessThan(40)
  })

  it('pct lets one go first for long, random nobody', () => {
    const longest = (list: readonly string[]) => {
      let [best, run] = [0, 0]
      const busy = list.filter((text) => text !== 'time')
      busy.forEach((text, i) => {
        run = text === busy[i - 1] ? run + 1 : 1
        best = Math.max(best, run)
      })
      return best
    }
    expect(longest(chosen('pct', 3))).toBeGreaterThan(100)
    expect(longest(chosen('random', 3))).toBeLessThan(20)
  })

  it('swarm switches some faults off and skews others', () => {
    const { rates } = makeStrategy('swarm', new Random(11), faultRates())
    const off = faultNames.filter((name) => rates[name].most === 0)
    expect(off.length).toBeGreaterThan(3)
    expect(off.length).toBeLessThan(faultNames.length)
  })

  it('a portfolio takes turns', () => {
    expect([0, 1, 2, 3].map((seed) => strategyOf(seed, 'portfolio'))).toEqual(['swarm', 'random', 'swarm', 'pct'])
    expect(strategyOf(0, 'pct')).toBe('pct')
  })
})
