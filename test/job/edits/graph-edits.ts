/** Edits of what a program consists of, who its operators are, and where they run. */
import {
  type Apply,
  at,
  change,
  type Edited,
  isMiddle,
  newName,
  operatorAt,
  type Picks,
  rewired,
  setting,
  withOperators,
} from './edited.ts'
import type { Mapping } from './expected-takes.ts'
import { type Body, type InputSpec, inputsOf, type OperatorSpec, type ProgramSpec } from './program-spec.ts'

const bodies: readonly Body[] = [
  { type: 'map' },
  { type: 'split' },
  { type: 'flatMap' },
  { type: 'reduce' },
  { type: 'unkeyed', lists: [{ name: 'l0', mode: 'split' }] },
  {
    type: 'keyed',
    states: [{ key: 'added', name: 's0', kind: 'value', version: 0, ttl: false, migrates: false, mapped: false }],
    timers: true,
    lists: [],
  },
]

/** An operator that nothing of the first program was. */
function fresh({ program }: Edited, { b }: Picks, from: OperatorSpec): OperatorSpec {
  const names = program.operators.map(({ key }) => ({ name: key }))
  const key = newName(names, 'new')
  const inputs = [{ from: from.key, exchange: 'none', side: false }] as const
  return { key, name: key, uid: key, body: at(bodies, b)!, inputs, mapped: false }
}

const anyButSink = (edited: Edited, { a }: Picks) => operatorAt(edited, a, ({ body }) => body.type !== 'sink')!

/** Behind an operator, in front of all that read it. */
const insert: Apply = (edited, picks) => {
  const before = anyButSink(edited, picks)
  const added = fresh(edited, picks, before)
  const wire = (input: InputSpec): InputSpec =>
    input.from === before.key ? { ...input, from: added.key, side: false } : input
  const operators = edited.program.operators.flatMap((one) => (one === before ? [one, added] : [rewired(one, wire)]))
  return withOperators(edited, operators)
}

/** Beside all others, of whom the last is the sink. */
const branch: Apply = (edited, picks) => {
  const added = fresh(edited, picks, anyButSink(edited, picks))
  const { operators } = edited.program
  return withOperators(edited, operators.toSpliced(operators.length - 1, 0, added))
}

/** Those that read it read what it read; those that read a source read another one. */
const removed = (edited: Edited, gone: OperatorSpec, instead: Pick<InputSpec, 'from' | 'side'>): Edited =>
  withOperators(
    edited,
    edited.program.operators
      .filter((one) => one !== gone)
      .map((one) => rewired(one, (input) => (input.from === gone.key ? { ...input, ...instead } : input))),
  )

const remove: Apply = (edited, { a }) => {
  const gone = operatorAt(edited, a, isMiddle)
  if (gone === undefined) return edited
  const { from, side } = gone.inputs[0]!
  return removed(edited, gone, { from, side })
}

const removeSource: Apply = (edited, { a }) => {
  const gone = operatorAt(edited, a, ({ body }) => body.type === 'source')!
  const other = edited.program.operators.find((one) => one.body.type === 'source' && one !== gone)
  if (other === undefined) return edited
  // The other one is to stand before all that now read it.
  const others = edited.program.operators.filter((one) => one !== other)
  return removed(withOperators(edited, [other, ...others]), gone, { from: other.key, side: false })
}

/** Two operators change places, each with all that it is. */
const swap: Apply = (edited, { a, b }) => {
  const [one, other] = [operatorAt(edited, a, isMiddle), operatorAt(edited, b, isMiddle)]
  if (one === undefined || other === undefined || one === other) return edited
  const to = (who: OperatorSpec, where: OperatorSpec): OperatorSpec => {
    const takesTwo = who.body.type === 'keyed' || who.body.type === 'unkeyed'
    return { ...who, inputs: where.inputs, second: takesTwo ? where.second : undefined }
  }
  const names = new Map([
    [one.key, other.key],
    [other.key, one.key],
  ])
  const operators = edited.program.operators
    .map((operator) => (operator === one ? to(other, one) : operator === other ? to(one, other) : operator))
    .map((operator) => rewired(operator, (input) => ({ ...input, from: names.get(input.from) ?? input.from })))
  return withOperators(edited, operators)
}

