/** A run of maps, filters and flatMaps as one loop does what each of them does alone, compiled or not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'
import { compileSteps } from '../../src/operators/compiled-steps.ts'
import { FusedSteps } from '../../src/operators/fused-steps.ts'
import type { OperatorFactory, Output } from '../../src/operators/operator.ts'
import { ResultRefused } from '../../src/operators/refuse-promise.ts'
import { filterOperator, flatMapOperator, mapOperator, type StatelessStep } from '../../src/operators/stateless.ts'
import { ck, failure, member, testChain } from './chain-harness.ts'

type Fn = (value: number) => unknown
const map = (fn: Fn): StatelessStep => ({ kind: 'map', fn: fn as StatelessStep['fn'] })
const filter = (fn: Fn): StatelessStep => ({ kind: 'filter', fn: fn as StatelessStep['fn'] })
const flatMap = (fn: Fn): StatelessStep => ({ kind: 'flat-map', fn: fn as StatelessStep['fn'] })

const operatorOf = ({ kind, fn }: StatelessStep): OperatorFactory =>
  kind === 'map'
    ? mapOperator(fn)
    : kind === 'filter'
      ? filterOperator(fn as () => boolean)
      : flatMapOperator(fn as never)
const lineOf = (steps: readonly StatelessStep[]) =>
  steps.map((step, i) => member(`op${i}`, operatorOf(step), i === 0 ? {} : { parent: i - 1 }))

const flat = (batches: readonly RecordBatch[]) =>
  batches.flatMap(({ values, timestamps }) => values.map((value, i) => [value, timestamps?.[i]]))

const compilers = { compiled: compileSteps, plain: () => undefined }
const variants = ['compiled', 'plain'] as const

/** Feeds a run; what it threw, and by which step, is the last line. */
function run(
  variant: (typeof variants)[number],
  steps: readonly StatelessStep[],
  batches: readonly RecordBatch[],
  limit = 1024,
) {
  const emitted: RecordBatch[] = []
  const output: Output = { emit: (batch) => void emitted.push(batch), watermark() {}, watermarkStatus() {} }
  let failed: unknown
  const named = (step: number, thrown: unknown) => ({ step, thrown })
  const fused = new FusedSteps({ steps, output, limit, owner: 'test', named, compile: compilers[variant] })
  try {
    for (const batch of batches) fused.batch(batch)
  } catch (thrown) {
    failed = thrown
  }
  return { emitted, failed }
}

