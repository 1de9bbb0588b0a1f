/** Where a case keeps its snapshots, and the processes that see them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { StateBackend } from '../../../src/backends/state-backend.ts'
import { Storages } from '../../../src/job/storages.ts'
import type { JobOptions } from '../../../src/program/options.ts'
import { openSavepoint } from '../../../src/savepoint/open-savepoint.ts'
import { verifySavepoint } from '../../../src/savepoint/verify-savepoint.ts'
import { SimulatedProcess } from '../simulated-process.ts'
import { type KeptOperator, readKept } from './kept-state.ts'
import type { Case } from './random-program.ts'

const backends: Readonly<Record<Case['backends'][number], (dir: string) => StateBackend>> = {
  heap: () => heapStateBackend,
  lmdb: (dir) => lmdbStateBackend({ dir }),
}

export class CasePlace {
  readonly options: JobOptions
  readonly request: { readonly format: 'pointer' | 'self-contained' }
  readonly storages = new Storages()
  readonly #onDisk: boolean
  readonly #dir = mkdtempSync(join(tmpdir(), 'tidemark-edits-'))

  constructor({ place, incremental, inline }: Pick<Case, 'place' | 'incremental' | 'inline'>) {
    this.#onDisk = place !== 'memory'
    this.request = { format: place === 'self-contained' ? 'self-contained' : 'pointer' }
    const restart = { strategy: 'none' } as const
    const checkpoint = {
      incremental,
      ...(!inline && { inlineStateBytes: 0 }),
      retention: 'retain-on-cancellation',
    } as const
    this.options = { restart, checkpoint }
    if (!this.#onDisk) return
    const dir = this.#dir
    this.options = {
      restart,
      checkpoint: { ...checkpoint, storage: { kind: 'filesystem', dir: `${dir}/checkpoints` } },
      savepoint: { kind: 'filesystem', dir: `${dir}/savepoints` },
    }
  }

  process(seed: number, backend: keyof typeof backends): SimulatedProcess {
    return new SimulatedProcess({ seed, stateBackend: backends[backend](this.#dir), storages: this.storages })
  }

  /** What a snapshot keeps, once it has been found to be sound. */
  async read(path: string): Promise<readonly KeptOperator[]> {
    if (this.#onDisk) expect(await verifySavepoint(path)).toEqual([])
    return readKept(await openSavepoint(path, { resolveUrl: (url) => this.storages.find(url) }))
  }

  /** Nothing is left behind: there may be thousands of cases. */
  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
