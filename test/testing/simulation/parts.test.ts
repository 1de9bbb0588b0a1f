/** The parts between a simulated runtime and the facts that checkers hear. */
import { describe, expect, it } from 'vitest'
import { programs } from '../../../scripts/simulate/programs.ts'
import { OutputGate } from '../../../src/actors/channel.ts'
import { nodeFileSystem } from '../../../src/backends/file-system.ts'
import { recordBatch } from '../../../src/core/elements.ts'
import type { Address } from '../../../src/core/ids.ts'
import { Random } from '../../../src/core/random.ts'
import { buildJobGraph } from '../../../src/graph/build-job-graph.ts'
import { effectiveOptions } from '../../../src/job/effective-options.ts'
import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { ActorLabels } from '../../../src/testing/simulation/actor-labels.ts'
import { changed } from '../../../src/testing/simulation/changed.ts'
import { ControlFacts } from '../../../src/testing/simulation/control-facts.ts'
import { describedPlan } from '../../../src/testing/simulation/described-plan.ts'
import { OutsideWorld } from '../../../src/testing/simulation/outside-world.ts'
import { RunJournal } from '../../../src/testing/simulation/run-journal.ts'
import { SimulatedNetwork } from '../../../src/testing/simulation/simulated-network.ts'
import { SimulatedProcess } from '../../../src/testing/simulation/simulated-process.ts'
import { SimulationRun } from '../../../src/testing/simulation/simulation-run.ts'
import { SimulationScheduler } from '../../../src/testing/simulation/simulation-scheduler.ts'
import { transactionSink } from '../../../src/testing/simulation/transaction-sink.ts'
import { WatchedChannel } from '../../../src/testing/simulation/watched-channel.ts'
import { StoredFacts, WatchedStorages } from '../../../src/testing/simulation/watched-storages.ts'

const address = 'job/a' as Address

const scheduler = (strikes: (text: string) => boolean, log: string[] = []) =>
  new SimulationScheduler({
    chooser: {
      choose: () => 0,
      interrupt: () => undefined,
      befalls: (_, text) => strikes(text),
    },
    random: new Random(1),
    startMs: 0,
    labelOf: (text) => text,
    onCrash: (_, error) => void log.push(String(error)),
    log: () => {},
    sees: () => {},
    isStop: () => false,
    fateOf: () => ({ type: 'runs' }),
    offers: { faults: () => [], actions: () => [] },
    interrupted: () => {},
  })

describe('the simulated network', () => {
  const received = async (strikes: (text: string) => boolean, messages: readonly object[]) => {
    const seen: unknown[] = []
    const one = scheduler(strikes)
    one.kernel.spawn(address, () => ({ receive: (message: unknown) => void seen.push(message) }))
    for (const message of messages) one.kernel.send(address, message)
    while (await one.step());
    return [seen, one.kernel instanceof SimulatedNetwork] as const
  }
  const ack = (checkpointId: number) => ({ type: 'subtask.acknowledged', subtask: 's', checkpointId })

  it('repeats, delays and loses what may be, and never overtakes', async () => {
    expect(await received((text) => text.includes('repeated'), [ack(1)])).toEqual([[ack(1), ack(1)], true])
    const delayed = await received((text) => text.includes('delayed s 1'), [ack(1), ack(2)])
    expect(delayed[0]).toEqual([ack(1), ack(2)])
    const lost = await received((text) => text.includes('lost'), [{ type: 'checkpoint.completed', checkpointId: 1 }])
    expect(lost[0]).toEqual([])
  })

  it('does not lose what a subtask at its end waits for', async () => {
    const end = { ...ack(4), subtask: address, state: { finished: true } }
    const word = { type: 'checkpoint.completed', checkpointId: 4 }
    expect((await received((text) => text.includes('lost'), [end, word]))[0]).toEqual([end, word])
  })
})

