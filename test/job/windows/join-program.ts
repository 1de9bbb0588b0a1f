/** Joins at random: the program of each, and what it must give, pair by pair over both inputs. */

import fc from 'fast-check'
import type { Sink } from '../../../src/operators/endpoints.ts'
import { StreamEnvironment } from '../../../src/program/environment.ts'
import type { JobOptions } from '../../../src/program/options.ts'
import { windowsOver } from './batch-windows.ts'
import { logSource } from './log-source.ts'
import { type AssignerSpec, assigners, type Entry, type InTime } from './window-case.ts'
import { assignerOf, timed } from './window-program.ts'

export type JoinSpec =
  | { readonly type: 'join' | 'coGroup'; readonly assigner: AssignerSpec }
  | {
      readonly type: 'interval'
      readonly lower: number
      readonly upper: number
      readonly lowerExclusive: boolean
      readonly upperExclusive: boolean
    }

const bound = fc.integer({ min: -40, max: 40 })

export const joinSpecs: fc.Arbitrary<JoinSpec> = fc.oneof(
  fc.record({ type: fc.constantFrom('join', 'coGroup'), assigner: assigners }),
  fc
    .record({ a: bound, b: bound, lowerExclusive: fc.boolean(), upperExclusive: fc.boolean() })
    .map(({ a, b, lowerExclusive, upperExclusive }) => ({
      type: 'interval' as const,
      lower: Math.min(a, b),
      upper: Math.max(a, b),
      // Of one point neither end can be left out.
      lowerExclusive: lowerExclusive && a !== b,
      upperExclusive: upperExclusive && a !== b,
    })),
)

const pairLine = (key: string, left: Entry, right: Entry, timestamp: number): string =>
  `${key} ${left.n}-${right.n} @${timestamp}`
const numbers = (entries: readonly Entry[]): string =>
  entries
    .map(({ n }) => n)
    .sort((a, b) => a - b)
    .join()
const groupLine = (key: string, left: readonly Entry[], right: readonly Entry[], timestamp: number): string =>
  `${key} ${numbers(left)} and ${numbers(right)} @${timestamp}`

/** Sorted. */
export function batchJoin(spec: JoinSpec, left: readonly Entry[], right: readonly Entry[]): string[] {
  if (spec.type === 'interval') {
    const { lower, upper, lowerExclusive, upperExclusive } = spec
    const pairs = left.flatMap((a) => right.filter((b) => b.key === a.key).map((b) => [a, b] as const))
    const within = pairs.filter(([a, b]) => {
      const apart = b.at - a.at
      return (lowerExclusive ? apart > lower : apart >= lower) && (upperExclusive ? apart < upper : apart <= upper)
    })
    return within.map(([a, b]) => pairLine(a.key, a, b, Math.max(a.at, b.at))).sort()
  }
  const both = [
    ...left.map((entry) => ({ ...entry, isLeft: true })),
    ...right.map((entry) => ({ ...entry, isLeft: false })),
  ]
  return windowsOver(spec.assigner, both)
    .flatMap(({ key, span, within }) => {
      const [as, bs] = [within.filter(({ isLeft }) => isLeft), within.filter(({ isLeft }) => !isLeft)]
      if (spec.type === 'coGroup') return [groupLine(key, as, bs, span.end - 1)]
      return as.flatMap((a) => bs.map((b) => pairLine(key, a, b, span.end - 1)))
    })
    .sort()
}

export function joinProgram(
  spec: JoinSpec,
  inputs: readonly [left: InTime, right: InTime],
  partitions: number,
  options: JobOptions,
  sink: Sink<string>,
): StreamEnvironment {
  const env = StreamEnvironment.create({ autoWatermarkIntervalMs: 0, ...options })
  const read = ({ items, time }: InTime, uid: string) => timed(env, logSource(items, partitions), time, uid)
  const [a, b] = [read(inputs[0], 'left'), read(inputs[1], 'right')]
  const withTime = (join: ReturnType<typeof joined>) =>
    join.process({ output: '' as string, element: (line, ctx) => ctx.emit(`${line} @${ctx.timestamp}`) })
  withTime(joined(spec, a, b).uid('join'))
    .sinkTo(sink)
    .uid('out')
  return env
}

type Timed = ReturnType<typeof timed>

function joined(spec: JoinSpec, a: Timed, b: Timed) {
  const key = ({ key: name }: Entry) => name
  if (spec.type === 'interval') {
    const { lower, upper, lowerExclusive, upperExclusive } = spec
    let join = a.keyBy(key).intervalJoin(b.keyBy(key)).between(lower, upper)
    if (lowerExclusive) join = join.lowerBoundExclusive()
    if (upperExclusive) join = join.upperBoundExclusive()
    return join.process({
      output: '' as string,
      element: (left, right, ctx) => ctx.emit(`${left.key} ${left.n}-${right.n}`),
    })
  }
  const assigner = assignerOf(spec.assigner, ({ gap }: Entry) => gap)
  if (spec.type === 'join') {
    return a
      .join(b)
      .where(key)
      .equalTo(key)
      .window(assigner)
      .apply((left, right, name) => `${name} ${left.n}-${right.n}`)
  }
  return a
    .coGroup(b)
    .where(key)
    .equalTo(key)
    .window(assigner)
    .apply((left, right, name) => [`${name} ${numbers(left)} and ${numbers(right)}`])
}
