/**
 * One loop for a run of maps, filters and flatMaps, written as source and compiled for this run alone.
 *
 * In a loop of its own (`own-code.ts`) the engine puts the functions into the loop, and a record's value stays in a
 * register from the first to the last. The source is made of numbers and fixed words only.
 *
 * Owns the source. Does not own what the loop works on (`fused-steps.ts`).
 */
import type { RecordBatch } from '../core/elements.ts'
import { iterableOf } from './iterable-results.ts'
import { ownCode } from './own-code.ts'
import type { StatelessStep } from './stateless.ts'

/** What a loop writes to, and where it says how far it came. */
export interface LoopOutput {
  values: unknown[]
  timestamps: number[]
  length: number
  /** The step whose function was called last. */
  at: number
  /** Hands on what is full, and makes room. */
  emit(): void
}

/** Takes the records of a batch from `from` on through all steps. */
export type StepLoop = (batch: RecordBatch, from: number, output: LoopOutput) => void

export interface StepLoops {
  readonly plain: StepLoop
  readonly stamped: StepLoop
}

/** Undefined where code generation is not allowed. `owner` is different for different runs of a process. */
export function compileSteps(steps: readonly StatelessStep[], limit: number, owner: string): StepLoops | undefined {
  const compile = (stamped: boolean) =>
    ownCode(`${owner} ${stamped}`, 'given', sourceOf(steps, limit, stamped))?.({ steps, many }) as StepLoop | undefined
  const plain = compile(false)
  const stamped = compile(true)
  return plain === undefined || stamped === undefined ? undefined : { plain, stamped }
}

const many = (results: unknown): Iterable<unknown> => iterableOf(results, 'The flatMap function')

/** `at` names the step to blame; behind what a flatMap gave, it is that flatMap again, which may fail to give more. */
export function sourceOf(steps: readonly StatelessStep[], limit: number, stamped: boolean): string {
  const opening: string[] = []
  const closing: string[] = []
  let value = 'values[i]'
  for (const [index, { kind }] of steps.entries()) {
    opening.push(`at = ${index}`)
    if (kind === 'filter') {
      // What is read twice has a name.
      if (value === 'values[i]') {
        opening.push('const first = values[i]')
        value = 'first'
      }
      opening.push(`if (f${index}(${value})) {`)
      closing.unshift('}')
      continue
    }
    opening.push(
      kind === 'map'
        ? `const v${index} = f${index}(${value})`
        : `const r${index} = f${index}(${value})\n      for (const v${index} of Array.isArray(r${index}) ? r${index} : many(r${index})) {`,
    )
    if (kind === 'flat-map') closing.unshift(`at = ${index} }`)
    value = `v${index}`
  }
  const full = steps.some(({ kind }) => kind === 'flat-map')
  return `const { steps, many } = given
const [${steps.map((_, index) => `f${index}`).join(', ')}] = steps.map((step) => step.fn)
return ({ values, timestamps }, from, output) => {
  let out = output.values, stamps = output.timestamps, n = output.length, at = 0
  try {
    for (let i = from; i < values.length; i++) {
      ${opening.join('\n      ')}
      out[n] = ${value}
      ${stamped ? 'stamps[n] = timestamps[i]' : ''}
      n++
      ${full ? `if (n >= ${limit}) { output.length = n; output.emit(); out = output.values; stamps = output.timestamps; n = 0 }` : ''}
      ${closing.join('\n      ')}
    }
    output.length = n
  } catch (thrown) {
    output.at = at
    throw thrown
  }
}`
}
