import { describe, expect, it } from 'vitest'
import type { Self } from '../../src/actors/kernel.ts'
import { SimulatedKernel } from '../../src/actors/simulated-host.ts'
import { makeChain, SubtaskState } from '../../src/actors/subtask-chain.ts'
import type { KeyedPiece, SubtaskDescriptor } from '../../src/actors/subtask-descriptor.ts'
import { failureOf, type SubtaskMessage } from '../../src/actors/subtask-messages.ts'
import { SubtaskOutputs } from '../../src/actors/subtask-outputs.ts'
import type { StoredSnapshot } from '../../src/backends/checkpoint-storage.ts'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { StateHandle } from '../../src/backends/manifest.ts'
import type { StateBackend, ValueState } from '../../src/backends/state-backend.ts'
import { encodeValue } from '../../src/core/codec.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import type { Operator, OperatorContext, OperatorFactory } from '../../src/operators/operator.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { chainOf, descriptor } from './descriptors.ts'
import { at, ck, Probe } from './probe.ts'

const stateless = mapOperator((x) => x)
const keyed: OperatorFactory = { ...stateless, keyed: true }
const operators = chainOf(['count', keyed], ['map', stateless])
const count = { kind: 'value', initial: 0 } as const

/** A value of a heap backend under one key, as the bytes of a segment. */
function segmentWith(key: string, value: number): Uint8Array {
  const range = { start: 0, end: 127 }
  const backend = heapStateBackend.create({
    range,
    maxParallelism: 128,
    freeze: false,
    incremental: false,
    operatorName: 'count',
  })
  backend.setCurrentKey(key, keyGroupOf(key, 128))
  ;(backend.state('count', count) as ValueState<number>).update(value)
  return Uint8Array.from(backend.mark().write(() => true)!)
}

const handle = (file: string) => ({ file, offset: 0, length: 1, checksum: '0'.repeat(8), codec: 1 })
const restore = (...parts: readonly [id: string, keyed: readonly string[], operator: string | undefined][]) => ({
  checkpointId: ck(1),
  finished: false,
  operators: parts.map(([id, files, own]) => ({
    operatorId: id as OperatorId,
    keyed: files.map(
      (file): KeyedPiece => ({
        handle: { ...handle(file), keyGroups: { start: 0, end: 127 }, states: [{ name: 'count', kind: 'value' }] },
      }),
    ),
    operator: own === undefined ? [] : [{ handle: handle(own) }],
  })),
})

const snapshotOf = (files: Readonly<Record<string, Uint8Array>>): StoredSnapshot => ({
  path: 'somewhere',
  manifest: {} as StoredSnapshot['manifest'],
  read: async (handle: StateHandle) => {
    const file = 'file' in handle ? handle.file : ''
    const bytes = files[file]
    if (bytes === undefined) throw new StreamError('STATE_FILE_MISSING', `${file} is missing`)
    return bytes
  },
})

function make(subtask: SubtaskDescriptor, backend: StateBackend = heapStateBackend) {
  const simulation = new SimulatedKernel({ seed: 1 })
  let self: Self | undefined
  const probe = simulation.kernel.spawn(at('subtask'), (own) => {
    self = own
    return new Probe()
  })
  return { simulation, probe, self: self!, state: new SubtaskState(subtask, backend, () => 0) }
}

/** Hands every piece that comes to the state, as the actor does; what comes instead of a piece. */
async function takeAll(simulation: SimulatedKernel, probe: Probe, state: SubtaskState) {
  for (let taken = 0; ; taken++) {
    await simulation.settle()
    const message = probe.received[taken] as unknown as SubtaskMessage | undefined
    if (message?.type !== 'state.piece') return message
    state.take(message.piece)
    while (state.work());
  }
}

