/**
 * Which operator of a program may be one that its snapshot knows under another uid: for a hint, never for a restore. Pure.
 */
import type { ManifestOperator } from '../backends/manifest.ts'
import type { OperatorId } from '../core/ids.ts'
import type { JobGraph, JobOperator } from '../graph/job-graph.ts'
import type { OperatorFactory } from '../operators/operator.ts'
import { hasState, type Matching } from './operator-matching.ts'
import { keyedStatesOf } from './state-mapping.ts'

/**
 * For an operator of the snapshot that nobody has taken over, the one of the program that starts empty and has the same states;
 * of several, the one of the same name. What could be two things is not guessed.
 */
export function guessRenames(graph: JobGraph, { matched, unclaimed }: Matching): ReadonlyMap<OperatorId, JobOperator> {
  const gone = unclaimed.flatMap(({ stored, heir }) => (heir === undefined ? [stored] : []))
  const empty = graph.vertices
    .flatMap(({ operators }) => operators)
    .filter(({ id, operator }) => {
      const place = matched.get(id)
      return operator.stateful && (place === undefined || !hasState(place))
    })
  const guesses = new Map<OperatorId, JobOperator>()
  for (const stored of gone) {
    const shape = storedShape(stored)
    const alike = empty.filter((operator) => {
      const declared = shapeOf(operator)
      return declared === undefined ? operator.name === stored.name : declared === shape
    })
    const named = alike.filter(({ name }) => name === stored.name)
    // Without keyed states all are alike.
    const [guess, another] = named.length > 0 || shape === nothing ? named : alike
    if (guess !== undefined && another === undefined) guesses.set(stored.id, guess)
  }
  const targets = [...guesses.values()]
  return new Map([...guesses].filter(([, guess]) => targets.indexOf(guess) === targets.lastIndexOf(guess)))
}

const shape = (states: readonly { readonly name: string; readonly kind: string }[]): string =>
  JSON.stringify(states.map(({ name, kind }) => [name, kind]).toSorted())

const nothing = shape([])

const storedShape = (stored: ManifestOperator): string =>
  shape(keyedStatesOf(stored).filter(({ kind }) => kind !== 'timers'))

/** Undefined when it does not say. */
function shapeOf({ operator }: JobOperator): string | undefined {
  const { states, keyed } = operator as OperatorFactory
  if (states === undefined) return keyed ? undefined : nothing
  return shape(Object.entries(states).map(([name, { kind }]) => ({ name, kind })))
}
