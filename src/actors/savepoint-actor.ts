/**
 * The actor of the savepoint store: one small machine per savepoint, one I/O step at a time for each.
 *
 * Owns which machine an answer belongs to. The order pin → publish and remove → unpin is the machine's.
 */
import type { CheckpointStorage, StoredSnapshot } from '../backends/checkpoint-storage.ts'
import type { SavepointCopies, SavepointStore } from '../backends/savepoint-store.ts'
import type { SavepointTarget } from '../core/elements.ts'
import { asStreamError, assert, StreamError } from '../core/errors.ts'
import { type Address, type CheckpointId, type JobId, roleAddress } from '../core/ids.ts'
import { savepointMachine } from '../machines/savepoint-store/machine.ts'
import type { SavepointEffect, SavepointEvent } from '../machines/savepoint-store/protocol.ts'
import { start, step } from '../machines/step.ts'
import { type EffectHandlers, MachineDriver } from './effect-handlers.ts'
import type { SavepointMessage } from './job-messages.ts'
import type { Actor, Self } from './kernel.ts'
import type { Tap } from './tap.ts'

/** One for all jobs of a session: a savepoint outlives its job. */
export const savepointsAddress = 'session/savepoints' as Address

/** Where one savepoint and its checkpoint live. */
export interface SavepointPlace {
  readonly store: SavepointStore
  readonly storage: CheckpointStorage
}

export interface FoundSavepoint extends SavepointPlace {
  /** As it was named when it was made, however it was asked for: its pin goes by that. */
  readonly path: string
  /** Undefined: it is self-contained, and needs none. */
  readonly checkpointPath: string | undefined
}

export interface SavepointServices {
  /** Where a new savepoint of a job goes. Fails with `SAVEPOINT_BACKEND_INCOMPATIBLE`, `SAVEPOINT_DIR_MISSING`. */
  placeOf(jobId: JobId, target: SavepointTarget): SavepointPlace
  /** Where an existing savepoint is, by its path. Fails with `SAVEPOINT_NOT_FOUND`. */
  find(path: string): Promise<FoundSavepoint>
  /** The answer to a disposal. */
  disposed(requestId: string, error: StreamError | undefined): void
  readonly tap: Tap
  /** Another chart than the true one. */
  readonly chart?: typeof savepointMachine | undefined
}

interface Creation {
  readonly jobId: JobId
  readonly checkpointId: CheckpointId
}

type Answer = { readonly path: string } | { readonly code: string; readonly message: string }

/** What of a machine's driver its answers need. */
interface Driver {
  feed(event: SavepointEvent): void
}

export class SavepointActor implements Actor<SavepointMessage> {
  readonly #self: Self
  readonly #services: SavepointServices
  readonly #machines = new Map<string, Driver>()

  constructor(self: Self, services: SavepointServices) {
    this.#self = self
    this.#services = services
  }

  receive(message: SavepointMessage): void {
    switch (message.type) {
      case 'savepoint.create':
        this.#create(message)
        return
      case 'savepoint.dispose':
        this.#find(message.requestId, message.path)
        return
      case 'savepoint.located':
        this.#dispose(message.requestId, message.place as FoundSavepoint)
        return
      case 'savepoint.missing':
        this.#services.disposed(message.requestId, message.error)
        return
      default:
        this.#machines.get(message.key)?.feed(message.event as SavepointEvent)
    }
  }

