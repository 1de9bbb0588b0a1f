import { describe, expect, it } from 'vitest'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { type JobId, roleAddress, subtaskId } from '../../src/core/ids.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import { JobClient } from '../../src/job/job-client.ts'
import type { JobEvent, JobStatus } from '../../src/program/job-handle.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'

const jobId = 'd'.repeat(32) as JobId
const graph = buildJobGraph(countProgram(new Feed<string>().source, [], {}).toProgram(), 'a job')
const failure = (message: string) => ({ code: 'USER_FUNCTION_FAILED', message, restartable: true })

function client() {
  const { kernel } = new SimulatedKernel({ seed: 1 })
  const made = kernel.spawn(roleAddress(jobId, 'client'), (self) => new JobClient(self, jobId, graph))
  const events: JobEvent[] = []
  const statuses: JobStatus[] = []
  made.events.subscribe((event) => events.push(event))
  made.status.subscribe((status) => statuses.push(status))
  return { client: made, events, statuses }
}

describe('JobClient', () => {
  it('tells each status once, with its time and its error', () => {
    const { client: made, events, statuses } = client()
    made.receive({ type: 'status.changed', status: 'RUNNING', at: 5 })
    made.receive({ type: 'status.changed', status: 'RUNNING', at: 6 })
    made.receive({ type: 'status.changed', status: 'FAILING', at: 7, failure: failure('it broke') })
    expect(statuses).toEqual(['INITIALIZING', 'RUNNING', 'FAILING'])
    expect(made.statusTimes).toEqual({ RUNNING: 6, FAILING: 7 })
    expect(events.at(-1)).toMatchObject({ from: 'RUNNING', to: 'FAILING', error: { code: 'USER_FUNCTION_FAILED' } })
  })

  it('names the vertex of a task that failed, and remembers a failure once and twenty at most', () => {
    const { client: made, events } = client()
    const vertex = graph.vertices[1]!
    const failed = (message: string) =>
      made.receive({ type: 'task.failed', subtask: subtaskId(vertex.id, 0), attempt: 3, failure: failure(message) })
    failed('same')
    failed('same')
    expect(made.failures).toHaveLength(1)
    expect(events[0]).toMatchObject({
      operatorName: vertex.name,
      subtaskIndex: 0,
      attempt: 3,
      error: { message: 'same' },
    })
    for (let n = 0; n < 50; n++) failed(`${n}`)
    expect(made.failures.map(({ message }) => message).slice(0, 2)).toEqual(['49', '48'])
    expect(made.failures).toHaveLength(20)
  })

  it('answers each request by its own answer', async () => {
    const { client: made } = client()
    const ids: string[] = []
    const ask = () => made.request((requestId) => ids.push(requestId))
    const [first, second, third] = [ask(), ask(), ask()]
    expect(new Set(ids).size).toBe(3)
    const answer = (requestId: string, code: string) => {
      const outcome = { type: 'failed', reason: 'IO_EXCEPTION', code, message: 'No.' } as const
      made.receive({ type: 'request.answered', requestId, outcome })
    }
    answer(ids[1]!, 'STORAGE_FULL')
    answer(ids[0]!, 'a code of another version')
    const outcome = { type: 'completed', checkpointId: 4 as never, path: 'p' } as const
    made.receive({ type: 'request.answered', requestId: ids[2]!, outcome })
    await expect(second).rejects.toMatchObject({ code: 'STORAGE_FULL', message: 'No. (IO_EXCEPTION)' })
    await expect(first).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
    expect(await third).toMatchObject({ checkpointId: 4, path: 'p' })
    answer('nobody asked this', 'BUG')
  })

  it('ends: what was asked is rejected, everything completes', async () => {
    const { client: made, statuses } = client()
    let completed = 0
    made.status.subscribe({ complete: () => completed++ })
    made.events.subscribe({ complete: () => completed++ })
    const asked = made.request(() => {})
    made.receive({ type: 'job.completed', status: 'FAILED', failure: failure('it broke') })
    await expect(asked).rejects.toMatchObject({
      code: 'JOB_NOT_RUNNING',
      message: `Job ${jobId} is FAILED: the request was not carried out.`,
    })
    expect(await made.done).toMatchObject({ id: jobId, status: 'FAILED', error: { message: 'it broke' } })
    expect([made.ended, completed, statuses.at(-1)]).toEqual([true, 2, 'FAILED'])
  })
})
