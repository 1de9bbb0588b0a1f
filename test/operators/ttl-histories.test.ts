/** Random histories of state with a time to live, through snapshots and restores on either backend, beside a naive model. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { TtlOptions } from '../../src/backends/state-backend.ts'
import { type HarnessSnapshot, OperatorHarness } from '../../src/testing/operator-harness.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { TtlModel } from './ttl-model.ts'
import { type Command, ttlOperator } from './ttl-program.ts'

const calls = [
  ...['value.read', 'value.write', 'value.write', 'value.clear', 'plain.write'],
  ...['list.read', 'list.add', 'list.add', 'list.addAll', 'list.update', 'list.clear'],
  ...[
    'map.read',
    'map.has',
    'map.entries',
    'map.keys',
    'map.values',
    'map.isEmpty',
    'map.put',
    'map.put',
    'map.remove',
  ],
  ...['map.clear', 'sum.read', 'sum.add', 'sum.clear', 'count.read', 'count.add', 'count.clear'],
]

type Step = Command | { readonly advance: number } | { readonly restart: 'heap' | 'lmdb'; readonly pause: number }

const ttls = fc.record({
  ms: fc.integer({ min: 1, max: 100 }),
  refresh: fc.constantFrom('write', 'read-and-write'),
  expired: fc.constantFrom('hidden', 'visible-until-cleaned'),
})

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        call: fc.constantFrom(...calls),
        item: fc.integer({ min: 0, max: 5 }),
        entry: fc.integer({ min: 0, max: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 60 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ restart: fc.constantFrom('heap', 'lmdb'), pause: fc.integer({ min: 0, max: 150 }) }),
    },
  ) as fc.Arbitrary<Step>,
  { maxLength: 60 },
)

const backends = { heap: heapStateBackend, lmdb: lmdbStateBackend({ dir: temporaryDir(), cacheEntries: 2 }) }

class History {
  readonly #ttl: TtlOptions
  readonly #model: TtlModel
  #harness: OperatorHarness

  constructor(ttl: TtlOptions, backend: 'heap' | 'lmdb') {
    this.#ttl = ttl
    this.#model = new TtlModel(ttl)
    this.#harness = this.#open(backend, 0, undefined)
  }

  async step(step: Step): Promise<void> {
    if ('advance' in step) this.#harness.advance(step.advance)
    else if ('restart' in step) {
      const restored = await this.#harness.snapshot()
      const startMs = this.#harness.clock.now() + step.pause
      await this.#harness.close()
      this.#harness = this.#open(step.restart, startMs, restored)
    } else {
      this.#harness.element(step)
      expect(this.#harness.values.at(-1)).toEqual(this.#model.tell(step, this.#harness.clock.now()))
    }
  }

  async end(): Promise<void> {
    const before = this.#harness.values.length
    await this.#harness.endOfData()
    const left = this.#model.left(this.#harness.clock.now())
    expect(this.#harness.values.slice(before).sort()).toEqual(left.map((key) => `end of ${key}`))
    await this.#harness.close()
  }

  #open(backend: 'heap' | 'lmdb', startMs: number, restored: HarnessSnapshot | undefined): OperatorHarness {
    return new OperatorHarness(ttlOperator(this.#ttl), {
      key: ({ key }: Command) => key,
      backend: backends[backend],
      startMs,
      ...(restored !== undefined && { restored }),
    })
  }
}

describe.each(['heap', 'lmdb'] as const)('any history of state with a time to live, begun on %s', (backend) => {
  it('is what a model says that looks through everything', async () => {
    await fc.assert(
      fc.asyncProperty(ttls, steps, async (ttl, history) => {
        const run = new History(ttl, backend)
        for (const step of history) await run.step(step)
        await run.end()
      }),
      { numRuns: backend === 'heap' ? 400 : 60, seed: 1 },
    )
  })
})
