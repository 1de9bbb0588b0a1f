/** A checker as a table: for each type of fact that it hears, the memory after it. Owns the dispatch and nothing else. */
import { type Checker, Violation } from './checker.ts'
import type { Fact } from './facts.ts'

export type FactOf<Type extends Fact['type']> = Extract<Fact, { readonly type: Type }>

export type Handlers<Memory> = {
  readonly [Type in Fact['type']]?: (memory: Memory, fact: FactOf<Type>) => Memory | Violation
}

interface CheckerParts<Memory> {
  readonly name: string
  readonly title: string
  readonly initial: Memory
  readonly on: Handlers<Memory>
  atEnd?(memory: Memory): string | undefined
}

export function defineChecker<Memory>({ name, title, initial, on, atEnd }: CheckerParts<Memory>): Checker<Memory> {
  const handlers = on as Readonly<Record<string, ((memory: Memory, fact: Fact) => Memory | Violation) | undefined>>
  return {
    name,
    title,
    initial,
    hears: Object.keys(on) as Fact['type'][],
    next: (memory, fact) => handlers[fact.type]?.(memory, fact) ?? memory,
    ...(atEnd === undefined ? {} : { atEnd }),
  }
}

export const violation = (message: string): Violation => new Violation(message)
