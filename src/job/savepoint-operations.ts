/**
 * The savepoints and stops that were asked for of one job, by their trigger ids: the same id is the same savepoint,
 * whether it is still under way, is there, or has failed. Whoever lost an answer asks again and cannot make a second one.
 *
 * Owns the ids and what is remembered, for as long as the session knows the job. Does not own how a savepoint is made.
 */
import type { SavepointFormat } from '../core/elements.ts'
import { asStreamError, StreamError } from '../core/errors.ts'
import { makeTriggerId, type TriggerId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { Random } from '../core/random.ts'
import type { SavepointOperation } from '../program/job-handle.ts'

export interface AskedOperation {
  readonly kind: SavepointOperation['kind']
  readonly dir: string | undefined
  /** Undefined: that of the job's savepoints. */
  readonly format: SavepointFormat | undefined
  /** Undefined: the caller has chosen none. */
  readonly triggerId: TriggerId | undefined
}

interface Remembered {
  readonly operation: SavepointOperation
  readonly path: Promise<string>
}

export class SavepointOperations {
  readonly #random: Random
  readonly #now: () => number
  /** In the order in which they were asked for. */
  readonly #remembered = new Map<TriggerId, Remembered>()

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  /**
   * The path that `begin` promises, or that an earlier call of the same id did. What `begin` throws at once has begun
   * nothing, and its id stays free. Fails with `TRIGGER_CONFLICT`.
   */
  ask(asked: AskedOperation, begin: () => Promise<string>): Promise<string> {
    const known = asked.triggerId === undefined ? undefined : this.#remembered.get(asked.triggerId)
    if (known !== undefined) {
      refuseOther(known.operation, asked)
      return known.path
    }
    const path = begin()
    const triggerId = asked.triggerId ?? makeTriggerId(this.#random.bytes(16))
    const { kind, dir, format } = asked
    const facts = { triggerId, kind, dir, format, startedAt: this.#now() }
    this.#remembered.set(triggerId, { operation: { ...facts, status: 'in-progress' }, path })
    this.#forgetOld()
    const ended = (operation: SavepointOperation) => this.#remembered.set(triggerId, { operation, path })
    path.then(
      (path) => ended({ ...facts, status: 'completed', endedAt: this.#now(), path }),
      (thrown: unknown) => {
        const error = asStreamError(thrown, 'BUG', 'The savepoint failed')
        ended({ ...facts, status: 'failed', endedAt: this.#now(), error, path: savepointOf(error) })
      },
    )
    return path
  }

  /** Newest first. */
  list(): readonly SavepointOperation[] {
    return [...this.#remembered.values()].map(({ operation }) => operation).reverse()
  }

  /** Those under way are bounded by the coordinator's queue of requests. */
  #forgetOld(): void {
    let surplus = this.#remembered.size - limits.savepointOperationsMax
    for (const [id, { operation }] of this.#remembered) {
      if (surplus <= 0) return
      if (operation.status === 'in-progress') continue
      this.#remembered.delete(id)
      surplus -= 1
    }
  }
}

/** The path of the savepoint that a stop has made before it failed. */
export function savepointOf({ code, details }: StreamError): string | undefined {
  return code === 'STOP_INCOMPLETE' && typeof details.path === 'string' ? details.path : undefined
}

/** The operation of this trigger id, if there is one. Fails with `TRIGGER_CONFLICT` when it is another one than asked for. */
export function knownOperation(
  operations: readonly SavepointOperation[],
  asked: AskedOperation,
): SavepointOperation | undefined {
  const known = operations.find(({ triggerId }) => triggerId === asked.triggerId)
  if (known !== undefined) refuseOther(known, asked)
  return known
}

function refuseOther(known: SavepointOperation, asked: AskedOperation): void {
  if (known.kind === asked.kind && known.dir === asked.dir && known.format === asked.format) return
  throw new StreamError(
    'TRIGGER_CONFLICT',
    `Trigger id ${known.triggerId} names ${described(known)}: expected another id for ${described(asked)}.`,
  )
}

const kinds = { savepoint: 'a savepoint', stop: 'a stop', drain: 'a stop with a drain' } as const
const described = ({ kind, dir, format }: Pick<AskedOperation, 'kind' | 'dir' | 'format'>): string =>
  `${kinds[kind]} in ${dir ?? 'the configured place'}${format === undefined ? '' : ` (${format})`}`
