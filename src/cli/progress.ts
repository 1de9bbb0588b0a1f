/**
 * Shows how a job is doing while it runs: one line that is written over on a terminal, a line now and then elsewhere.
 * Owns the look and the rhythm; where the numbers come from is the caller's business.
 */
import type { Clock, TimerHandle } from '../core/clock.ts'
import { printLine, type TextStream } from './context.ts'

export interface ProgressSample {
  readonly status: string
  /** Read by the sources so far. */
  readonly records: number
  /** While state is being read: how much of how much, of all subtasks that take long. */
  readonly restoring?: { readonly bytes: number; readonly totalBytes: number } | undefined
  readonly checkpoint: { readonly id: number; readonly bytes: number; readonly durationMs: number } | undefined
}

export interface ProgressOptions {
  readonly clock: Clock
  readonly stream: TextStream
  sample(): Promise<ProgressSample | undefined>
}

const terminalMs = 500
const pipedMs = 10_000

/** Shows progress until the returned function is called, which leaves the terminal on a fresh line. */
export function showProgress({ clock, stream, sample }: ProgressOptions): () => void {
  const terminal = stream.isTTY === true
  let ended = false
  let before: { readonly records: number; readonly at: number } | undefined
  let timer: TimerHandle | undefined
  const tick = async () => {
    const now = await sample().catch(() => undefined)
    if (ended) return
    const at = clock.monotonicMs()
    if (now !== undefined) {
      const rate =
        before === undefined || at <= before.at ? 0 : ((now.records - before.records) * 1_000) / (at - before.at)
      if (terminal || before !== undefined) show(stream, formatProgress(now, rate), terminal)
      before = { records: now.records, at }
    }
    timer = clock.setTimer(terminal ? terminalMs : pipedMs, () => void tick())
  }
  void tick()
  return () => {
    ended = true
    timer?.clear()
    if (terminal && before !== undefined) stream.write('\r\x1b[2K')
  }
}

function show(stream: TextStream, line: string, terminal: boolean): void {
  if (terminal) stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`)
  else printLine(stream, line)
}

/** One line: status, records per second, records, the last checkpoint. */
export function formatProgress({ status, records, restoring, checkpoint }: ProgressSample, rate: number): string {
  if (restoring !== undefined) return `${status}  restoring ${formatShare(restoring.bytes, restoring.totalBytes)}`
  const parts = [status, `${formatCount(Math.max(0, rate))} records/s`, `${formatCount(records)} records`]
  if (checkpoint !== undefined) {
    parts.push(`checkpoint ${checkpoint.id}: ${formatBytes(checkpoint.bytes)} in ${formatMs(checkpoint.durationMs)}`)
  }
  return parts.join('  ')
}

export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US')

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return power === 0 ? `${bytes} B` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}

export const formatShare = (bytes: number, totalBytes: number): string =>
  `${Math.floor((100 * bytes) / Math.max(1, totalBytes))} % of ${formatBytes(totalBytes)}`

export const formatMs = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)
