/**
 * Keyed state on the heap: a Map per state. The reference backend, and the fastest.
 *
 * Names and kinds are in `table-state.ts`, the entries in `heap-table.ts`.
 * Tests: test/backends/heap-state.test.ts, src/testing/state-backend-suite.ts.
 */
import type { Key } from '../core/key-groups.ts'
import { cellForms } from './heap-cells.ts'
import { HeapTable } from './heap-table.ts'
import type { StateBackend } from './state-backend.ts'
import type { StateTable, TableKind, TableStore } from './state-table.ts'
import { TableState } from './table-state.ts'

/**
 * Keyed state in this process's memory; a snapshot copies nothing but what changes while it is written.
 *
 * @example
 * const range = { start: 0, end: 127 }
 * const backend = heapStateBackend.create({ range, maxParallelism: 128, freeze: true, operatorName: 'count' })
 */
export const heapStateBackend: StateBackend = {
  kind: 'heap',
  create: (options) => new TableState(options, new HeapTables(options.incremental === true)),
}

class HeapTables implements TableStore {
  readonly #incremental: boolean

  constructor(incremental: boolean) {
    this.#incremental = incremental
  }

  makeTable(name: string, kind: TableKind, epoch: number): HeapTable {
    return new HeapTable(name, kind, cellForms[kind], this.#incremental ? epoch : undefined)
  }

  keys(tables: readonly StateTable[]): Iterable<Key> {
    // A copy, since a key that is removed and put back between two steps would come again.
    const keys = new Set<Key>()
    for (const { slots } of tables as readonly HeapTable[]) for (const key of slots.keys()) keys.add(key as Key)
    return keys
  }

  dispose(): void {}
}
