/** Drives one source reader or sink writer by hand: a context with a clock that moves when told, and a log that is kept. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CheckpointId, JobId, OperatorId } from '../../src/core/ids.ts'
import { DividedState, decodeDivided, type OperatorItems } from '../../src/core/operator-state.ts'
import type { EndpointContext, Source, SourceReader, SourceReaderContext } from '../../src/operators/endpoints.ts'

export const jobOf = (digit: string): JobId => digit.repeat(32) as JobId
export const ck = (id: number): CheckpointId => id as CheckpointId

export interface TestContext extends SourceReaderContext {
  readonly logged: string[]
  /** Delays asked for with `wakeAfter`, in order. */
  readonly alarms: number[]
  nowMs: number
  /** By how much the time of day has been put forward. */
  setMs: number
  /** Resolves at the next `wake`, or at once when there was one since the last call. */
  woken(): Promise<void>
}

export function testContext(overrides: Partial<EndpointContext> = {}): TestContext {
  let pending = false
  let resume: (() => void) | undefined
  const context: TestContext = {
    jobId: jobOf('a'),
    jobName: 'job',
    operatorId: 'b'.repeat(32) as OperatorId,
    operatorName: 'endpoint',
    subtaskIndex: 0,
    parallelism: 1,
    epoch: 1,
    attempt: 0,
    checkpointing: true,
    random: () => 0,
    ...overrides,
    nowMs: 0,
    setMs: 0,
    now: () => context.nowMs + context.setMs,
    monotonicMs: () => context.nowMs,
    logged: [],
    alarms: [],
    log: (level, message) => void context.logged.push(`${level} ${message}`),
    wake() {
      if (resume === undefined) pending = true
      resume?.()
      resume = undefined
    },
    wakeAfter: (delayMs) => void context.alarms.push(delayMs),
    woken: () => {
      if (!pending) return new Promise((resolve) => (resume = resolve))
      pending = false
      return Promise.resolve()
    },
  }
  return context
}

/** Polls until `records` records or the end; waits for `wake` when there is nothing. */
export async function drain<T>(
  reader: SourceReader<T>,
  context: TestContext,
  { max = 1_024, records = Number.POSITIVE_INFINITY } = {},
): Promise<T[]> {
  const seen: T[] = []
  while (seen.length < records) {
    const polled = reader.poll(Math.min(max, records - seen.length))
    if (polled.type === 'end') break
    if (polled.type === 'waiting') await context.woken()
    else seen.push(...polled.values)
  }
  return seen
}

/** Reads `source` from `restored` to its end. */
export async function readAll<T>(source: Source<T>, restored?: unknown, context = testContext()): Promise<T[]> {
  const reader = source.createReader(context, restored)
  try {
    return await drain(reader, context)
  } finally {
    await reader.close()
  }
}

/** State as it comes back from storage: another object, of the same content. */
export const stored = (state: unknown): unknown =>
  state instanceof DividedState ? decodeDivided(Uint8Array.from(state.encode()), state.facts) : structuredClone(state)

/**
 * What each of `parallelism` subtasks gets of the lists of others: of a split each item goes where `choose` says (in turn, if
 * it says nothing), of a union everybody gets all.
 */
export function dealtOut(
  states: readonly unknown[],
  parallelism: number,
  choose: (item: number) => number = (item) => item,
): readonly DividedState[] {
  const lists = states.flatMap((state) => [...(stored(state) as DividedState).lists])
  const names = new Map(lists.map(([name, { mode }]) => [name, mode]))
  return Array.from({ length: parallelism }, (_, index) => {
    const own = [...names].map(([name, mode]): [string, OperatorItems] => {
      const all = lists.flatMap(([of, { items }]) => (of === name ? items : []))
      return [
        name,
        { mode, items: mode === 'union' ? all : all.filter((_item, i) => choose(i) % parallelism === index) },
      ]
    })
    return new DividedState(new Map(own))
  })
}

/** The code of the error that `run` throws or rejects with; fails when it does not. */
export async function codeOf(run: () => unknown): Promise<{ code: unknown; message: string }> {
  try {
    await run()
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string }
    return { code, message }
  }
  throw new Error('expected an error, and there was none')
}

export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-connectors-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
