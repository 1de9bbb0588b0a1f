/** Checks of what a program passes to a connector. */
import { StreamError } from '../core/errors.ts'

/** Fails with `ARGUMENT_INVALID` unless `value` is an integer of at least `min`. */
export function checkInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return
  throw new StreamError('ARGUMENT_INVALID', `${name} is ${value}: expected an integer from ${min}.`, {
    details: { argument: name, got: String(value) },
  })
}

/** Fails with `ARGUMENT_INVALID` unless `holds`. */
export function checkArgument(holds: boolean, name: string, expected: string, got: unknown): void {
  if (holds) return
  throw new StreamError('ARGUMENT_INVALID', `${name} is ${String(got)}: expected ${expected}.`, {
    details: { argument: name, expected, got: String(got) },
  })
}
