import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/core/errors.ts'
import { parseTriggerId } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import { type AskedOperation, knownOperation, SavepointOperations } from '../../src/job/savepoint-operations.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const idOf = (digit: string) => digit.repeat(32)
const asked = (triggerId: string | undefined, more: Partial<AskedOperation> = {}): AskedOperation => ({
  kind: 'savepoint',
  dir: undefined,
  format: undefined,
  triggerId: triggerId === undefined ? undefined : parseTriggerId(triggerId),
  ...more,
})
const never = () => new Promise<string>(() => {})

function operations() {
  let now = 100
  const made = new SavepointOperations(new Random(1), () => now)
  const begun: string[] = []
  const begin = (path: string) => async () => {
    begun.push(path)
    now += 10
    return path
  }
  return { made, begun, begin }
}

describe('savepoint operations', () => {
  it('begin once for an id, under way and ended, and give each caller the same path', async () => {
    const { made, begun, begin } = operations()
    const first = made.ask(asked(idOf('a')), begin('/s/1'))
    const second = made.ask(asked(idOf('a')), begin('/s/2'))
    expect(await Promise.all([first, second])).toEqual(['/s/1', '/s/1'])
    expect(await made.ask(asked(idOf('a')), begin('/s/3'))).toBe('/s/1')
    expect(begun).toEqual(['/s/1'])
  })

  it('give a failure again under its id, and begin anew under another', async () => {
    const { made, begin } = operations()
    const fail = async () => {
      throw new StreamError('CHECKPOINT_FAILED', 'It expired.')
    }
    await expect(made.ask(asked(idOf('a')), fail)).rejects.toThrow('It expired.')
    await expect(made.ask(asked(idOf('a')), begin('/s/1'))).rejects.toThrow('It expired.')
    expect(await made.ask(asked(idOf('b')), begin('/s/1'))).toBe('/s/1')
  })

  it('leave the id free when nothing has begun', async () => {
    const { made, begin } = operations()
    const refuse = () => {
      throw new StreamError('JOB_NOT_RUNNING', 'Not now.')
    }
    expect(() => made.ask(asked(idOf('a')), refuse)).toThrow('Not now.')
    expect(made.list()).toEqual([])
    expect(await made.ask(asked(idOf('a')), begin('/s/1'))).toBe('/s/1')
  })

  it('list what is asked for, newest first, with how and when it ended', async () => {
    const { made, begin } = operations()
    await made.ask(asked(idOf('a'), { dir: '/s' }), begin('/s/1'))
    const details = { path: '/s/2', status: 'FAILED', failure: null }
    const incomplete = new StreamError('STOP_INCOMPLETE', 'Made, not stopped.', { details })
    await expect(made.ask(asked(idOf('b'), { kind: 'stop' }), () => Promise.reject(incomplete))).rejects.toThrow()
    void made.ask(asked(undefined, { kind: 'drain' }), never)
    expect(made.list()).toEqual([
      {
        triggerId: expect.stringMatching(/^[0-9a-f]{32}$/),
        kind: 'drain',
        dir: undefined,
        startedAt: 110,
        status: 'in-progress',
      },
      {
        triggerId: idOf('b'),
        kind: 'stop',
        dir: undefined,
        startedAt: 110,
        endedAt: 110,
        status: 'failed',
        error: incomplete,
        path: '/s/2',
      },
      {
        triggerId: idOf('a'),
        kind: 'savepoint',
        dir: '/s',
        startedAt: 110,
        endedAt: 110,
        status: 'completed',
        path: '/s/1',
      },
    ])
  })

  it.each([
    ['kind', { kind: 'stop' }, /names a savepoint in the configured place: expected another id for a stop in the conf/],
    ['directory', { dir: '/s' }, /names a savepoint in the configured place: .* for a savepoint in \/s\.$/],
  ] as const)('refuse the id of one for one of another %s', async (_, other, message) => {
    const { made, begun, begin } = operations()
    const id = idOf('a')
    void made.ask(asked(id), never)
    const conflict = expect.objectContaining({ code: 'TRIGGER_CONFLICT', message: expect.stringMatching(message) })
    expect(() => made.ask(asked(id, other), begin('/s/1'))).toThrow(conflict)
    expect(() => knownOperation(made.list(), asked(id, other))).toThrow(conflict)
    expect(knownOperation(made.list(), asked(id))).toMatchObject({ triggerId: id })
    expect(knownOperation(made.list(), asked(idOf('b')))).toBeUndefined()
    expect(begun).toEqual([])
  })

  it('are forgotten when there are too many: the oldest that has ended, and none under way', async () => {
    const { made, begin } = operations()
    const kept = limits.savepointOperationsMax
    void made.ask(asked(idOf('a')), never)
    for (let n = 0; n < kept; n++) await made.ask(asked(n.toString(16).padStart(32, '0')), begin(`/s/${n}`))
    const listed = made.list()
    expect(listed).toHaveLength(kept)
    expect(listed.at(-1)).toMatchObject({ triggerId: idOf('a'), status: 'in-progress' })
    expect(listed.at(-2)).toMatchObject({ path: '/s/1' })
  })
})

