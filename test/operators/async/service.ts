/** A service whose answers are given by hand, in any order: in upper case. And an operator that calls it. */
import type { AsyncDefinition } from '../../../src/operators/async/async-definition.ts'
import { asyncOperator } from '../../../src/operators/async/async-operator.ts'
import { OperatorHarness, type OperatorHarnessOptions } from '../../../src/testing/operator-harness.ts'

interface OpenCall {
  readonly answer: (result: string) => void
  readonly fail: (error: Error) => void
}

export class Service {
  /** What was called for: `a`, with a timestamp `a@7`, a second time `a#2`. */
  readonly calls: string[] = []
  readonly aborted: string[] = []
  readonly #open = new Map<string, OpenCall>()

  readonly call: AsyncDefinition<string, string>['call'] = (value, { signal, attempt, timestamp }) => {
    const name = attempt === 1 ? value : `${value}#${attempt}`
    this.calls.push(timestamp === undefined ? name : `${name}@${timestamp}`)
    signal.addEventListener('abort', () => void this.aborted.push(name))
    return new Promise<string>((answer, fail) => this.#open.set(name, { answer, fail }))
  }

  answers(...names: string[]): void {
    for (const name of names) this.#open.get(name)!.answer(name.toUpperCase())
  }

  fails(name: string, error = new Error(`no ${name}`)): void {
    this.#open.get(name)!.fail(error)
  }
}

export type Definition = Partial<AsyncDefinition<string, string, string>>

export async function make(ordered: boolean, definition: Definition = {}, options: OperatorHarnessOptions = {}) {
  const service = new Service()
  const factory = asyncOperator<string, string, string>({ call: service.call, ...definition }, ordered)
  const harness = new OperatorHarness(factory, { name: 'look up', uid: 'users', ...options })
  await harness.settle()
  return { harness, service, feed: feeding(harness) }
}

const feeding =
  (harness: OperatorHarness) =>
  async (...values: string[]) => {
    harness.elements(values)
    await harness.settle()
  }
