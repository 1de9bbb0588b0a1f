/**
 * A state backend whose states can be let go from outside: a simulated process dies by not being stepped any more, and its
 * subtasks never get to it.
 */
import type { KeyedStateBackend, StateBackend } from '../../backends/state-backend.ts'

export class DisposableBackend implements StateBackend {
  readonly kind: string
  readonly #inner: StateBackend
  readonly #alive = new Set<KeyedStateBackend>()

  constructor(inner: StateBackend) {
    this.kind = inner.kind
    this.#inner = inner
  }

  create(options: Parameters<StateBackend['create']>[0]): KeyedStateBackend {
    const state = this.#inner.create(options)
    const dispose = state.dispose.bind(state)
    this.#alive.add(state)
    state.dispose = () => {
      if (this.#alive.delete(state)) dispose()
    }
    return state
  }

  disposeAll(): void {
    for (const state of [...this.#alive]) state.dispose()
  }
}
