/** One subtask's stream with a strategy, and a journal of what it sends on. */
import type { RecordBatch } from '../../../src/core/elements.ts'
import { StreamTime } from '../../../src/operators/time/stream-time.ts'
import { WatermarkStrategy } from '../../../src/operators/time/watermark-strategy.ts'

export const ownTime = (value: number): number => value
export const monotonous = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(ownTime)

/** Everything that one subtask's stream sends on, in order. */
export function journal(strategy: WatermarkStrategy<number>, splits: readonly string[] = []) {
  const seen: string[] = []
  const clock = { nowMs: 0, consumingMs: 0, askedMs: Number.POSITIVE_INFINITY }
  const output = {
    emit: ({ values }: RecordBatch) => void seen.push(values.join()),
    watermark: (timestamp: number) => void seen.push(`w${timestamp}`),
    watermarkStatus: (idle: boolean) => void seen.push(idle ? 'idle' : 'active'),
  }
  const context = {
    jobId: 'j',
    operatorId: 'o',
    operatorName: 'times',
    output,
    autoWatermarkIntervalMs: 0,
    monotonicMs: () => clock.nowMs,
    consumingMs: () => clock.consumingMs,
    requestTurn(atMs: number) {
      clock.askedMs = Math.min(clock.askedMs, atMs)
    },
  }
  const time = new StreamTime(strategy.settings as never, context as never)
  time.setSplits(splits)
  let looked = 0
  const pass = (ms: number, heldBack = false) => {
    for (let i = 0; i < ms; i++) {
      clock.nowMs++
      if (!heldBack) clock.consumingMs++
      if (clock.askedMs > clock.nowMs) continue
      clock.askedMs = Number.POSITIVE_INFINITY
      looked++
      time.turn(clock.nowMs)
    }
  }
  return { time, pass, take: () => seen.splice(0), looks: () => looked }
}
