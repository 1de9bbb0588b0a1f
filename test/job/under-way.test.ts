import { describe, expect, it } from 'vitest'
import type { CheckpointStorage, JobCheckpoints, StoredJob } from '../../src/backends/checkpoint-storage.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import type { CheckpointId } from '../../src/core/ids.ts'
import { createSession } from '../../src/job/create-session.ts'
import { Storages } from '../../src/job/storages.ts'
import { UnderWay } from '../../src/job/under-way.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'

/** Microtasks enough for promises to be passed through a few functions. */
const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** A promise, and what keeps or breaks it. */
const madeLater = () => {
  let resolve = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((...both) => {
    ;[resolve, reject] = both
  })
  return { promise, resolve, reject }
}

/** As it is, but for some methods. */
const changed = <T extends object>(target: T, changes: Partial<T>): T =>
  new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in changes ? changes : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

describe('work under way', () => {
  it('has settled when all has, also what followed on it at once, and whatever has failed', async () => {
    const works = new UnderWay()
    await works.settled()
    const told: string[] = []
    const first = madeLater()
    const second = madeLater()
    const both = async () => {
      await works.watch(first.promise)
      await works.watch(second.promise)
    }
    const failing = both().catch(() => told.push('failed'))
    const settled = works.settled().then(() => told.push('settled'))
    first.resolve()
    await turns()
    expect(told).toEqual([])
    second.reject(new Error('no'))
    await Promise.all([failing, settled])
    expect(told).toEqual(['failed', 'settled'])
  })
})

describe('a session that closes', () => {
  it('waits for the deletions that are under way', async () => {
    const gates = new Map<CheckpointId, () => void>()
    const told: string[] = []
    const begun = madeLater()
    const slow = (job: JobCheckpoints) =>
      changed(job, {
        discard: async (id) => {
          const gate = madeLater()
          gates.set(id, gate.resolve)
          begun.resolve()
          await gate.promise
          const gone = await job.discard(id)
          told.push(`deleted ${id}`)
          return gone
        },
      })
    const inner = jobmanagerCheckpointStorage()
    const storage = changed<CheckpointStorage>(inner, { open: async (job: StoredJob) => slow(await inner.open(job)) })
    const storages = changed(new Storages({ plugins: [] }), { checkpoints: () => storage })
    const session = createSession({}, { storages })
    const program = countProgram(new Feed(['a']).source, [], { checkpoint: { intervalMs: 1, retained: 1 } })
    const job = await session.submit(program)
    await begun.promise
    const closing = session.close().then(() => told.push('closed'))
    await job.done
    await turns()
    expect(told).toEqual([])
    while (gates.size > 0) {
      const [[id, open]] = gates as unknown as [[CheckpointId, () => void]]
      gates.delete(id)
      open()
      await turns()
    }
    await closing
    expect(told).toContain('deleted 1')
    expect(told.at(-1)).toBe('closed')
  })
})