describe('a job', () => {
  async function running() {
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(new Feed(['to', 'be']).source, [], {}))
    await observed.is('RUNNING')
    return { process, observed, job: observed.job }
  }

  it('makes one savepoint of one trigger id, however often and in whatever letters it is asked', async () => {
    const { process, observed, job } = await running()
    const twice = [job.triggerSavepoint({ triggerId: idOf('a') }), job.triggerSavepoint({ triggerId: idOf('A') })]
    expect(await process.settle(Promise.all(twice))).toEqual(Array(2).fill('jobmanager://savepoints/1'))
    expect(await job.triggerSavepoint({ triggerId: idOf('a') })).toBe('jobmanager://savepoints/1')
    expect(await process.settle(job.triggerSavepoint())).toBe('jobmanager://savepoints/2')
    expect(observed.of('savepoint-completed')).toHaveLength(2)
  })

  it('gives the path of its stop again after its end, and refuses what is new', async () => {
    const { process, job } = await running()
    const request = { drain: true, triggerId: idOf('a') }
    const path = await process.settle(job.stop(request))
    expect(job.currentStatus).toBe('FINISHED')
    expect(await process.session.job(job.id).stop(request)).toBe(path)
    expect(job.savepointOperations()).toMatchObject([{ kind: 'drain', status: 'completed', path }])
    await expect(job.stop({ triggerId: idOf('a') })).rejects.toMatchObject({ code: 'TRIGGER_CONFLICT' })
    await expect(job.triggerSavepoint({ triggerId: idOf('b') })).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
    expect(job.savepointOperations()).toHaveLength(1)
  })

  it('answers alike when the attempt failed under a savepoint, and makes another one under another id', async () => {
    let stuck = true
    const process = new SimulatedProcess({ held: (label) => stuck && label.includes('persist') })
    const feed = new Feed(['to'])
    const restart = { strategy: 'fixed-delay', attempts: 1, delayMs: 1 } as const
    const before = (word: string) => {
      if (word === 'fail' && stuck) throw new Error('once')
    }
    const observed = await process.submit(countProgram(feed.source, [], { restart }, { before }))
    await observed.is('RUNNING')
    const { job } = observed
    const request = { triggerId: idOf('a') }
    const [first, second] = [job.triggerSavepoint(request), job.triggerSavepoint(request)]
    await process.until(() => observed.of('checkpoint-triggered').length === 1)
    feed.push('fail')
    const failed = { code: 'CHECKPOINT_FAILED' }
    await expect(process.settle(first)).rejects.toMatchObject(failed)
    await expect(second).rejects.toMatchObject(failed)
    stuck = false
    await process.until(() => observed.of('restarting').length === 1)
    await observed.is('RUNNING')
    await expect(job.triggerSavepoint(request)).rejects.toMatchObject(failed)
    const path = await process.settle(job.triggerSavepoint({ triggerId: idOf('b') }))
    expect(job.savepointOperations()).toMatchObject([
      { triggerId: idOf('b'), status: 'completed', path },
      { triggerId: idOf('a'), status: 'failed', error: failed, path: undefined },
    ])
    expect(observed.of('savepoint-completed')).toHaveLength(1)
  })

  it('shows a savepoint that is under way, under an id that can be asked with', async () => {
    let slow = true
    const process = new SimulatedProcess({ held: (label) => slow && label.includes('publish') })
    const { job, ...observed } = await process.submit(countProgram(new Feed(['to']).source, [], {}))
    await process.until(() => job.currentStatus === 'RUNNING')
    const path = job.triggerSavepoint()
    const [pending] = job.savepointOperations()
    expect(pending).toMatchObject({ status: 'in-progress', kind: 'savepoint' })
    await process.until(() => observed.events.some(({ type }) => type === 'checkpoint-triggered'))
    const again = job.triggerSavepoint({ triggerId: pending!.triggerId })
    slow = false
    expect(await process.settle(again)).toBe(await path)
  })
})
