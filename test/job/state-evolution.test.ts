import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { lmdbStateBackend } from '../../src/backends/lmdb/lmdb-state.ts'
import type { ListState, StateBackend, ValueState } from '../../src/backends/state-backend.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { listState, type StateDeclarations, valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

interface Sale {
  readonly shop: string
  readonly euros: number
}

const sales: readonly Sale[] = [
  { shop: 'north', euros: 1.5 },
  { shop: 'south', euros: 2 },
  { shop: 'north', euros: 3.25 },
]

/** What a version of the program keeps and says. */
interface Program {
  readonly state: StateDeclarations
  readonly add: (state: Readonly<Record<string, unknown>>, sale: Sale) => unknown
}

const inEuros: Program = {
  state: { total: valueState(0) },
  add(state, { euros }) {
    const total = state.total as ValueState<number>
    total.update(total.value() + euros)
    return total.value()
  },
}

const toCents = (old: unknown): { cents: number } => ({ cents: Math.round((old as number) * 100) })

const inCents: Program = {
  state: { total: valueState({ cents: 0 }, { version: 1, migrate: toCents }) },
  add(state, { euros }) {
    const total = state.total as ValueState<{ cents: number }>
    total.update({ cents: total.value().cents + Math.round(euros * 100) })
    return total.value()
  },
}

function started(backend: StateBackend = heapStateBackend) {
  const dir = temporaryDir()
  const feed = new Feed(sales)
  const output: unknown[] = []
  const options: JobOptions = {
    name: 'sales',
    parallelism: 2,
    maxParallelism: 8,
    restart: { strategy: 'fixed-delay', attempts: 3, delayMs: 10 },
    checkpoint: { intervalMs: 100, inlineStateBytes: 0, storage: { kind: 'filesystem', dir: `${dir}/checkpoints` } },
    savepoint: { kind: 'filesystem', dir: `${dir}/savepoints` },
  }
  const program = ({ state, add }: Program): StreamEnvironment => {
    const env = StreamEnvironment.create(options)
    env
      .fromSource(feed.source)
      .uid('sales')
      .keyBy(({ shop }) => shop)
      .process({
        output: {} as unknown,
        state,
        element: (sale, ctx) => ctx.emit([sale.shop, add(ctx.state, sale)]),
      })
      .name('totals')
      .uid('totals')
      .sinkTo(toArray(output))
      .uid('out')
    return env
  }
  const process = (seed = 1) => new SimulatedProcess({ seed, stateBackend: backend })
  /** Runs a program over what there is, then takes a savepoint and ends. */
  const saved = async (of: Program): Promise<string> => {
    const here = process()
    const { job } = await here.submit(program(of))
    await here.until(() => output.length === feed.size)
    const path = await here.settle(job.stop())
    await here.settle(here.session.close())
    return path
  }
  return { feed, output, program, process, saved }
}

describe.each([
  ['heap', () => heapStateBackend],
  ['lmdb', () => lmdbStateBackend({ dir: temporaryDir() })],
])('a program with state of a new version (%s)', (_, backend) => {
  it('goes on from a savepoint of the old one, through migrate, and from its own checkpoints without', async () => {
    const { feed, output, program, process, saved } = started(backend())
    const path = await saved(inEuros)
    feed.push({ shop: 'north', euros: 0.5 }, { shop: 'east', euros: 1 })
    const here = process(2)
    const observed = await here.submit(program(inCents), { fromSavepoint: path })
    await here.until(() => output.length === 5)
    expect(output.slice(3)).toEqual(
      expect.arrayContaining([
        ['north', { cents: 525 }],
        ['east', { cents: 100 }],
      ]),
    )
    await observed.completes(1)
    await here.settle(here.session.close())
    feed.push({ shop: 'north', euros: 1 })
    const later = process(3)
    await later.submit(program(inCents), { resume: true })
    await later.until(() => output.length >= 6)
    expect(output.at(-1)).toEqual(['north', { cents: 625 }])
  })
})

describe('a program whose state cannot be what was stored', () => {
  it('is refused when it is submitted, with what to write', async () => {
    const { program, process, saved } = started()
    const path = await saved(inEuros)
    const state = { total: valueState({ cents: 0 }, { version: 1 }) }
    await expect(process(2).submit(program({ ...inCents, state }), { fromSavepoint: path })).rejects.toMatchObject({
      code: 'RESTORE_STATE_INCOMPATIBLE',
      message: expect.stringMatching(
        /^State "total" of operator "totals" .*To restore it, add migrate\(old, version\)/,
      ),
    })
  })

  it('runs where the change loses nothing: a value as a list of one item', async () => {
    const { feed, output, program, process, saved } = started()
    const path = await saved(inEuros)
    const inLists: Program = {
      state: { total: listState<number>() },
      add(states, { euros }) {
        const total = states.total as ListState<number>
        total.add(euros)
        return [...total.get()]
      },
    }
    feed.push({ shop: 'north', euros: 1 })
    const here = process(2)
    await here.submit(program(inLists), { fromSavepoint: path })
    await here.until(() => output.length === 4)
    expect(output.at(-1)).toEqual(['north', [4.75, 1]])
  })

  it('is refused when it resumes, too: a program that is older than its checkpoints', async () => {
    const { output, feed, program, process } = started()
    const here = process()
    const observed = await here.submit(program(inCents))
    await here.until(() => output.length === feed.size)
    await observed.completes(1)
    await here.settle(here.session.close())
    await expect(process(2).submit(program(inEuros), { resume: true })).rejects.toMatchObject({
      code: 'RESTORE_STATE_INCOMPATIBLE',
      message: expect.stringContaining(
        'it was written as version 1, and the program declares version 0 (none was declared)',
      ),
    })
  })

  it('loses state that it does not declare any more only when that is allowed', async () => {
    const { feed, output, program, process, saved } = started()
    const path = await saved(inEuros)
    const without: Program = { state: {}, add: () => 'nothing' }
    await expect(process(2).submit(program(without), { fromSavepoint: path })).rejects.toMatchObject({
      code: 'RESTORE_STATE_UNMATCHED',
      message: expect.stringContaining('"total"'),
    })
    feed.push({ shop: 'north', euros: 1 })
    const here = process(3)
    await here.submit(program(without), { fromSavepoint: path, allowNonRestoredState: true })
    await here.until(() => output.length === 4)
    expect(output.at(-1)).toEqual(['north', 'nothing'])
  })

  it('fails with operator, state and key when migrate throws, and is not restarted', async () => {
    const { program, process, saved } = started()
    const path = await saved(inEuros)
    let calls = 0
    const migrate = (): { cents: number } => {
      calls++
      throw new Error('not a price')
    }
    const here = process(2)
    const state = { total: valueState({ cents: 0 }, { version: 1, migrate }) }
    const { job } = await here.submit(program({ ...inCents, state }), { fromSavepoint: path })
    const { status, error } = await here.settle(job.done)
    expect(status).toBe('FAILED')
    expect(error).toMatchObject({
      code: 'RESTORE_STATE_INCOMPATIBLE',
      message: expect.stringMatching(
        /^State "total" of operator "totals" \(uid "totals"\) cannot be restored for key "(north|south)": migrate\(old, 0\) threw not a price\.$/,
      ),
    })
    expect(calls).toBeLessThanOrEqual(2)
  })
})
