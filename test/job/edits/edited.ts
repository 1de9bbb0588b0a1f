/** A program in the hands of someone who edits it, and what every edit is made of. */
import type { Mapping } from './expected-takes.ts'
import type { InputSpec, OperatorSpec, ProgramSpec } from './program-spec.ts'

export interface Edited {
  readonly program: ProgramSpec
  /** Mappings beside those of what is `mapped`. */
  readonly mapping: readonly Mapping[]
  /** What the operators of the first program were called in the snapshot, by their keys. */
  readonly before: ReadonlyMap<string, { readonly uid: string | undefined; readonly id: string }>
}

/** Which operator, which of its parts, and what becomes of it: each taken modulo what there is. */
export interface Picks {
  readonly a: number
  readonly b: number
  readonly c: number
}

/** An edit that finds nothing to change leaves everything as it is. */
export type Apply = (edited: Edited, picks: Picks) => Edited

export const at = <T>(items: readonly T[], n: number): T | undefined =>
  items.length === 0 ? undefined : items[n % items.length]

export const operatorAt = ({ program }: Edited, n: number, wanted: (operator: OperatorSpec) => boolean = () => true) =>
  at(program.operators.filter(wanted), n)

export const isMiddle = ({ body }: OperatorSpec): boolean => body.type !== 'source' && body.type !== 'sink'

/** One that is not taken: the prefix and a number. */
export function newName(taken: readonly { readonly name: string }[], prefix: string): string {
  let n = 0
  while (taken.some(({ name }) => name === `${prefix}${n}`)) n++
  return `${prefix}${n}`
}

export const withOperators = (edited: Edited, operators: readonly OperatorSpec[]): Edited => ({
  ...edited,
  program: { ...edited.program, operators },
})

export const change = (
  edited: Edited,
  target: OperatorSpec | undefined,
  changed: (operator: OperatorSpec) => OperatorSpec,
): Edited =>
  withOperators(
    edited,
    edited.program.operators.map((one) => (one === target ? changed(one) : one)),
  )

export const rewired = (operator: OperatorSpec, wire: (input: InputSpec) => InputSpec): OperatorSpec => ({
  ...operator,
  inputs: operator.inputs.map(wire),
  ...(operator.second && { second: wire(operator.second) }),
})

/** Sets something of one operator. */
export const setting =
  (changed: (operator: OperatorSpec, picks: Picks, edited: Edited) => Partial<OperatorSpec>): Apply =>
  (edited, picks) =>
    change(edited, operatorAt(edited, picks.a), (one) => ({ ...one, ...changed(one, picks, edited) }))
