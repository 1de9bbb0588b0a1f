import { describe, expect, it } from 'vitest'
import { loadOperatorState } from '../../src/actors/operator-state-restore.ts'
import type { OperatorStateHandle, StateHandle } from '../../src/backends/manifest.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { DividedState } from '../../src/core/operator-state.ts'

const written = new Map<string, Uint8Array>()
const from = { read: async (handle: StateHandle) => written.get('file' in handle ? handle.file : '')! }

function store(file: string, state: unknown): OperatorStateHandle {
  const divided = state instanceof DividedState ? state : undefined
  const bytes = divided?.encode() ?? encodeValue(state)
  written.set(file, bytes)
  const handle = { file, offset: 0, length: bytes.length, checksum: '00000000', codec: 1 }
  return divided === undefined ? handle : { ...handle, states: divided.facts }
}

const splits = (...items: readonly string[]) => new DividedState({ splits: { mode: 'split', items } })

describe('state that belongs to no key, restored', () => {
  it('is nothing where nothing is', async () => {
    expect(await loadOperatorState(from, [])).toBe(undefined)
  })

  it('is the value as it was, when it is whole', async () => {
    expect(await loadOperatorState(from, [{ handle: store('whole', { position: 3 }) }])).toEqual({ position: 3 })
  })

  it('joins what several subtasks wrote, in their order, and takes what it is told to', async () => {
    const a = store('a', splits('1', '2', '3'))
    const b = store('b', splits('4', '5'))
    const all = (await loadOperatorState(from, [{ handle: a }, { handle: b }])) as DividedState
    expect(all.lists).toEqual(splits('1', '2', '3', '4', '5').lists)
    const some = (await loadOperatorState(from, [
      { handle: a, take: [{ name: 'splits', from: 2, to: 3 }] },
      { handle: b, take: [{ name: 'splits', from: 0, to: 1 }] },
    ])) as DividedState
    expect(some.items('splits')).toEqual(['3', '4'])
  })

  it('gives a list the name under which it goes on, with items or without', async () => {
    const a = store('a', splits('1', '2'))
    const b = store('b', new DividedState({ files: { mode: 'split', items: ['3'] } }))
    const loaded = async (...ends: readonly [number, number]) =>
      (await loadOperatorState(from, [
        { handle: a, take: [{ name: 'splits', from: 0, to: ends[0], as: 'files' }] },
        { handle: b, take: [{ name: 'files', from: 0, to: ends[1], as: 'splits' }] },
      ])) as DividedState
    const lists = (files: readonly string[], others: readonly string[]) =>
      new DividedState({ files: { mode: 'split', items: files }, splits: { mode: 'split', items: others } }).lists
    expect((await loaded(2, 1)).lists).toEqual(lists(['1', '2'], ['3']))
    expect((await loaded(0, 0)).lists).toEqual(lists([], []))
  })

  it('never joins what cannot be divided', async () => {
    const whole = store('w', 1)
    await expect(loadOperatorState(from, [{ handle: whole }, { handle: whole }])).rejects.toThrow(
      'comes from one subtask',
    )
    await expect(loadOperatorState(from, [{ handle: store('d', splits('1')) }, { handle: whole }])).rejects.toThrow(
      'joined with state that is divided',
    )
  })
})
