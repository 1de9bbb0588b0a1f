import { describe, expect, it } from 'vitest'
import { Channel, OutputGate } from '../../src/actors/channel.ts'
import type { OutputDescriptor } from '../../src/actors/subtask-descriptor.ts'
import { SubtaskOutputs } from '../../src/actors/subtask-outputs.ts'
import { endOfData, recordBatch, type StreamElement } from '../../src/core/elements.ts'
import { keyGroupOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import { Random } from '../../src/core/random.ts'
import { mapOperator } from '../../src/operators/stateless.ts'
import { descriptor, operator, output } from './descriptors.ts'
import { ck } from './probe.ts'

const random = new Random(1)

function make(outputs: readonly OutputDescriptor[], index = 0) {
  const gate = new OutputGate(() => {})
  const channels = new Map<string, Channel>()
  for (const id of outputs.flatMap((one) => one.channels)) channels.set(id, new Channel(id, 100, gate, () => {}))
  const subtask = descriptor(
    [
      operator(
        'map',
        mapOperator((x) => x),
      ),
    ],
    { outputs, index, parallelism: index + 1 },
  )
  const out = new SubtaskOutputs(
    subtask,
    (id) => channels.get(id)!,
    () => random.next(),
  )
  /** Everything on a channel: values of a batch as they are, others by type. */
  const drain = (id: string): unknown[] => {
    const seen: unknown[] = []
    const channel = channels.get(id)!
    for (let element = channel.shift(); element !== undefined; element = channel.shift()) {
      seen.push(element.type === 'batch' ? element.values : element.type)
    }
    return seen
  }
  return { out, drain, channels }
}

const hash = { type: 'hash', key: (value: string) => value } as const
const barrier: StreamElement = { type: 'barrier', checkpointId: ck(1), timestamp: 0, kind: 'checkpoint' }

describe('the outputs of a subtask', () => {
  it('forward a batch by reference', () => {
    const { out, channels } = make([output(['a'])])
    const batch = recordBatch([1, 2])
    out.tails(0, undefined)[0]!.emit(batch)
    expect(channels.get('a')!.shift()).toBe(batch)
    expect(out.recordsOut).toBe(2)
  })

  it('give everyone a broadcast batch', () => {
    const { out, drain } = make([output(['a', 'b'], { type: 'broadcast' })])
    out.tails(0, undefined)[0]!.emit(recordBatch([1, 2]))
    expect([drain('a'), drain('b'), out.recordsOut]).toEqual([[[1, 2]], [[1, 2]], 4])
  })

  it('give the first subtask everything that goes to one, and the others what all hear of', () => {
    const { out, drain } = make([output(['a', 'b'], { type: 'global' })])
    out.tails(0, undefined)[0]!.emit(recordBatch([1, 2]))
    out.tails(0, undefined)[0]!.watermark(5)
    expect([drain('a'), drain('b')]).toEqual([[[1, 2], 'watermark'], ['watermark']])
  })

  it('rescale in turn over the channels that they have, beginning with the first', () => {
    const { out, drain } = make([output(['a', 'b'], { type: 'rescale' })], 1)
    out.tails(0, undefined)[0]!.emit(recordBatch([1, 2, 3]))
    expect([drain('a'), drain('b')]).toEqual([[[1, 2]], [[3]]])
  })

  it('shuffle, and route by a function, with what waits in front of a watermark', () => {
    const partition = (key: number, partitions: number) => key % partitions
    const routed = { type: 'custom', key: (value: number) => value + 1, partition } as const
    const { out, drain } = make([
      output(['a', 'b'], routed),
      output(['c', 'd'], { type: 'shuffle' }, { sideOutput: 'chance' }),
    ])
    const [[main], [side]] = [out.tails(0, undefined), out.tails(0, 'chance')]
    main!.emit(recordBatch([1, 2, 3]))
    side!.emit(recordBatch([1, 2, 3]))
    main!.watermark(5)
    side!.watermark(5)
    expect([drain('a'), drain('b')]).toEqual([
      [[1, 3], 'watermark'],
      [[2], 'watermark'],
    ])
    const shuffled = [...drain('c'), ...drain('d')].filter(Array.isArray).flat()
    expect(shuffled.toSorted()).toEqual([1, 2, 3])
  })

  it('name the operator whose partition function is wrong', () => {
    const { out } = make([output(['a'], { type: 'custom', key: (x) => x, partition: () => 1 })])
    expect(() => out.tails(0, undefined)[0]!.emit(recordBatch([1]))).toThrow('of operator "target" returned 1')
  })

  it('share a rebalanced batch out, beginning with the channel of their own index', () => {
    const { out, drain } = make([output(['a', 'b', 'c'], { type: 'rebalance' })], 1)
    out.tails(0, undefined)[0]!.emit(recordBatch([1]))
    expect([drain('a'), drain('b'), drain('c')]).toEqual([[], [[1]], []])
  })

  it('send a keyed record to the owner of its key group', () => {
    const words = ['to', 'be', 'or', 'not', 'that', 'is', 'the', 'question']
    const { out, drain } = make([output(['a', 'b'], hash)])
    out.tails(0, undefined)[0]!.emit(recordBatch(words))
    out.flush()
    const owned = [drain('a'), drain('b')].map((batches) => batches.flat())
    for (const subtask of [0, 1]) {
      expect(owned[subtask]).toEqual(
        words.filter((word) => subtaskOfKeyGroup(keyGroupOf(word, 128), 2, 128) === subtask),
      )
    }
    expect(out.recordsOut).toBe(words.length)
  })

  it.each([
    ['a watermark', (out: SubtaskOutputs) => out.tails(0, undefined)[0]!.watermark(5), 'watermark'],
    ['a barrier', (out: SubtaskOutputs) => out.broadcast(barrier), 'barrier'],
    ['the end of the data', (out: SubtaskOutputs) => out.broadcast(endOfData), 'end-of-data'],
  ] as const)('put %s behind the records that wait in a partial batch', (_what, act, type) => {
    const { out, drain } = make([output(['a', 'b'], hash)])
    out.tails(0, undefined)[0]!.emit(recordBatch(['x']))
    expect([drain('a'), drain('b')]).toEqual([[], []])
    act(out)
    const [owner, other] = subtaskOfKeyGroup(keyGroupOf('x', 128), 2, 128) === 0 ? ['a', 'b'] : ['b', 'a']
    expect([drain(owner), drain(other)]).toEqual([[['x'], type], [type]])
  })

  it('broadcast to every channel of every output', () => {
    const { out, drain } = make([output(['a', 'b'], { type: 'rebalance' }), output(['c'], undefined, { operator: 1 })])
    out.broadcast(barrier)
    expect(['a', 'b', 'c'].map(drain)).toEqual([['barrier'], ['barrier'], ['barrier']])
  })

  it('keep the outputs of operators and their side outputs apart', () => {
    const { out, drain } = make([
      output(['main'], undefined, { operator: 1 }),
      output(['twice'], undefined, { operator: 1 }),
      output(['late'], undefined, { operator: 1, sideOutput: 'late' }),
    ])
    for (const tail of out.tails(1, undefined)) tail.emit(recordBatch([1]))
    for (const tail of out.tails(1, 'late')) tail.emit(recordBatch([2]))
    expect(['main', 'twice', 'late'].map(drain)).toEqual([[[1]], [[1]], [[2]]])
    expect([out.tails(0, undefined), out.tails(1, 'early')]).toEqual([[], []])
  })
})
