import { describe, expect, it } from 'vitest'
import { clientModel, worldModel } from '../../../src/testing/checkpoint-model/client-model.ts'
import { coordinatorModel } from '../../../src/testing/checkpoint-model/coordinator-model.ts'
import { laneModel, laneOf } from '../../../src/testing/checkpoint-model/disk-lanes.ts'
import { jobModel } from '../../../src/testing/checkpoint-model/job-model.ts'
import { quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { trueParts, trueRules } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { savepointName, savepointsModel } from '../../../src/testing/checkpoint-model/savepoints-model.ts'
import { SteppedChart, SteppedCoordinator } from '../../../src/testing/checkpoint-model/stepped-chart.ts'
import { failure } from '../../../src/testing/checkpoint-model/storage-failures.ts'
import { type StorageState, storageModel } from '../../../src/testing/checkpoint-model/storage-model.ts'
import { emptyContent, withItem } from '../../../src/testing/checkpoint-model/subtask-state.ts'
import { inputsOf, outputOf, taskPlanOf, topologyOf } from '../../../src/testing/checkpoint-model/topology.ts'
import { ChartCoverage } from '../../../src/testing/explorer/chart-coverage.ts'
import type { ActorModel, Message, Turn } from '../../../src/testing/explorer/system.ts'

/** The only turn. */
function take<State>(actor: ActorModel<State, never>, state: State, message: object, from = 'x'): Turn<State> {
  const turns = actor.receive(state, message as never, from)
  expect(Array.isArray(turns)).toBe(false)
  return turns as Turn<State>
}
const facts = ({ outputs }: Turn<unknown>): string[] =>
  outputs.flatMap((output) => (output.type === 'fact' ? [output.fact.type] : []))
const sent = ({ outputs }: Turn<unknown>): [string, string][] =>
  outputs.flatMap((output): [string, string][] => (output.type === 'send' ? [[output.to, output.message.type]] : []))

describe('the disk', () => {
  const storage = storageModel({ options: quiet, rules: trueRules }) as ActorModel<StorageState, never>
  const write = { type: 'state.write', subtask: 'task', content: emptyContent, attempt: 0 }
  const opened = take(storage, storage.start.state, { type: 'storage.open' }).state

  it('answers its owner, and refuses what an older one orders', () => {
    const written = take(storage, opened, { ...write, checkpointId: 1, epoch: 1 })
    expect(sent(written)).toEqual([['task', 'state.written']])
    const taken = take(storage, written.state, { type: 'storage.open' })
    const late = take(storage, taken.state, { ...write, checkpointId: 2, epoch: 1 })
    expect([late.state, facts(late)]).toEqual([taken.state, ['write.refused']])
  })

  it('removes what no manifest names when it is opened, and counts ids on all the same', () => {
    const written = take(storage, opened, { ...write, checkpointId: 3, epoch: 1 }).state
    const again = take(storage, written, { type: 'storage.open' })
    expect(again.state).toMatchObject({ states: {}, highest: 3, epoch: 2 })
    expect(again.outputs.at(-1)).toMatchObject({ message: { lastId: 3, completed: [] } })
  })

  it('keeps what is pinned until the pin goes', () => {
    const put = { type: 'manifest.put', checkpointId: 1, kind: 'savepoint', subtasks: [], finished: [], epoch: 1 }
    const step = { type: 'savepoint.step', key: 'k', checkpointId: 1, savepoint: savepointName(1), epoch: 1 }
    const stored = take(storage, opened, put).state
    const pinned = take(storage, stored, { ...step, step: 'pin' }).state
    const kept = take(storage, pinned, { type: 'checkpoints.discard', checkpointIds: [1], epoch: 1 })
    expect([Object.keys(kept.state.manifests), kept.state.letGo]).toEqual([['1'], [1]])
    const gone = take(storage, kept.state, { ...step, step: 'unpin' })
    expect([gone.state.manifests, facts(gone)]).toEqual([{}, ['unpinned', 'checkpoint.deleted']])
  })

  it('fails towards whoever ordered', () => {
    const answers = failure({ ...write, type: 'state.write', checkpointId: 1, epoch: 1 })
    expect(answers).toMatchObject([{ to: 'task', message: { stored: false } }])
    const failing = storageModel({ options: { ...quiet, storeFailures: 1 }, rules: trueRules })
    const turns = failing.receive(opened, { ...write, type: 'state.write', checkpointId: 1, epoch: 1 }, 'task')
    expect(turns).toMatchObject([{ label: 'done' }, { label: 'fails', spends: 'store failures' }])
  })

  it('is reached by a way for each of two checkpoints', () => {
    expect([laneOf(1), laneOf(2), laneOf(3)]).toEqual(['disk-1', 'disk-0', 'disk-1'])
    expect(sent(take(laneModel as ActorModel<null, never>, null, write))).toEqual([['storage', 'state.write']])
  })
})

describe('job, coordinator and savepoint store', () => {
  const coverage = new ChartCoverage()
  const topology = topologyOf(2)

  it('begin with what the disk says', () => {
    const job = jobModel({ options: quiet, topology, chart: new SteppedChart('job', trueParts.charts.job, coverage) })
    const opened = { type: 'storage.opened', epoch: 2, lastId: 4, completed: [3], newest: 3, over: false }
    const begun = take(job as ActorModel<typeof job.start.state, never>, job.start.state, opened)
    expect(sent(begun)).toEqual([
      ['coordinator', 'coordinator.begins'],
      ['savepoints', 'savepoints.begin'],
      ['storage', 'attempt.prepare'],
    ])
    const over = take(job as ActorModel<typeof job.start.state, never>, job.start.state, { ...opened, over: true })
    expect(over).toEqual({ state: job.start.state, outputs: [] })
  })

  it('count on from the last id', () => {
    const logic = new SteppedCoordinator(trueParts.charts, coverage)
    const coordinator = coordinatorModel({ options: quiet, rules: trueRules, logic })
    const actor = coordinator as ActorModel<typeof coordinator.start.state, never>
    const begins = { type: 'coordinator.begins', epoch: 1, lastId: 4, completed: [3] }
    const begun = take(actor, coordinator.start.state, begins).state
    const running = { type: 'job.running', attempt: 0, plan: taskPlanOf(topology, []) }
    const runs = take(actor, begun, running)
    expect(runs.outputs).toContainEqual({ type: 'timer.set', name: 'interval' })
    const fired = take(actor, runs.state, { type: 'timer.fired', name: 'interval' })
    expect(fired.spends).toBe('periodic')
    expect(fired.state.charts?.pending.map(({ context }) => context.id)).toEqual([5])
    expect(facts(fired)).toEqual(['triggered'])
  })

  it('reserve a name, and forget a savepoint that is made', () => {
    const chart = new SteppedChart('savepoint', trueParts.charts.savepoint, coverage)
    const store = savepointsModel({ options: quiet, chart: chart as never })
    const actor = store as ActorModel<typeof store.start.state, never>
    let turn = take(actor, store.start.state, { type: 'savepoint.create', checkpointId: 1 })
    for (const event of [{ type: 'name.reserved', path: 'p' }, { type: 'checkpoint.pinned' }]) {
      turn = take(actor, turn.state, { type: 'savepoint.stepped', key: 'create 1', event })
      expect(sent(turn)).toEqual([['storage', 'savepoint.step']])
    }
    const event = { type: 'pointer.published' }
    const made = take(actor, turn.state, { type: 'savepoint.stepped', key: 'create 1', event })
    expect([sent(made), made.state.machines]).toEqual([[['coordinator', 'savepoint.published']], {}])
  })
})

describe('client and world', () => {
  it('ask, and are answered by the death of the process, too', () => {
    const client = clientModel({ ...quiet, requests: ['savepoint'] })
    const actor = client as ActorModel<typeof client.start.state, never>
    expect(client.start.outputs).toEqual([{ type: 'timer.set', name: 'ask' }])
    const asked = take(actor, client.start.state, { type: 'timer.fired', name: 'ask' })
    expect([facts(asked), asked.state.waiting]).toEqual([['savepoint.asked'], true])
    expect(take(actor, asked.state, { type: 'process.died' }).state.waiting).toBe(false)
  })

  it('see a part of the output once, however often it is committed', () => {
    const world = worldModel(quiet, topologyOf(1))
    const actor = world as ActorModel<typeof world.start.state, never>
    const parts = [{ snapshot: 2, items: [{ stream: 's', first: 1, last: 2 }] }]
    const commit: Message & object = { type: 'commit', subtask: 'sink', parts } as Message
    const seen = take(actor, world.start.state, commit)
    expect([seen.state.items, facts(seen)]).toEqual([parts[0]!.items, ['committed']])
    expect(take(actor, seen.state, commit)).toEqual({ state: seen.state, outputs: [] })
  })

  it('join items that continue each other, and keep holes', () => {
    const items = withItem(withItem(withItem([], 'a', 1), 'a', 2), 'a', 4)
    expect(items).toEqual([
      { stream: 'a', first: 1, last: 2 },
      { stream: 'a', first: 4, last: 4 },
    ])
  })

  it('know who feeds whom', () => {
    const topology = topologyOf(2)
    expect([inputsOf(topology, 'task'), outputOf(topology, 'sink')]).toEqual([['source-0', 'source-1'], undefined])
    expect(taskPlanOf(topology, ['sink']).tasks.at(-1)).toMatchObject({ predecessors: ['task'], finished: true })
  })
})
