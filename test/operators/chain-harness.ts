/** Builds a chain of several operators by hand, with collected tails and a clock that moves when told. */
import type { KeyedStateBackend } from '../../src/backends/state-backend.ts'
import { type RecordBatch, recordBatch } from '../../src/core/elements.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { CheckpointId, JobId, OperatorId } from '../../src/core/ids.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { OperatorChain } from '../../src/operators/chain.ts'
import type { ChainMember } from '../../src/operators/chain-options.ts'
import type { Operator, OperatorFactory } from '../../src/operators/operator.ts'
import { CollectedOutput } from '../../src/testing/collected-output.ts'

export const ck = (id: number): CheckpointId => id as CheckpointId

export interface MemberOptions {
  readonly parent?: number
  readonly sideOutput?: string
  readonly uid?: string
  readonly channelTags?: readonly string[]
  readonly state?: KeyedStateBackend
}

export const member = (name: string, factory: OperatorFactory, options: MemberOptions = {}): ChainMember => ({
  factory,
  operatorId: name as OperatorId,
  operatorName: name,
  uid: options.uid,
  parent: options.parent,
  sideOutput: options.sideOutput,
  channelTags: options.channelTags ?? [],
  state: options.state,
})

export interface TestChain {
  readonly chain: OperatorChain
  /** The collected tail of `position` and tag. */
  tail(position: number, tag?: string): CollectedOutput
  readonly asked: number[]
  readonly logged: string[]
  nowMs: number
  wakes: number
}

/**
 * Every operator's main output, and each channel tag, ends in one collected tail. With `leaves`, only those have one that
 * feed nobody, so that maps and filters in a row are one loop.
 */
export function testChain(
  operators: readonly ChainMember[],
  batchRecords = 1024,
  readers: 'all' | 'leaves' = 'all',
): TestChain {
  const tails = new Map<string, CollectedOutput>()
  const tail = (position: number, tag?: string): CollectedOutput => {
    const key = `${position} ${tag ?? ''}`
    const known = tails.get(key) ?? new CollectedOutput()
    tails.set(key, known)
    return known
  }
  const test: Omit<TestChain, 'chain'> = { tail, asked: [], logged: [], nowMs: 0, wakes: 0 }
  const chain = new OperatorChain({
    operators,
    runtime: {
      jobId: 'j' as JobId,
      jobName: 'job',
      subtaskIndex: 0,
      parallelism: 1,
      maxParallelism: 128,
      epoch: 1,
      attempt: 1,
      batchRecords,
      autoWatermarkIntervalMs: 0,
      checkpointing: true,
      freezeState: true,
      now: () => test.nowMs,
      monotonicMs: () => test.nowMs,
      consumingMs: () => test.nowMs,
      requestTurn: (atMs) => void test.asked.push(atMs),
      reportWatermark: () => {},
      random: () => 0.5,
      runOutside: (task, done, failed) => void Promise.resolve().then(task).then(done, failed),
      wake: () => void test.wakes++,
      wakeAfter: () => {},
      requestProcessingTime: (atMs) => void test.asked.push(atMs),
      log: (level, message) => void test.logged.push(`${level} ${message}`),
    },
    tails: (position, tag) =>
      readers === 'all' || operators.every(({ parent }) => parent !== position) ? tail(position, tag) : undefined,
  })
  return Object.assign(test, { chain })
}

/** A batch as a key partitioner sends it. */
export const keyedBatch = (
  values: readonly string[],
  key: (value: string) => string = (value) => value,
): RecordBatch => {
  const keys = values.map(key)
  return recordBatch(
    values,
    undefined,
    keys,
    keys.map((k) => keyGroupOf(k, 128)),
  )
}

/** An operator that writes its calls into `calls`, and passes on what it gets. */
export function spyFactory(name: string, calls: string[], overrides: Partial<Operator> = {}): OperatorFactory {
  const create = (): Operator => {
    let emit: (batch: RecordBatch) => void = () => {}
    return {
      open(context, restored) {
        calls.push(`${name} open${restored === undefined ? '' : ` ${String(restored)}`}`)
        emit = (batch) => context.output.emit(batch)
      },
      batch: (_input, batch) => emit(batch),
      watermark: () => {},
      processingTime: (now) => void calls.push(`${name} time ${now}`),
      endOfData: () => void calls.push(`${name} end`),
      snapshot: () => ({ state: `${name} state`, keyed: undefined, durable: undefined }),
      notifyCompleted: (id) => void calls.push(`${name} completed ${id}`),
      notifyAborted: (id) => void calls.push(`${name} aborted ${id}`),
      close: () => void calls.push(`${name} close`),
      ...overrides,
    }
  }
  return { kind: 'spy', stateful: false, inputCount: 1, chaining: 'always', keyed: false, create }
}

/** The `StreamError` that `action` fails with. */
export function failure(action: () => unknown): StreamError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof StreamError) return thrown
    throw thrown
  }
  throw new Error('expected a failure')
}
