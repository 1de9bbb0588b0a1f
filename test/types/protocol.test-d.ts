import { describe, expectTypeOf, it } from 'vitest'
import type { EffectHandlers } from '../../src/actors/effect-handlers.ts'
import type { CoordinatorMessage, JobMessage } from '../../src/actors/job-messages.ts'
import type { SubtaskMessage } from '../../src/actors/subtask-messages.ts'
import type { Address, CheckpointId, JobId, OperatorId, SubtaskId } from '../../src/core/ids.ts'
import type { CoordinatorEffect, CoordinatorEvent } from '../../src/machines/checkpoint-coordinator/protocol.ts'
import type { JobEffect, JobEvent } from '../../src/machines/job/protocol.ts'
import type { SavepointEffect, SavepointEvent } from '../../src/machines/savepoint-store/protocol.ts'
import type { SubtaskEffect, SubtaskEvent } from '../../src/machines/subtask/protocol.ts'

declare const id: CheckpointId
declare const subtask: SubtaskId
const facts = { checkpointId: id, timestamp: 0, kind: 'checkpoint' } as const

describe('events', () => {
  it('of a subtask have their facts, no others, and no other names', () => {
    expectTypeOf({ type: 'checkpoint.triggered', ...facts } as const).toExtend<SubtaskEvent>()
    // @ts-expect-error a checkpoint is named by its id
    const unnamed: SubtaskEvent = { type: 'checkpoint.completed' }
    // @ts-expect-error a plain number is no checkpoint id
    const plain: SubtaskEvent = { type: 'checkpoint.completed', checkpointId: 1 }
    // @ts-expect-error a barrier comes on a channel
    const nowhere: SubtaskEvent = { type: 'barrier.received', ...facts }
    // @ts-expect-error no such event
    const misspelt: SubtaskEvent = { type: 'checkpoint.complete', checkpointId: id }
    // @ts-expect-error no such kind of snapshot
    const kind: SubtaskEvent = { type: 'checkpoint.triggered', ...facts, kind: 'stop' }
    return [unnamed, plain, nowhere, misspelt, kind]
  })

  it('of the coordinator and the job say when they happened, their messages do not', () => {
    expectTypeOf<{ type: 'job.ended'; at: number }>().toExtend<CoordinatorEvent>()
    expectTypeOf<{ type: 'job.ended' }>().not.toExtend<CoordinatorEvent>()
    expectTypeOf<{ type: 'job.ended' }>().toExtend<CoordinatorMessage>()
    expectTypeOf<{ type: 'job.submitted'; at: number }>().toExtend<JobEvent>()
    expectTypeOf<{ type: 'job.submitted' }>().not.toExtend<JobEvent>()
    expectTypeOf<{ type: 'job.submitted' }>().toExtend<JobMessage>()
    // @ts-expect-error a report names an attempt
    const report: JobMessage = { type: 'subtask.reported', subtask, status: 'running' }
    // @ts-expect-error no such status
    const status: JobMessage = { type: 'subtask.reported', subtask, attempt: 0, status: 'done' }
    return [report, status]
  })

  it('of a savepoint carry the path that they tell of', () => {
    // @ts-expect-error a reserved name is a path
    const nameless: SavepointEvent = { type: 'name.reserved' }
    return nameless
  })

  it('reach a subtask beside the results of its own operations', () => {
    expectTypeOf<SubtaskEvent>().toExtend<SubtaskMessage>()
    expectTypeOf<{ type: 'snapshot.durable'; checkpointId: CheckpointId }>().toExtend<SubtaskMessage>()
    expectTypeOf<{ type: 'snapshot.durable'; checkpointId: CheckpointId }>().not.toExtend<SubtaskEvent>()
  })
})

describe('effects', () => {
  it('have their parameters', () => {
    // @ts-expect-error a channel is a number
    const block: SubtaskEffect = { type: 'blockInput', params: { channel: 'a' } }
    // @ts-expect-error a snapshot says whether it covers the end
    const take: SubtaskEffect = { type: 'takeSnapshot', params: facts }
    // @ts-expect-error a manifest is written of what the subtasks acknowledged
    const put: CoordinatorEffect = { type: 'putManifest', params: { ...facts, finished: [] } }
    // @ts-expect-error no such order
    const misspelt: JobEffect = { type: 'deployAll', params: { attempt: 0, latest: undefined } }
    // @ts-expect-error the pin belongs to a savepoint, by its path
    const pin: SavepointEffect = { type: 'pinCheckpoint', params: { checkpointPath: '' } }
    return [block, take, put, misspelt, pin]
  })

  it('each have a handler with their parameters, or the actor does not compile', () => {
    type Handlers = EffectHandlers<
      { readonly type: 'say'; readonly params: { readonly text: string } } | { readonly type: 'stop' }
    >
    expectTypeOf<Handlers>().toEqualTypeOf<{
      readonly say: (params: { readonly text: string }) => void
      readonly stop: () => void
    }>()
    // @ts-expect-error nobody stops
    const missing: Handlers = { say: () => {} }
    // @ts-expect-error what is said is a text
    const wrong: Handlers = { say: ({ text }: { readonly text: number }) => text, stop: () => {} }
    // @ts-expect-error nobody orders this
    const more: Handlers = { say: () => {}, stop: () => {}, start: () => {} }
    expectTypeOf<EffectHandlers<SubtaskEffect>['blockInput']>()
      .parameter(0)
      .toEqualTypeOf<{ readonly channel: number }>()
    expectTypeOf<keyof EffectHandlers<CoordinatorEffect>>().toEqualTypeOf<CoordinatorEffect['type']>()
    return [missing, wrong, more]
  })
})

describe('ids', () => {
  it('are not each other, and not any text or number', () => {
    expectTypeOf<JobId>().not.toExtend<OperatorId>()
    expectTypeOf<OperatorId>().not.toExtend<JobId>()
    expectTypeOf<SubtaskId>().not.toExtend<Address>()
    expectTypeOf<number>().not.toExtend<CheckpointId>()
    expectTypeOf<string>().not.toExtend<SubtaskId>()
  })
})
