/**
 * What a conformance suite is made of: named cases that throw when a contract is broken, for any test runner.
 *
 * Owns no contract; each suite has its own file. A case that needs a capability which the backend's manifest says it
 * lacks is returned with the reason to skip it, never left out.
 */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { ErrorCode } from '../core/error-codes.ts'
import { StreamError } from '../core/errors.ts'

export interface ConformanceCase {
  readonly name: string
  /** Why this backend does not have to pass; undefined when it has to. */
  readonly skip: string | undefined
  /** Throws, or rejects, when the contract is broken. */
  run(): void | Promise<void>
}

/** One case of a suite over subjects of type `T`; `needs` names the capability it depends on. */
export interface CaseDefinition<T, Capability extends string> {
  readonly name: string
  readonly needs?: Capability
  run(subject: T): void | Promise<void>
}

/** What a backend can do: `true`, or the reason why it does not have to. */
export type CapabilityManifest<Capability extends string> = Readonly<Record<Capability, true | string>>

export function buildCases<T, Capability extends string>(
  definitions: readonly CaseDefinition<T, Capability>[],
  capabilities: CapabilityManifest<Capability>,
  subject: () => T,
): readonly ConformanceCase[] {
  return definitions.map(({ name, needs, run }) => {
    const capable: true | string = needs === undefined ? true : capabilities[needs]
    return { name, skip: capable === true ? undefined : capable, run: () => run(subject()) }
  })
}

export function expectEqual(got: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(got, expected)) assert.deepStrictEqual(got, expected, what)
}

export function expectTrue(condition: boolean, what: string): void {
  assert.ok(condition, what)
}

/** Runs `action` and returns its `StreamError`, which must have one of `codes`. */
export async function expectFailure(action: () => unknown, codes: readonly ErrorCode[]): Promise<StreamError> {
  let failure: unknown
  try {
    await action()
  } catch (error) {
    failure = error
  }
  assert.ok(failure !== undefined, `expected a failure with ${codes.join(' or ')}, got none`)
  assert.ok(failure instanceof StreamError, `expected a StreamError, got ${String(failure)}`)
  assert.ok(codes.includes(failure.code), `expected ${codes.join(' or ')}, got ${failure.code}: ${failure.message}`)
  return failure
}

/** Runs every case that is not skipped; for a quick check without a test runner. Returns the failures. */
export async function runCases(
  cases: readonly ConformanceCase[],
): Promise<readonly { readonly name: string; readonly error: unknown }[]> {
  const failures: { name: string; error: unknown }[] = []
  for (const { name, skip, run } of cases) {
    if (skip !== undefined) continue
    try {
      await run()
    } catch (error) {
      failures.push({ name, error })
    }
  }
  return failures
}
