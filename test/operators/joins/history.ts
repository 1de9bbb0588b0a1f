/** A history of a two-input operator, played as it is or with a snapshot and a new instance after every step, on each state backend. */
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../../src/backends/lmdb/lmdb-state.ts'
import type { KeyedStateBackend, StateBackend } from '../../../src/backends/state-backend.ts'
import type { OperatorFactory } from '../../../src/operators/operator.ts'
import type { OutputTag } from '../../../src/operators/output-tag.ts'
import type { EmittedRecord } from '../../../src/testing/collected-output.ts'
import type { HarnessRecord } from '../../../src/testing/harness-record.ts'
import { OperatorHarness, type OperatorHarnessOptions } from '../../../src/testing/operator-harness.ts'
import { temporaryDir } from '../../backends/temporary.ts'

export type Step =
  | { readonly left: readonly HarnessRecord[] }
  | { readonly right: readonly HarnessRecord[] }
  /** Of both inputs. */
  | { readonly watermark: number }

export interface Played {
  readonly records: readonly EmittedRecord[]
  side(tag: OutputTag<unknown>): readonly EmittedRecord[]
  /** State and timers that were left. */
  readonly entries: number
}

export interface Way {
  readonly title: string
  readonly backend: StateBackend
  /** Is every step made by a new instance? */
  readonly anew: boolean
}

/** On the heap and on disk, with hardly anything of it in memory; with one instance and with many. */
export function ways(): readonly Way[] {
  const backends = [heapStateBackend, lmdbStateBackend({ dir: temporaryDir(), cacheEntries: 2 })]
  return backends.flatMap((backend) =>
    [false, true].map((anew) => ({ title: `${backend.kind}${anew ? ', restored at every step' : ''}`, backend, anew })),
  )
}

export async function play(
  factory: OperatorFactory,
  options: OperatorHarnessOptions,
  steps: readonly Step[],
  { backend, anew }: Pick<Way, 'backend' | 'anew'>,
): Promise<Played> {
  let state: KeyedStateBackend | undefined
  const watched: StateBackend = {
    kind: backend.kind,
    create(given) {
      state = backend.create(given)
      return state
    },
  }
  const tags = options.sideOutputs ?? []
  const records: EmittedRecord[] = []
  const sides = new Map<string, EmittedRecord[]>(tags.map(({ name }) => [name, []]))
  let harness = new OperatorHarness(factory, { ...options, backend: watched })
  let watermark = Number.NEGATIVE_INFINITY
  const gather = () => {
    records.push(...harness.records)
    for (const tag of tags) sides.get(tag.name)!.push(...harness.side(tag).records)
  }
  for (const step of steps) {
    if ('left' in step) harness.feed(step.left, 0)
    else if ('right' in step) harness.feed(step.right, 1)
    else {
      watermark = step.watermark
      for (const input of [0, 1] as const) harness.watermark(watermark, input)
    }
    if (!anew) continue
    gather()
    const restored = await harness.snapshot()
    await harness.close()
    harness = new OperatorHarness(factory, { ...options, backend: watched, restored })
    // As channels do that begin anew.
    if (Number.isFinite(watermark)) for (const input of [0, 1] as const) harness.watermark(watermark, input)
  }
  gather()
  const entries = state?.entryCount ?? 0
  await harness.close()
  return { records, side: ({ name }) => sides.get(name) ?? [], entries }
}