describe('a run of steps in one loop', () => {
  const small = fc.integer({ min: -3, max: 3 })
  function* twice(n: number) {
    yield n
    yield -n
  }
  const step = fc.oneof(
    small.map((by) => map((n) => n + by)),
    small.map((by) => map((n) => ({ n: n * by }).n)),
    fc.integer({ min: 2, max: 4 }).map((of) => filter((n) => n % of !== 0)),
    fc.constantFrom(
      filter(() => true),
      filter(() => 0),
      flatMap((n) => (n > 2 ? [] : [n, n + 1])),
      flatMap((n) => new Set([n, n, 1])),
      flatMap(twice),
    ),
  )
  const values = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 12 })
  const batch = fc
    .tuple(values, fc.boolean())
    .map(([list, stamped]) => recordBatch(list, stamped ? list.map((_, i) => i * 10) : undefined))

  it.each(variants)('gives what the operators give one by one, in batches within the limit: %s', (variant) => {
    const inputs = [
      fc.array(step, { minLength: 1, maxLength: 5 }),
      fc.array(batch),
      fc.integer({ min: 1, max: 9 }),
    ] as const
    fc.assert(
      fc.property(...inputs, (steps, batches, limit) => {
        const single = testChain(lineOf(steps), limit)
        single.chain.open([])
        for (const one of batches) single.chain.batch(0, one)
        const { emitted, failed } = run(variant, steps, batches, limit)
        expect(failed).toBeUndefined()
        const { records } = single.tail(steps.length - 1)
        expect(flat(emitted)).toEqual(records.map(({ value, timestamp }) => [value, timestamp]))
        for (const { values, timestamps } of emitted) {
          expect(values.length).toBeGreaterThan(0)
          if (timestamps !== undefined) expect(timestamps).toHaveLength(values.length)
          if (steps.some(({ kind }) => kind === 'flat-map')) expect(values.length).toBeLessThanOrEqual(limit)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each(variants)('takes as much of an endless iterable as its reader takes: %s', (variant) => {
    function* endless() {
      for (let n = 0; ; n++) yield n
    }
    const steps = [flatMap(endless), map((n) => n * 2)]
    const emitted: unknown[] = []
    const output: Output = {
      emit({ values }) {
        emitted.push(...values)
        if (emitted.length >= 4) throw new Error('enough')
      },
      watermark() {},
      watermarkStatus() {},
    }
    const named = (at: number, thrown: unknown) => new Error(`step ${at}: ${(thrown as Error).message}`)
    const fused = new FusedSteps({ steps, output, limit: 2, owner: 'test', named, compile: compilers[variant] })
    expect(() => fused.batch(recordBatch([1]))).toThrow('step 1: enough')
    expect(emitted).toEqual([0, 2, 4, 6])
  })
})

describe('who is to blame', () => {
  const at =
    (bad: number, fn: Fn): Fn =>
    (n) => {
      if (n === bad) throw new Error(`bad ${bad}`)
      return fn(n)
    }
  const same: Fn = (n) => n
  function* breaksOff(n: number) {
    yield n
    if (n === 5) throw new Error('broke off')
  }
  const cases: readonly (readonly [string, readonly StatelessStep[], number])[] = [
    ['the first', [map(at(3, same)), map(same)], 0],
    ['a filter between', [map(same), filter(at(4, () => true)), map(same)], 1],
    ['the last', [filter(() => true), flatMap((n) => [n]), map(at(4, same))], 2],
    ['an iterable that breaks off behind those that it fed', [map(same), flatMap(breaksOff), map(same)], 1],
    [
      'an iterable that breaks off when its record was dropped',
      [flatMap(breaksOff), map(same), filter(() => false)],
      0,
    ],
    ['what is not iterable', [map(same), flatMap((n) => (n === 5 ? undefined : [n]))], 1],
  ]
  for (const variant of variants) {
    it.each(cases)(`is %s (${variant})`, (_name, steps, guilty) => {
      const { failed, emitted } = run(variant, steps, [recordBatch([1, 2]), recordBatch([1, 2, 3, 4, 5])])
      expect(failed).toMatchObject({ step: guilty, thrown: expect.any(Error) })
      expect(emitted.length).toBeLessThanOrEqual(1)
    })

    it(`is the one whose function is asynchronous, also behind a filter (${variant})`, () => {
      const asynchronous = map(async (n) => n)
      const steps = [filter((n) => n > 3), asynchronous, flatMap((n) => [n])]
      const { failed } = run(variant, steps, [recordBatch([1, 2, 3]), recordBatch([1, 2, 3, 4, 5])])
      expect(failed).toMatchObject({ step: 1, thrown: expect.any(ResultRefused) })
    })
  }
})

describe('in a chain', () => {
  const steps = [map((n) => n + 1), filter((n) => n % 2 === 0), flatMap((n) => [n, n * 10]), map((n) => `${n}`)]

  it('only what has one reader is in a loop with it, and each operator keeps its life', () => {
    const { chain, tail } = testChain(lineOf(steps), 1024, 'leaves')
    chain.open([])
    chain.batch(0, recordBatch([1, 2, 3], [7, 8, 9]))
    chain.watermark(9)
    expect(tail(3).records).toEqual([
      ...[2, 20].map((n) => ({ value: `${n}`, timestamp: 7 })),
      ...[4, 40].map((n) => ({ value: `${n}`, timestamp: 9 })),
    ])
    expect(tail(3).watermarks).toEqual([9])
    expect(chain.snapshot(ck(1), 'checkpoint').map(({ operatorId }) => operatorId)).toEqual([
      'op0',
      'op1',
      'op2',
      'op3',
    ])
  })

  it('a branch ends the loop', () => {
    const branch = member('branch', operatorOf(map((n) => -n)), { parent: 1 })
    const { chain, tail } = testChain([...lineOf(steps), branch], 1024, 'leaves')
    chain.open([])
    chain.batch(0, recordBatch([1, 2, 3]))
    expect([tail(3).values, tail(4).values]).toEqual([
      ['2', '20', '4', '40'],
      [-2, -4],
    ])
  })

  it('an error behind the loop keeps its name, and what has none gets that of the last operator of the loop', () => {
    const boom = () => {
      throw new Error('disk full')
    }
    const { chain, tail } = testChain(lineOf(steps), 1024, 'leaves')
    chain.open([])
    tail(3).emit = boom
    expect(failure(() => chain.batch(0, recordBatch([1]))).message).toBe(
      'A function of operator "op3" (no uid) failed: disk full',
    )
  })
})