describe('the state of a subtask', () => {
  it('has a backend for each keyed operator, of the key groups that the subtask owns', () => {
    const made: unknown[] = []
    const backend: StateBackend = {
      kind: 'spy',
      create: (options) => {
        made.push(options)
        return heapStateBackend.create(options)
      },
    }
    const { state } = make(descriptor(operators, { index: 1, parallelism: 2, freezeState: false }), backend)
    expect(made).toEqual([
      {
        range: { start: 64, end: 127 },
        states: undefined,
        now: expect.any(Function),
        maxParallelism: 128,
        freeze: false,
        incremental: false,
        operatorName: 'count',
        uid: undefined,
      },
    ])
    expect(state.backends.map((one) => one !== undefined)).toEqual([true, false])
  })

  it('reads everything it restores, and puts it where it belongs', async () => {
    const subtask = descriptor(operators, { restore: restore(['map', [], 'own'], ['count', ['x', 'y'], undefined]) })
    const { simulation, probe, self, state } = make(subtask)
    const files = { own: encodeValue({ position: 3 }), x: segmentWith('x', 1), y: segmentWith('y', 2) }
    state.load(self, snapshotOf(files))
    const loaded = await takeAll(simulation, probe, state)
    expect(loaded).toMatchObject({ type: 'state.loaded', operators: [{ operatorId: 'map' }, { operatorId: 'count' }] })
    if (loaded?.type === 'state.loaded') state.restore(loaded.operators)
    expect(state.restored).toEqual([undefined, { position: 3 }])
    const counts = ['x', 'y', 'z'].map((key) => {
      state.backends[0]!.setCurrentKey(key, keyGroupOf(key, 128))
      return (state.backends[0]!.state('count', count) as ValueState<number>).value()
    })
    expect(counts).toEqual([1, 2, 0])
  })

  it('refuses sound bytes that are not those the manifest means', async () => {
    const { simulation, probe, self, state } = make(
      descriptor(operators, { restore: restore(['count', ['x'], undefined]) }),
    )
    const other = { start: 0, end: 127 }
    const backend = heapStateBackend.create({ range: other, maxParallelism: 128, freeze: false, operatorName: 'other' })
    backend.setCurrentKey('x', keyGroupOf('x', 128))
    ;(backend.state('total', count) as ValueState<number>).update(1)
    state.load(self, snapshotOf({ x: Uint8Array.from(backend.mark().write(() => true)!) }))
    await simulation.settle()
    const message = expect.stringMatching(/somewhere\/x .*expects .* of "count" \(value\), got .* of "total" \(value\)/)
    expect(probe.received).toEqual([
      { type: 'subtask.crashed', failure: { code: 'STATE_FILE_DAMAGED', message, restartable: false } },
    ])
  })

  it('says which file it could not read', async () => {
    const { simulation, probe, self, state } = make(descriptor(operators, { restore: restore(['map', [], 'gone']) }))
    state.load(self, snapshotOf({}))
    await simulation.settle()
    expect(probe.received).toEqual([
      {
        type: 'subtask.crashed',
        failure: { code: 'STATE_FILE_MISSING', message: 'gone is missing', restartable: false },
      },
    ])
  })

  it('refuses what cannot be: state without a snapshot, of another chain', () => {
    const { self, state } = make(descriptor(operators))
    expect(() => state.load(self, undefined)).toThrow('a subtask restores without a snapshot')
    expect(() => state.restore([{ operatorId: 'other' as OperatorId, state: 1 }])).toThrow('not in this chain')
  })

  it('refuses keyed state for an operator without keys', async () => {
    const subtask = descriptor(operators, { restore: restore(['map', ['x'], undefined]) })
    const { simulation, probe, self, state } = make(subtask)
    state.load(self, snapshotOf({ x: segmentWith('x', 1) }))
    await expect(takeAll(simulation, probe, state)).rejects.toThrow('keyed state for an operator without keyed input')
  })

  it('disposes of its backends', () => {
    const { state } = make(descriptor(operators))
    let disposed = 0
    Object.assign(state.backends[0]!, { dispose: () => void disposed++ })
    state.dispose()
    expect(disposed).toBe(1)
  })
})

describe('the chain of a subtask', () => {
  it('gives its operators what the descriptor and the host say', async () => {
    let context: OperatorContext | undefined
    const curious: OperatorFactory = {
      ...keyed,
      create: (): Operator =>
        Object.assign(stateless.create(), {
          open(given: OperatorContext) {
            context = given
          },
        }),
    }
    const subtask = descriptor(chainOf(['curious', curious]), { index: 1, parallelism: 3, attempt: 2, batchRecords: 9 })
    const { simulation, probe, self, state } = make(subtask)
    const flow = {
      outputs: new SubtaskOutputs(
        subtask,
        () => undefined as never,
        () => 0,
      ),
      consumingMs: () => 3,
    }
    const chain = makeChain(self, subtask, state, flow, 'my-timer', 5)
    chain.open(state.restored)
    expect(context).toMatchObject({
      jobId: subtask.jobId,
      jobName: 'job',
      operatorId: 'curious',
      operatorName: 'curious',
      subtaskIndex: 1,
      parallelism: 3,
      maxParallelism: 128,
      epoch: 5,
      attempt: 2,
      batchRecords: 9,
      checkpointing: true,
      state: state.backends[0],
    })
    expect(context!.consumingMs()).toBe(3)
    context!.requestProcessingTime(250)
    await simulation.runToEnd()
    expect([probe.received, context!.now()]).toEqual([[{ type: 'timer.fired', name: 'my-timer' }], 250])
  })
})

describe('a failure', () => {
  it('is an error as data', () => {
    const error = new StreamError('SINK_FAILED', 'no disk', { restartable: true, cause: 'left out' })
    expect(failureOf(error)).toEqual({ code: 'SINK_FAILED', message: 'no disk', restartable: true })
  })
})
