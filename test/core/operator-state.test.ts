import { describe, expect, it } from 'vitest'
import { encodeValue } from '../../src/core/codec.ts'
import { DividedState, decodeDivided } from '../../src/core/operator-state.ts'

const state = new DividedState({
  splits: { mode: 'split', items: ['a', { from: 1n }] },
  counters: { mode: 'union', items: [] },
})

describe('state that can be divided', () => {
  it('comes back list by list, also an empty one', () => {
    const again = decodeDivided(state.encode(), state.facts)
    expect(again.lists).toEqual(state.lists)
    expect(again.items('splits')).toEqual(['a', { from: 1n }])
    expect(again.items('other')).toEqual([])
  })

  it('tells a manifest what it holds', () => {
    expect(state.facts).toEqual([
      { name: 'splits', mode: 'split', items: 2 },
      { name: 'counters', mode: 'union', items: 0 },
    ])
  })

  it.each([
    ['no list', encodeValue('rubbish')],
    ['a list less', encodeValue([['splits', ['a', 'b']]])],
    ['a list more', encodeValue([...state.value, ['more', []]])],
    [
      'another name',
      encodeValue([
        ['parts', ['a', 'b']],
        ['counters', []],
      ]),
    ],
    [
      'an item less',
      encodeValue([
        ['splits', ['a']],
        ['counters', []],
      ]),
    ],
    [
      'no items',
      encodeValue([
        ['splits', 2],
        ['counters', []],
      ]),
    ],
  ])('refuses bytes with %s', (_, bytes) => {
    expect(() => decodeDivided(bytes, state.facts)).toThrow(expect.objectContaining({ code: 'STATE_FILE_DAMAGED' }))
  })
})
