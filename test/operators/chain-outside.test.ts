import { expect, it } from 'vitest'
import { ChainLink } from '../../src/operators/chain-link.ts'
import { ChainOutside } from '../../src/operators/chain-outside.ts'
import { failure, spyFactory } from './chain-harness.ts'

/** Operators in a row; `undefined` has no work outside. Their calls are kept. */
function make(...states: readonly ({ full?: boolean; ready?: boolean; pending?: boolean } | undefined)[]) {
  const collected: number[] = []
  const links = states.map((state, position) => {
    const outside = {
      full: false,
      ready: false,
      pending: false,
      collect: () => void collected.push(position),
      ...state,
    }
    return new ChainLink(spyFactory('op', [], state && { outside }).create(), `op ${position}`, undefined)
  })
  return { outside: new ChainOutside(links), collected }
}

it('is full, or has something pending, when one operator is or has', () => {
  const { outside } = make(undefined, { full: true }, { pending: true })
  expect([outside.full, outside.pending]).toEqual([true, true])
  const idle = make(undefined, {}).outside
  expect([idle.full, idle.pending, idle.collect()]).toEqual([false, false, false])
})

it('takes in what has come for the last operator first, for one at a time', () => {
  const { outside, collected } = make({ ready: true }, undefined, { ready: true, full: true })
  expect([outside.collect(), collected]).toEqual([true, [2]])
})

it('takes in nothing for an operator before one that is full', () => {
  const { outside, collected } = make({ ready: true }, { full: true })
  expect([outside.collect(), collected]).toEqual([false, []])
})

it('names the operator that fails', () => {
  const collect = () => {
    throw new Error('down')
  }
  const work = { full: false, pending: true, ready: true, collect }
  const link = new ChainLink(spyFactory('op', [], { outside: work }).create(), 'look up', 'u')
  const { message } = failure(() => new ChainOutside([link]).collect())
  expect(message).toBe('A function of operator "look up" (uid "u") failed: down')
})
