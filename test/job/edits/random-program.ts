/** Programs and edits at random. What is drawn is small data that shrinks; every draw makes a program that can be built. */
import fc from 'fast-check'
import type { StateKind } from '../../../src/core/state-handles.ts'
import { type Edit, editTypes, usualEdits } from './apply-edit.ts'
import type { Body, InputSpec, ListSpec, OperatorSpec, ProgramSpec, StateSpec } from './program-spec.ts'

export interface Case {
  readonly program: ProgramSpec
  /** Edits before the next run, and perhaps before one more. */
  readonly rounds: readonly (readonly Edit[])[]
  readonly allowed: boolean
  /** How the first run ends. */
  readonly from: 'stop' | 'savepoint' | 'checkpoint'
  readonly place: 'memory' | 'pointer' | 'self-contained'
  readonly incremental: boolean
  /** Is small state kept in the manifest? */
  readonly inline: boolean
  readonly backends: readonly ['heap' | 'lmdb', 'heap' | 'lmdb']
}

const kinds: readonly StateKind[] = ['value', 'list', 'map', 'reducing', 'aggregating']
const often = <const T, const U = T>(usual: T, ...others: readonly U[]): fc.Arbitrary<T | U> =>
  fc.oneof<fc.MaybeWeightedArbitrary<T | U>[]>(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  )

const list = fc.constantFrom('split', 'union', 'broadcast').map((mode) => ({ mode }) as const)
const state = fc.record({ kind: fc.constantFrom(...kinds), version: often(0, 1, 2), ttl: often(false, true) })
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('keyed' as const),
      states: fc.array(state, { maxLength: 3 }),
      timers: fc.boolean(),
      lists: fc.array(list, { maxLength: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('unkeyed' as const), lists: fc.array(list, { maxLength: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('map', 'filter', 'flatMap', 'split', 'reduce' as const) }),
  },
)

const input = fc.record({
  from: fc.nat(9),
  exchange: often('none', 'rebalance', 'broadcast' as const),
  side: fc.boolean(),
})

const settings = fc.record({
  uid: often('plain', 'odd', 'none'),
  parallelism: often(undefined, 1, 2, 3, 4),
  maxParallelism: often(undefined, undefined, 4, 7),
  chain: often(undefined, 'new', 'alone' as const),
})

const operator = fc.record({
  body,
  inputs: fc.oneof(
    { weight: 4, arbitrary: fc.array(input, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(input, { minLength: 2, maxLength: 2 }) },
  ),
  second: fc.option(input, { freq: 4 }),
  settings,
})

const source = fc.record({ partitions: fc.integer({ min: 1, max: 3 }), divided: often(true, false), settings })
const sink = fc.record({ keeps: fc.constantFrom('nothing', 'divided', 'whole' as const), settings })

const program = fc
  .record({
    parallelism: fc.integer({ min: 1, max: 3 }),
    maxParallelism: often(undefined, 5, 100),
    chaining: often(true, false),
    sources: fc.array(source, { minLength: 1, maxLength: 2 }),
    operators: fc.array(operator, { minLength: 1, maxLength: 4 }),
    sink,
  })
  .map(programOf)

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never

function programOf(drawn: {
  readonly parallelism: number
  readonly maxParallelism: number | undefined
  readonly chaining: boolean
  readonly sources: readonly Drawn<typeof source>[]
  readonly operators: readonly Drawn<typeof operator>[]
  readonly sink: Drawn<typeof sink>
}): ProgramSpec {
  const { parallelism, maxParallelism, chaining } = drawn
  const operators: OperatorSpec[] = drawn.sources.map((one, n) => ({
    ...settingsOf(`in${n}`, one.settings),
    body: { type: 'source', partitions: one.partitions, divided: one.divided },
    inputs: [],
  }))
  for (const [n, one] of drawn.operators.entries()) {
    const key = `op${n}`
    const inputOf = ({ from, exchange, side }: Drawn<typeof input>): InputSpec => ({
      from: operators[from % operators.length]!.key,
      exchange,
      side,
    })
    const made = bodyOf(key, one.body)
    const takesTwo = made.type === 'keyed' || made.type === 'unkeyed'
    operators.push({
      ...settingsOf(key, one.settings),
      body: made,
      inputs: one.inputs.map(inputOf),
      ...(takesTwo && one.second && { second: inputOf(one.second) }),
    })
  }
  const out: OperatorSpec = {
    ...settingsOf('out', drawn.sink.settings),
    body: { type: 'sink', keeps: drawn.sink.keeps },
    inputs: [],
  }
  return withLeaves({ parallelism, maxParallelism, chaining, operators: [...operators, out] })
}

function settingsOf(key: string, { uid, parallelism, maxParallelism, chain }: Drawn<typeof settings>) {
  const uids = { plain: key, odd: `${key}/=%`, none: undefined } as const
  return { key, name: key, uid: uids[uid as keyof typeof uids], parallelism, maxParallelism, chain, mapped: false }
}

function bodyOf(key: string, drawn: Drawn<typeof body>): Body {
  if (drawn.type === 'keyed')
    return { ...drawn, states: drawn.states.map(stateOf(key)), lists: drawn.lists.map(listOf) }
  return drawn.type === 'unkeyed' ? { ...drawn, lists: drawn.lists.map(listOf) } : { type: drawn.type as 'map' }
}

const stateOf =
  (key: string) =>
  (drawn: Drawn<typeof state>, n: number): StateSpec => ({
    key: `${key}.s${n}`,
    name: `s${n}`,
    ...drawn,
    migrates: true,
    mapped: false,
  })

const listOf = ({ mode }: Drawn<typeof list>, n: number): ListSpec => ({ name: `l${n}`, mode })

/** Everything that nobody reads goes into the last sink. */
export function withLeaves(spec: ProgramSpec): ProgramSpec {
  const others = spec.operators.slice(0, -1)
  const out = spec.operators.at(-1)!
  const read = new Set(
    others.flatMap(({ inputs, second }) => [...inputs, ...(second ? [second] : [])].map(({ from }) => from)),
  )
  const leaves = others.filter(({ key }) => !read.has(key))
  const inputs = leaves.map(
    ({ key }) => out.inputs.find(({ from }) => from === key) ?? { from: key, exchange: 'none' as const, side: false },
  )
  return { ...spec, operators: [...others, { ...out, inputs }] }
}

const edit: fc.Arbitrary<Edit> = fc.record({
  type: fc.oneof(fc.constantFrom(...usualEdits), fc.constantFrom(...editTypes)),
  a: fc.nat(30),
  b: fc.nat(30),
  c: fc.nat(30),
})

const edits = fc.array(edit, { minLength: 1, maxLength: 5 })

export const cases: fc.Arbitrary<Case> = fc.record({
  program,
  rounds: fc.oneof({ weight: 3, arbitrary: fc.tuple(edits) }, { weight: 1, arbitrary: fc.tuple(edits, edits) }),
  allowed: often(true, false),
  from: fc.constantFrom('stop', 'savepoint', 'checkpoint' as const),
  place: fc.oneof(
    { weight: 5, arbitrary: fc.constant('memory' as const) },
    { weight: 2, arbitrary: fc.constantFrom('pointer', 'self-contained' as const) },
  ),
  incremental: fc.boolean(),
  inline: fc.boolean(),
  backends: fc.oneof(
    { weight: 7, arbitrary: fc.constant(['heap', 'heap'] as const) },
    { weight: 1, arbitrary: fc.constantFrom(['heap', 'lmdb'] as const, ['lmdb', 'heap'] as const) },
  ),
})
