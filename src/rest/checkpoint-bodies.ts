/** What the API says of checkpoints, in Flink's shapes. Pure: statistics in, plain data out. */
import { isSavepoint, isStop } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { CheckpointId, JobId } from '../core/ids.ts'
import type { CheckpointHistoryEntry, JobCheckpointStats, SessionJob } from '../job/session.ts'
import type { EffectiveCheckpointing } from '../job/session-options.ts'

export function checkpointStatistics({ counts, history, restored }: JobCheckpointStats) {
  const completed = history.filter(({ end }) => end?.type === 'completed')
  const latest = (wanted: (entry: CheckpointHistoryEntry) => boolean) => {
    const found = history.find(wanted)
    return found === undefined ? null : checkpointItem(found)
  }
  const ofKind = (savepoint: boolean) => (entry: CheckpointHistoryEntry) =>
    entry.end?.type === 'completed' && isSavepoint(entry.triggered.kind) === savepoint
  return {
    counts: {
      restored: counts.restored,
      total: counts.total,
      in_progress: counts.inProgress,
      completed: counts.completed,
      failed: counts.failed,
    },
    summary: summarise(completed),
    latest: {
      completed: latest(ofKind(false)),
      savepoint: latest(ofKind(true)),
      failed: latest(({ end }) => end?.type === 'aborted'),
      restored:
        restored === undefined
          ? null
          : {
              id: restored.checkpointId,
              restore_timestamp: restored.at,
              is_savepoint: restored.isSavepoint,
              external_path: restored.path,
            },
    },
    history: history.map(checkpointItem),
  }
}

function summarise(completed: readonly CheckpointHistoryEntry[]) {
  const ends = completed.flatMap(({ end }) => (end?.type === 'completed' ? [end] : []))
  const bytes = distribution(ends.map((end) => end.bytes))
  const written = distribution(ends.map((end) => end.writtenBytes ?? end.bytes))
  const zeros = distribution(ends.map(() => 0))
  return {
    checkpointed_size: written,
    state_size: bytes,
    end_to_end_duration: distribution(ends.map((end) => end.durationMs)),
    alignment_buffered: zeros,
    processed_data: zeros,
    persisted_data: distribution(ends.map(({ inFlightBytes = 0 }) => inFlightBytes)),
  }
}

/** Nearest-rank percentiles; of nothing they are "NaN", as clients expect. */
export function distribution(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 'NaN'
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    avg: sorted.length === 0 ? 0 : Math.round(sorted.reduce((sum, value) => sum + value, 0) / sorted.length),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  }
}

const typeOf = (kind: CheckpointHistoryEntry['triggered']['kind']): string =>
  isStop(kind) ? 'SYNC_SAVEPOINT' : isSavepoint(kind) ? 'SAVEPOINT' : 'CHECKPOINT'

export function checkpointItem({ triggered, acknowledged, end }: CheckpointHistoryEntry) {
  const bytes = end?.type === 'completed' ? end.bytes : 0
  const savepoint = isSavepoint(triggered.kind)
  return {
    className: end === undefined ? 'in_progress' : end.type === 'completed' ? 'completed' : 'failed',
    id: triggered.checkpointId,
    status: end === undefined ? 'IN_PROGRESS' : end.type === 'completed' ? 'COMPLETED' : 'FAILED',
    is_savepoint: savepoint,
    ...(savepoint ? { savepointFormat: 'CANONICAL' } : {}),
    trigger_timestamp: triggered.at,
    latest_ack_timestamp: end?.type === 'completed' ? end.at : -1,
    checkpointed_size: end?.type === 'completed' ? (end.writtenBytes ?? bytes) : 0,
    state_size: bytes,
    end_to_end_duration: end?.type === 'completed' ? end.durationMs : end === undefined ? -1 : end.at - triggered.at,
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: end?.type === 'completed' ? (end.inFlightBytes ?? 0) : 0,
    num_subtasks: triggered.subtasks,
    num_acknowledged_subtasks: acknowledged,
    checkpoint_type: typeOf(triggered.kind),
    tasks: {},
    ...(end?.type === 'completed' ? { external_path: end.path, discarded: false } : {}),
    ...(end?.type === 'aborted' ? { failure_timestamp: end.at, failure_message: `${end.reason}: ${end.message}` } : {}),
  }
}

/** One checkpoint of the history. Fails with `CHECKPOINT_NOT_FOUND`. */
export function checkpointDetails(job: SessionJob, id: CheckpointId) {
  const found = job.checkpointStats().history.find(({ triggered }) => triggered.checkpointId === id)
  if (found === undefined) throw noStatistics(id, job.id)
  return checkpointItem(found)
}

const noStatistics = (id: CheckpointId, job: JobId): StreamError =>
  new StreamError(
    'CHECKPOINT_NOT_FOUND',
    `Could not find checkpointing statistics for checkpoint ${id} of job ${job}: it never was, or is too long ago.`,
  )

/** As JSON text, because "no interval" is a number that JavaScript cannot hold: 2^63 − 1. */
export function checkpointConfigText(settings: EffectiveCheckpointing): string {
  const text = JSON.stringify({
    mode: settings.mode.replaceAll('-', '_'),
    interval: settings.intervalMs ?? '2^63-1',
    timeout: settings.timeoutMs,
    min_pause: settings.minPauseMs,
    max_concurrent: settings.maxConcurrent,
    externalization: {
      enabled: settings.retention !== 'delete',
      delete_on_cancellation: settings.retention !== 'retain-on-cancellation',
    },
    state_backend: 'heap',
    checkpoint_storage: settings.storage,
    unaligned_checkpoints: settings.unaligned !== undefined,
    tolerable_failed_checkpoints: settings.tolerableFailures,
    aligned_checkpoint_timeout: settings.unaligned?.alignedTimeoutMs ?? 0,
    checkpoints_after_tasks_finish: settings.afterTasksFinish,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 0,
    changelog_storage: '',
  })
  return text.replace('"2^63-1"', '9223372036854775807')
}