/** Built as early as can be, which changes nothing but the numbers of operators. */
const reorder: Apply = (edited, { a }) => {
  const moved = operatorAt(edited, a, isMiddle)
  if (moved === undefined) return edited
  const others = edited.program.operators.filter((one) => one !== moved)
  const last = Math.max(...inputsOf(moved).map(({ from }) => others.findIndex(({ key }) => key === from)))
  return withOperators(edited, others.toSpliced(last + 1, 0, moved))
}

const exchangeUids: Apply = (edited, { a, b }) => {
  const [one, other] = [operatorAt(edited, a), operatorAt(edited, b)]
  if (one === undefined || other === undefined || one === other) return edited
  const first = change(edited, one, (operator) => ({ ...operator, uid: other.uid }))
  return change(first, other, (operator) => ({ ...operator, uid: one.uid }))
}

const maxima = [undefined, 128, 4, 5, 7, 100]

const programSetting =
  (changed: (program: ProgramSpec, picks: Picks) => Partial<ProgramSpec>): Apply =>
  (edited, picks) => ({ ...edited, program: { ...edited.program, ...changed(edited.program, picks) } })

const mapOperator: Apply = (edited, { a, b }) => {
  const from = at([...edited.before.values()], a)!
  const target = b === 30 ? 'nobody' : operatorAt(edited, b)!.uid
  if (target === undefined) return edited
  const mapping: Mapping = { from: { operator: from.uid ?? from.id }, to: { operator: target } }
  return { ...edited, mapping: [...edited.mapping, mapping] }
}

export const graphEdits = {
  insert,
  branch,
  remove,
  'remove source': removeSource,
  swap,
  reorder,
  chaining: programSetting(({ chaining }) => ({ chaining: !chaining })),
  chain: setting((_, { b }) => ({ chain: at([undefined, 'new', 'alone'] as const, b) })),
  exchange: setting(({ inputs }, { b, c }) => ({
    inputs: inputs.map((input, n) =>
      n === b % inputs.length ? { ...input, exchange: at(['none', 'rebalance', 'broadcast'] as const, c)! } : input,
    ),
  })),
  'rename uid': setting((one, { b }) => ({ uid: `renamed ${one.key}`, mapped: b % 4 > 0 })),
  'drop uid': setting(() => ({ uid: undefined })),
  'exchange uids': exchangeUids,
  name: setting(({ key }) => ({ name: `${key}, renamed` })),
  /** It takes the id that it had, whatever it is called now. */
  repair: setting(({ key }, { b }, { before }) => ({
    uidHash: before.get(key)?.id,
    ...(b % 2 === 0 && { uid: `repaired ${key}` }),
  })),
  parallelism: setting((_, { b }) => ({ parallelism: 1 + (b % 6) })),
  'program parallelism': programSetting((_, { b }) => ({ parallelism: 1 + (b % 5) })),
  'max parallelism': setting((_, { b }) => ({ maxParallelism: at(maxima, b) })),
  'program max parallelism': programSetting((_, { b }) => ({ maxParallelism: at(maxima, b) })),
  /** Of the whole program: what is stored says how many there are. */
  'any max parallelism': ({ program, ...edited }) => ({
    ...edited,
    program: {
      ...program,
      maxParallelism: undefined,
      operators: program.operators.map((one) => ({ ...one, maxParallelism: undefined })),
    },
  }),
  'map operator': mapOperator,
  body: setting((one, { b }) => (isMiddle(one) ? { body: at(bodies, b)!, second: undefined } : {})),
  'sink state': setting(({ body }, { b }) =>
    body.type === 'sink' ? { body: { ...body, keeps: at(['nothing', 'divided', 'whole'] as const, b)! } } : {},
  ),
} satisfies Readonly<Record<string, Apply>>