describe('a watched channel', () => {
  it('tells what goes through it in order, and gives nothing while it is clogged', () => {
    const facts: Fact[] = []
    let woken = 0
    const watch = { attempt: 2, label: 'a>b', tell: (fact: Fact) => void facts.push(fact) }
    const channel = new WatchedChannel('id', 8, new OutputGate(() => {}), () => woken++, watch)
    channel.push(recordBatch([1, 2]))
    channel.push({ type: 'barrier', checkpointId: 1 as never, timestamp: 0, kind: 'checkpoint' })
    channel.clog()
    expect([channel.shift(), channel.clogged, woken]).toEqual([undefined, true, 1])
    channel.unclog()
    expect([channel.shift()?.type, channel.shift()?.type, woken]).toEqual(['batch', 'barrier', 2])
    expect(facts.map(({ type }) => type)).toEqual(['sent', 'barrier.sent', 'consumed', 'barrier.consumed'])
  })

  it('places what is recorded by the order in which it is taken, not by that in which it was put in (seed 713)', () => {
    const facts: Fact[] = []
    const watch = { attempt: 5, label: 'a>b', tell: (fact: Fact) => void facts.push(fact), restored: 1 }
    const channel = new WatchedChannel('id', 8, new OutputGate(() => {}), () => {}, watch)
    channel.push(recordBatch([2, 3]))
    channel.restore([recordBatch([1])])
    expect(channel.shift()).toMatchObject({ values: [1] })
    const barrier = { type: 'barrier', checkpointId: 6 as never, timestamp: 0, kind: 'checkpoint' } as const
    channel.pushAhead(barrier)
    const taken = channel.shift()
    for (const batch of channel.overtaken(taken as typeof barrier)) channel.record(6 as never, batch)
    channel.takeRecorded(6 as never)
    expect(facts.at(-1)).toMatchObject({ type: 'channel.recorded', sequence: 1, records: 2 })
  })
})

describe('the world outside', () => {
  it('knows what is missing and what came twice', () => {
    const world = new OutsideWorld()
    world.expected.set('s', 3)
    world.show([
      { stream: 's', position: 1 },
      { stream: 's', position: 1 },
      { stream: 's', position: 5 },
    ])
    expect(world.problems('exactly-once')).toEqual([
      'Stream s lacks 2, 3 of 3.',
      'Stream s brought 1 more than once.',
      'Stream s came to 5 instead of 3.',
    ])
    expect(world.problems('at-least-once')).toEqual(['Stream s lacks 2, 3 of 3.'])
  })

  it('sees a transaction when its checkpoint is complete, and not again after a restore', () => {
    const world = new OutsideWorld()
    world.expected.set('s', 2)
    const facts: Fact[] = []
    const process = {
      tell: (fact: Fact) => void facts.push(fact),
      subtaskOf: () => ({ attempt: 0, subtask: 'out/0' }),
      turnOf: () => ({ attempt: 0, subtask: 'out/0' }),
      pass() {},
    }
    const sink = transactionSink(
      (n: number) => [{ stream: 's', position: n }],
      world,
      () => process,
    )
    const context = { operatorId: 'o', subtaskIndex: 0 } as never
    const writer = sink.createWriter(context, undefined)
    writer.write([1, 2])
    const { state } = writer.snapshot(1 as never, 'checkpoint')
    expect(world.problems('exactly-once')).toHaveLength(1)
    void writer.notifyCompleted(1 as never)
    sink.createWriter(context, state)
    expect(world.problems('exactly-once')).toEqual([])
    expect(facts.map(({ type }) => type)).toEqual(['precommitted', 'committed'])
  })
})

