/**
 * The asynchronous operations of the API: started under a trigger id, asked for later, forgotten some time after they
 * ended. Owns ids, retention and the bound on their number; knows nothing of what an operation does.
 */
import type { Clock } from '../core/clock.ts'
import { messageOf, StreamError } from '../core/errors.ts'
import { makeTriggerId, type TriggerId } from '../core/ids.ts'
import type { Random } from '../core/random.ts'

export type OperationResult =
  | { readonly type: 'completed'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly type: 'failed'; readonly error: StreamError }

interface Operation {
  readonly kind: string
  result: OperationResult | undefined
  endedAt: number | undefined
  /** Has a client read the result? */
  told: boolean
}

export interface OperationsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly retentionMs: number
  readonly max: number
}

/** What to start: `scope` is where its id must be unique (one job's savepoints), `kind` what it does there, in words. */
export interface OperationRequest {
  readonly scope: string
  readonly kind: string
  readonly triggerId: TriggerId | undefined
  readonly run: (id: TriggerId) => Promise<Readonly<Record<string, unknown>>>
}

export class Operations {
  readonly #options: OperationsOptions
  /** By scope and id, in the order of their start. */
  readonly #operations = new Map<string, Operation>()
  #waiting: (() => void)[] = []

  constructor(options: OperationsOptions) {
    this.#options = options
  }

  /**
   * Starts an operation and gives its id. A client's own id names one operation only: given again, nothing starts. Fails
   * with `TRIGGER_CONFLICT` when the id names an operation of another kind, `OPERATIONS_FULL` when too many are running.
   */
  start({ scope, kind, triggerId, run }: OperationRequest): TriggerId {
    this.#forgetOld()
    const id = triggerId ?? makeTriggerId(this.#options.random.bytes(16))
    const earlier = this.#operations.get(`${scope}/${id}`)
    if (earlier !== undefined) {
      if (earlier.kind === kind) return id
      throw new StreamError(
        'TRIGGER_CONFLICT',
        `Trigger id ${id} names a ${earlier.kind}: expected a new id for a ${kind}.`,
      )
    }
    this.#makeRoom()
    const operation: Operation = { kind, result: undefined, endedAt: undefined, told: false }
    this.#operations.set(`${scope}/${id}`, operation)
    void this.#finish(operation, () => run(id))
    return id
  }

  has(scope: string, id: TriggerId): boolean {
    this.#forgetOld()
    return this.#operations.has(`${scope}/${id}`)
  }

  /** The result of an operation; undefined while it runs. Fails with `TRIGGER_NOT_FOUND`. */
  result(scope: string, id: TriggerId): OperationResult | undefined {
    this.#forgetOld()
    const operation = this.#operations.get(`${scope}/${id}`)
    if (operation !== undefined) return this.#tell(operation)
    const seconds = Math.round(this.#options.retentionMs / 1_000)
    throw new StreamError(
      'TRIGGER_NOT_FOUND',
      `No operation with trigger id ${id} here: it never existed, or it ended more than ${seconds} s ago.`,
    )
  }

  /** Resolves when a client has read the result of every operation: a server may then go. */
  collected(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#release()
    })
  }

  #tell(operation: Operation): OperationResult | undefined {
    if (operation.result !== undefined) {
      operation.told = true
      this.#release()
    }
    return operation.result
  }

  #release(): void {
    for (const { told } of this.#operations.values()) if (!told) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  async #finish(operation: Operation, run: () => ReturnType<OperationRequest['run']>): Promise<void> {
    try {
      operation.result = { type: 'completed', value: await run() }
    } catch (error) {
      const known = error instanceof StreamError ? error : new StreamError('BUG', messageOf(error), { cause: error })
      operation.result = { type: 'failed', error: known }
    }
    operation.endedAt = this.#options.clock.now()
  }

  #forgetOld(): void {
    const oldest = this.#options.clock.now() - this.#options.retentionMs
    for (const [key, { endedAt }] of this.#operations) {
      if (endedAt !== undefined && endedAt <= oldest) this.#operations.delete(key)
    }
  }

  #makeRoom(): void {
    if (this.#operations.size < this.#options.max) return
    for (const [key, { endedAt }] of this.#operations) {
      if (endedAt === undefined) continue
      this.#operations.delete(key)
      return
    }
    throw new StreamError('OPERATIONS_FULL', `${this.#options.max} operations are running: expected one to end first.`)
  }
}
