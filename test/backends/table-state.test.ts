import { expect, it } from 'vitest'
import { cellForms } from '../../src/backends/heap-cells.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { HeapTable } from '../../src/backends/heap-table.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import { noCurrentKey } from '../../src/backends/no-current-key.ts'
import type { ValueState } from '../../src/backends/state-backend.ts'
import type { StateTable } from '../../src/backends/state-table.ts'
import { TableState } from '../../src/backends/table-state.ts'
import { temporaryDir } from './temporary.ts'

it('makes its tables in a store, asks it for their keys, and disposes of it when they are cleared', () => {
  const told: string[] = []
  const state = new TableState(
    { range: { start: 0, end: 15 }, maxParallelism: 16, freeze: false, operatorName: 'count' },
    {
      makeTable(name, kind, epoch) {
        told.push(`${name} ${kind} ${epoch}`)
        return new HeapTable(name, kind, cellForms[kind])
      },
      keys: (tables: readonly StateTable[]) => {
        told.push(`keys of ${tables.map(({ name }) => name).join()}`)
        return ['x']
      },
      dispose: () => void told.push(`disposed with ${state.entryCount}`),
    },
  )
  state.setCurrentKey('a')
  ;(state.state('v', { kind: 'value', initial: 0 }) as ValueState<number>).update(1)
  state.mark().release()
  state.timers('t')
  expect([...state.keys()]).toEqual([['x', expect.any(Number)]])
  state.dispose()
  expect(told).toEqual(['v value 0', 't timers 1', 'keys of v', 'disposed with 0'])
})

it.each([0, 1])('refuses state without a current key, whatever keeps it (%i)', (index) => {
  const options = { range: { start: 0, end: 15 }, maxParallelism: 16, freeze: false, operatorName: 'count' }
  const backend = [heapStateBackend, lmdbStateBackend({ dir: temporaryDir() })][index]!
  const state = backend.create(options)
  const value = state.state('seen', { kind: 'value', initial: 0 }) as ValueState<number>
  for (const use of [() => value.value(), () => value.update(1), () => value.clear()]) {
    expect(use).toThrow(noCurrentKey('seen'))
  }
  state.dispose()
})
