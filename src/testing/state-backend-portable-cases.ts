/**
 * The keyed-state contract about what others write and read: a savepoint of one backend restores into any other, and tools
 * read it without any.
 */
import { heapStateBackend } from '../backends/heap-state.ts'
import type { StateBackend } from '../backends/state-backend.ts'
import { Random } from '../core/random.ts'
import { expectEqual } from './conformance.ts'
import {
  always,
  never,
  open,
  restored,
  type StateBackendCase,
  Subject,
  someKeys,
  writeAll,
} from './state-backend-subject.ts'

/** What `from` writes after random changes, read by `to`. */
function moved(from: StateBackend, to: StateBackend): void {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new Random(seed)
    const subject = new Subject(open(from))
    for (let i = 0; i < 200; i++) subject.change(random, someKeys)
    const pace = seed % 2 === 0 ? always : never
    const copy = new Subject(restored(to, writeAll(subject.state.mark(), pace)))
    expectEqual(copy.contents(someKeys), subject.contents(someKeys), `the same contents (seed ${seed})`)
  }
}

export const portableCases: readonly StateBackendCase[] = [
  {
    name: 'the heap restores what it writes',
    needs: 'portable',
    run: (backend) => moved(backend, heapStateBackend),
  },
  {
    name: 'it restores what the heap writes',
    needs: 'portable',
    run: (backend) => moved(heapStateBackend, backend),
  },
  {
    name: 'it restores what the heap writes as changes since an earlier snapshot',
    needs: 'portable',
    run(backend) {
      const random = new Random(7)
      const subject = new Subject(open(heapStateBackend, { incremental: true }))
      const chain: Buffer[] = []
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 40; i++) subject.change(random, someKeys)
        const snapshot = subject.state.mark()
        const { version } = snapshot
        chain.push(writeAll(snapshot))
        subject.state.rebase({ since: version, oldest: version })
      }
      const state = open(backend)
      for (const bytes of chain) if (bytes.length > 0) state.restore(bytes)
      expectEqual(new Subject(state).contents(someKeys), subject.contents(someKeys), 'the same contents')
    },
  },
]
