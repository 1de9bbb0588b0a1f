import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/backends/heap-state.ts'
import { DisposableBackend } from '../../../src/testing/simulation/disposable-backend.ts'

describe('a backend of a process that may die', () => {
  it('lets go of what is still there, and of nothing twice', () => {
    let disposed = 0
    const backend = new DisposableBackend({
      kind: 'counted',
      create: (options) => Object.assign(heapStateBackend.create(options), { dispose: () => void disposed++ }),
    })
    const options = { range: { start: 0, end: 7 }, maxParallelism: 8, freeze: false, operatorName: 'count' }
    const [first] = [backend.create(options), backend.create(options)]
    expect(backend.kind).toBe('counted')
    first!.dispose()
    first!.dispose()
    expect(disposed).toBe(1)
    backend.disposeAll()
    backend.disposeAll()
    expect(disposed).toBe(2)
  })
})
