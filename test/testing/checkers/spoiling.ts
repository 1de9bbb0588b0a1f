/** The tools of `mutations.ts`: edits of a run, which give nothing where they find nothing to edit. */
import type { Fact } from '../../../src/testing/checkers/facts.ts'

export type Of<Type extends Fact['type']> = Extract<Fact, { readonly type: Type }>
export type Mutation = (facts: readonly Fact[]) => readonly Fact[] | undefined

export const is =
  <Type extends Fact['type']>(type: Type, holds: (fact: Of<Type>) => boolean = () => true) =>
  (fact: Fact): boolean =>
    fact.type === type && holds(fact as Of<Type>)

type Test = (fact: Fact) => boolean
export const at = (facts: readonly Fact[], place: number, ...instead: Fact[]) =>
  place === -1 ? undefined : facts.toSpliced(place, 1, ...instead)

export const drop =
  (test: Test): Mutation =>
  (facts) =>
    at(facts, facts.findIndex(test))
export const dropLast =
  (test: Test): Mutation =>
  (facts) =>
    at(facts, facts.findLastIndex(test))
export const repeat =
  (test: Test): Mutation =>
  (facts) => {
    const place = facts.findIndex(test)
    return at(facts, place, facts[place]!, facts[place]!)
  }
export const change =
  <Type extends Fact['type']>(type: Type, changed: (fact: Of<Type>) => Partial<Of<Type>> | undefined): Mutation =>
  (facts) => {
    const place = facts.findIndex((fact) => fact.type === type && changed(fact as Of<Type>) !== undefined)
    if (place === -1) return undefined
    return at(facts, place, { ...facts[place]!, ...changed(facts[place] as Of<Type>) } as Fact)
  }
/** The fact at `from` now comes just before the one at `to`. */
export const moved = (facts: readonly Fact[], from: number, to: number): readonly Fact[] =>
  facts.toSpliced(from, 1).toSpliced(from < to ? to - 1 : to, 0, facts[from]!)

/** Places of all facts that fit. */
export const places = (facts: readonly Fact[], test: Test): number[] =>
  facts.flatMap((fact, place) => (test(fact) ? [place] : []))

/** One more fact after the first that fits. */
export const after =
  (test: Test, more: (fact: Fact, facts: readonly Fact[]) => Fact | undefined): Mutation =>
  (facts) => {
    const place = facts.findIndex((fact) => test(fact) && more(fact, facts) !== undefined)
    if (place === -1) return undefined
    return at(facts, place, facts[place]!, more(facts[place]!, facts)!)
  }