  #create(message: Extract<SavepointMessage, { type: 'savepoint.create' }>): void {
    const { jobId, checkpointId, checkpointPath, target } = message
    const key = `create ${jobId} ${checkpointId}`
    const answer = (outcome: Answer) => {
      this.#machines.delete(key)
      const type = 'path' in outcome ? 'savepoint.published' : 'savepoint.failed'
      this.#self.send(roleAddress(jobId, 'coordinator'), { ...outcome, type, checkpointId })
    }
    let place: SavepointPlace
    try {
      place = this.#services.placeOf(jobId, target)
    } catch (thrown) {
      const { code, message } = asStreamError(thrown, 'STORAGE_FAILED', 'The savepoint has no place')
      answer({ code, message })
      return
    }
    const driver = this.#drive(key, place, { jobId, checkpointId }, answer)
    driver.feed({ type: 'savepoint.requested', requestId: key, checkpointPath, target })
  }

  #find(requestId: string, path: string): void {
    this.#self.io(
      `find ${path}`,
      () => this.#services.find(path),
      (place): SavepointMessage => ({ type: 'savepoint.located', requestId, place }),
      (thrown): SavepointMessage => {
        const error = asStreamError(thrown, 'SAVEPOINT_NOT_FOUND', `Savepoint ${path} cannot be read`)
        return { type: 'savepoint.missing', requestId, error }
      },
    )
  }

  #dispose(requestId: string, place: FoundSavepoint): void {
    const key = `dispose ${requestId}`
    const driver = this.#drive(key, place, undefined, (outcome) => {
      this.#machines.delete(key)
      const failed = 'code' in outcome
      const error = failed ? new StreamError(outcome.code as StreamError['code'], outcome.message) : undefined
      this.#services.disposed(requestId, error)
    })
    const { path, checkpointPath } = place
    driver.feed({ type: 'savepoint.found', path, checkpointPath })
    driver.feed({ type: 'disposal.requested', requestId })
  }

  #drive(key: string, place: SavepointPlace, creation: Creation | undefined, answer: (answer: Answer) => void): Driver {
    const chart = this.#services.chart ?? savepointMachine
    const first = start<typeof savepointMachine, SavepointEffect>(chart)
    const driver = new MachineDriver<typeof first.snapshot, SavepointEvent, SavepointEffect>({
      address: () => this.#self.address,
      attempt: () => 0,
      first,
      step: (snapshot, event) => step<typeof savepointMachine, SavepointEffect>(chart, snapshot, event),
      handlers: this.#handlersOf(key, place, creation, answer),
      tap: this.#services.tap,
    })
    this.#machines.set(key, driver)
    return driver
  }

  #handlersOf(
    key: string,
    { store, storage }: SavepointPlace,
    creation: Creation | undefined,
    answer: (answer: Answer) => void,
  ): EffectHandlers<SavepointEffect> {
    const { random } = this.#self.host
    const read = async (checkpointPath: string): Promise<StoredSnapshot> => {
      const snapshot = await storage.resolve(checkpointPath)
      if (snapshot !== undefined) return snapshot
      throw new StreamError('CHECKPOINT_NOT_FOUND', `There is no checkpoint at ${checkpointPath}.`)
    }
    const io = <T>(label: string, task: () => Promise<T>, done: (value: T) => SavepointEvent): void => {
      const message = (event: SavepointEvent): SavepointMessage => ({ type: 'savepoint.stepped', key, event })
      this.#self.io(
        label,
        task,
        (value) => message(done(value)),
        (thrown) => {
          const error = asStreamError(thrown, 'STORAGE_FAILED', `Could not ${label}`)
          return message({ type: 'step.failed', code: error.code, message: error.message })
        },
      )
    }
    return {
      reserveName: ({ directory }) =>
        io(
          'reserve a savepoint name',
          () => store.reserve(creation!.jobId, directory, (length) => random.bytes(length)),
          (path) => ({ type: 'name.reserved', path }),
        ),
      pinCheckpoint: ({ checkpointPath, path }) =>
        io(
          `pin ${checkpointPath}`,
          () => storage.pin(checkpointPath, path),
          () => ({ type: 'checkpoint.pinned' }),
        ),
      publishPointer: ({ checkpointPath, path }) =>
        io(
          `publish ${path}`,
          async () => store.publish(path, await read(checkpointPath)),
          () => ({ type: 'pointer.published' }),
        ),
      copyState: ({ checkpointPath, path }) =>
        io(
          `copy ${checkpointPath} to ${path}`,
          async () => copiesOf(store, path).copy(path, await read(checkpointPath)),
          () => ({ type: 'state.copied' }),
        ),
      publishManifest: ({ checkpointPath, path }) =>
        io(
          `seal ${path}`,
          async () => copiesOf(store, path).seal(path, await read(checkpointPath)),
          () => ({ type: 'manifest.published' }),
        ),
      clearPlace: ({ path }) =>
        io(
          `clear ${path}`,
          () => store.clear(path),
          () => ({ type: 'place.cleared' }),
        ),
      removePointer: ({ path }) =>
        io(
          `remove ${path}`,
          () => store.remove(path),
          () => ({ type: 'pointer.removed' }),
        ),
      unpinCheckpoint: ({ checkpointPath, path }) =>
        io(
          `unpin ${checkpointPath}`,
          () => storage.unpin(checkpointPath, path),
          () => ({ type: 'checkpoint.unpinned' }),
        ),
      reply: ({ outcome }) => answer(outcome.type === 'failed' ? outcome : { path: outcome.path }),
      report: () => {},
    }
  }
}

/** Whoever chose the place made sure of them. */
function copiesOf({ copies }: SavepointStore, path: string): SavepointCopies {
  assert(copies !== undefined, `${path} is in a store that holds copies`)
  return copies
}
