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
    next: (memory, fact) => settled(memory, handlers[fact.type]?.(memory, fact) ?? memory),
    ...(atEnd === undefined ? {} : { atEnd }),
  }
}

/** The old memory, when the new one has the very same fields: so handlers may copy freely. */
function settled<Memory>(memory: Memory, next: Memory | Violation): Memory | Violation {
  if (next === memory || typeof next !== 'object' || next === null || next instanceof Violation) return next
  if (Array.isArray(next)) return isSame(memory, next) ? memory : next
  const old = memory as Readonly<Record<string, unknown>>
  for (const name in next) if (!isSame(old[name], (next as Readonly<Record<string, unknown>>)[name])) return next
  return memory
}

/** The same value, or both empty. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return Array.isArray(a) === Array.isArray(b) && Object.keys(a).length === 0 && Object.keys(b).length === 0
}

export const violation = (message: string): Violation => new Violation(message)