describe('names and facts', () => {
  const run = new SimulationRun(1, 8, true)
  const { program, name } = effectiveOptions(programs['keyed-count']!(run), {}, {}, true)
  const graph = buildJobGraph(program, name)
  const labels = new ActorLabels('f'.repeat(32), graph)

  it('are short and the same in every run', () => {
    const [source] = graph.vertices
    expect(labels.of(`${'f'.repeat(32)}/${source!.id}/1 persist checkpoint 3`)).toMatch(/^\w+\/1 persist checkpoint 3$/)
    expect(labels.of(`publish /simulated/savepoints/savepoint-ffffff-0123456789ab`)).toBe('publish savepoint')
    expect(labels.vertexOf(source!.operators[0]!.id)).toBe(labels.of(source!.id))
    expect(run.storage.kind).toBe('filesystem')
  })

  it('describe the subtasks and channels of a program', () => {
    const { subtasks, channels } = describedPlan(graph, labels)
    expect(subtasks).toContain('count/1')
    expect(channels).toContainEqual({ channel: 'map/0>count/1#2', from: 'map/0', to: 'count/1' })
    expect(channels.every(({ from, to }) => subtasks.includes(from) && subtasks.includes(to))).toBe(true)
  })

  it('tells steps of machines as facts, with attempts numbered through the run', () => {
    const facts: Fact[] = []
    const control = new ControlFacts({
      tell: (fact) => void facts.push(fact),
      labelOf: (text) => text,
      attemptOf: (attempt) => attempt + 10,
      now: () => 5,
      restoredFrom: () => 7,
      keyGroupsOf: () => undefined,
    })
    control.deployed([{ id: 'a/0', attempt: 1, inputs: [], operators: [], restore: undefined } as never])
    const step = (effects: readonly object[], event: object = { type: 'x' }, role = 'a/0') =>
      control.step({
        address: `job/${role}` as Address,
        attempt: 1,
        event,
        from: '',
        to: '',
        effects,
        snapshot: {},
      } as never)
    step([{ type: 'openOperators' }])
    step([{ type: 'settled', params: { latest: undefined } }], undefined, 'coordinator')
    step([{ type: 'reportStatus', params: { status: 'finished' } }])
    expect(facts).toEqual([
      { type: 'attempt.began', attempt: 11, restored: undefined },
      { type: 'subtask.began', attempt: 11, subtask: 'a/0', restored: undefined },
      { type: 'settled', latest: 7 },
      { type: 'subtask.over', attempt: 11, subtask: 'a/0', how: 'finished' },
      { type: 'attempt.over', attempt: 11 },
    ])
    expect(control.subtasks).toEqual(['a/0'])
  })

  it('are told by storage when it is so', async () => {
    const facts: Fact[] = []
    const known = new StoredFacts()
    const watch = { tell: (fact: Fact) => void facts.push(fact), labelOf: (text: string) => text }
    const storages = new WatchedStorages(watch, known, { fs: nodeFileSystem, clock: { now: () => 0 } })
    const job = await storages.checkpoints({ kind: 'jobmanager' }).open({ id: 'f'.repeat(32) as never, name: 'n' })
    const writer = job.openWriter(1 as never, 'v/0' as never)
    writer.beginSegment()
    writer.append(Buffer.from('x'))
    writer.endSegment()
    await writer.close()
    await writer.abort()
    expect(await job.discard(1 as never)).toBe(true)
    expect(facts.map(({ type }) => type)).toEqual([
      'lease.taken',
      'state.stored',
      'state.deleted',
      'checkpoint.deleted',
    ])
    expect(changed({ one: () => 1 }, { one: (method) => () => method() + 1 }).one()).toBe(2)
  })

  it('are kept in a journal with one hash per step', () => {
    const journal = new RunJournal([], { steps: true })
    const step = {
      address,
      attempt: 0,
      event: { type: 'x' },
      from: 'a',
      to: 'b',
      effects: [],
      snapshot: { context: 1 },
    }
    journal.step(step)
    journal.step({ ...step, snapshot: { context: 2 } })
    journal.problem('end', 'never')
    expect([new Set(journal.hashes).size, journal.steps?.length, journal.failed]).toEqual([2, 2, true])
    expect(SimulatedProcess.name).toBe('SimulatedProcess')
  })
})
