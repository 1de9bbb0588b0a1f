/** Refuses what would make a search look at less than its author believes: wrong kinds, budgets and limits. */
import { StreamError } from '../../core/errors.ts'
import type { ExploreLimits, Property, SystemModel } from './system.ts'

const kinds: readonly string[] = ['always', 'eventually', 'sometimes'] satisfies Property['kind'][]

/** Throws `ARGUMENT_INVALID`, naming the property, the budget, the fault or the limit. */
export function checkArguments(system: SystemModel, properties: readonly Property[], limits: ExploreLimits): void {
  const budgets = system.budgets ?? {}
  for (const [name, budget] of Object.entries(budgets)) {
    if (!Number.isSafeInteger(budget) || budget < 0) {
      throw invalid(`The budget "${name}" of the system "${system.name}" must be a whole number from 0, got ${budget}.`)
    }
  }
  for (const { name, spends } of system.faults ?? []) {
    if (!Object.hasOwn(budgets, spends)) {
      throw invalid(`The fault "${name}" spends "${spends}", which is no budget; there are ${listed(budgets)}.`)
    }
  }
  const names = new Set<string>()
  for (const { name, kind } of properties) {
    if (!kinds.includes(kind)) {
      throw invalid(`The property "${name}" has the kind "${kind}": expected one of ${kinds.join(', ')}.`)
    }
    if (names.has(name)) throw invalid(`Two properties are called "${name}": expected a name for each.`)
    names.add(name)
  }
  for (const { actors } of system.symmetries ?? []) {
    const other = Object.entries(actors).find(([from, to]) => actors[to] !== from)
    if (other !== undefined) {
      throw invalid(
        `A symmetry puts "${other[1]}" in the place of "${other[0]}", but not "${other[0]}" in that of "${other[1]}".`,
      )
    }
  }
  for (const limit of ['maxStates', 'maxDepth', 'maxSeconds'] as const) {
    const value = limits[limit]
    if (value !== undefined && !(value >= 0)) throw invalid(`${limit} must be a number from 0, got ${value}.`)
  }
}

/** The budget that an outcome spends; there must be one of that name. */
export function checkedBudget(index: number, name: string, budgets: readonly string[]): number {
  if (index < 0) {
    const known = Object.fromEntries(budgets.map((one) => [one, 0]))
    throw invalid(`An outcome spends "${name}", which is no budget; there are ${listed(known)}.`)
  }
  return index
}

const invalid = (message: string): StreamError => new StreamError('ARGUMENT_INVALID', message)

function listed(budgets: Readonly<Record<string, number>>): string {
  const names = Object.keys(budgets)
  return names.length === 0 ? 'none' : names.join(', ')
}
