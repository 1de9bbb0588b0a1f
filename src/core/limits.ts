/** Every bound and default in one place, with their relations asserted. Times in milliseconds, sizes as named. */
import { assert } from './errors.ts'

export const limits = {
  /** Records in one batch, at most. */
  batchRecords: 1_024,
  /** Timers that fire in a row, at most, before something else may come in between. */
  timersPerTurn: 1_000,
  /** How often watermarks are made of the records that have come, unless configured; Flink's default. */
  autoWatermarkIntervalMs: 200,
  /** How often sources that wait for each other exchange how far they have come, unless they say otherwise; Flink's default. */
  watermarkUpdateMs: 1_000,
  /** Records of an asynchronous operator that are under way, unless it says otherwise. */
  asyncCapacity: 100,
  /** For all calls of one record, unless the operator says otherwise. */
  asyncTimeoutMs: 60_000,
  /** Batches or polls after which a subtask that always has more to take hands on its partial batches all the same. */
  inputsPerFlush: 256,
  /** Elements a channel holds before its producer is stopped. */
  channelCapacity: 8,
  /** Control messages an actor's mailbox holds; one more is a bug of the sender. */
  mailboxCapacity: 65_536,
  /** The longest the runtime keeps the event loop before it yields to the host application. */
  sliceMs: 10,
  /** A slice unless configured: short enough that a request of the host passes between two. */
  sliceDefaultMs: 2,
  /** The longest one slice of a snapshot's writer takes between two batches. */
  snapshotSliceMs: 2,
  parallelismMax: 32_768,
  keyGroupsDefault: 128,
  /** Checkpoint requests that may wait. */
  requestQueueMax: 1_000,
  /** Savepoints in flight at once; further ones wait. */
  savepointsInFlightMax: 8,
  /** Savepoints and stops of one job that are remembered by their trigger ids; those under way always are. */
  savepointOperationsMax: 1_000,
  /** Ids of finished checkpoints remembered, to tell late messages from unknown ones. */
  recentCheckpointsMax: 16,
  /** Checkpoints counted at once by a subtask in at-least-once mode. */
  alignmentsTrackedMax: 50,
  /** Acknowledged snapshots of which a subtask remembers that it has not heard how their checkpoints ended. */
  acknowledgedSnapshotsMax: 1_000,
  checkpointTimeoutMs: 600_000,
  /** After a failed final checkpoint, the next one is tried at the next interval, but no later than this. */
  finalCheckpointRetryMs: 1_000,
  minPauseMaxMs: 365 * 24 * 3_600_000,
  retainedCheckpoints: 1,
  restartDelayMs: 1_000,
  /** How long the result of an asynchronous REST operation is kept. */
  operationResultMs: 300_000,
  clientTimeoutMs: 60_000,
  /** How long a command waits to hear whether a session is at an address. */
  probeTimeoutMs: 1_500,
  /** How long a process whose job has ended stays to answer clients that wait for an operation, such as a stop. */
  lastAnswersMs: 3_000,
  /** How long a closing server lets answers that are on their way arrive. */
  lastBytesMs: 200,
  /** Asynchronous REST operations remembered, at most. */
  operationsMax: 1_000,
  /** Bytes of one request body, at most. */
  requestBytesMax: 1024 * 1024,
  /** Bytes of a path in a request, at most: the usual 4096 less what is put behind it. */
  pathBytesMax: 3_840,
  /** Bytes of one name in a path, at most, on every usual file system. */
  fileNameBytesMax: 255,
  /** Bytes of one manifest, at most, when it is read. */
  manifestBytesMax: 64 * 1024 * 1024,
  /** Levels of nesting in one manifest, at most; a sound one has 8. */
  manifestDepthMax: 32,
  /** Values in one manifest, at most: as it is printed, a value takes 16 bytes and more. */
  manifestValuesMax: 4 * 1024 * 1024,
  /** Bytes of a savepoint that only points to a checkpoint, at most: two paths and a name. */
  pointerBytesMax: 64 * 1024,
  /** Bytes of a note that is for people, at most, when it is read. */
  noteBytesMax: 16 * 1024,
  /** Bytes of a segment that is read at once, at most: state without keys, and what was on its way in one channel. */
  segmentAtOnceBytesMax: 1024 * 1024 * 1024,
  /** The highest checkpoint id and epoch that are believed: room is left to count on from there. */
  checkpointIdMax: 2 ** 53 - 2 ** 20,
  /** Records a source that is pushed to, or pulls ahead, keeps for the runtime. */
  sourceBufferRecords: 65_536,
  /** Records skipped by one poll of an iterable that is read again. */
  sourceSkipRecords: 65_536,
  /** Bytes of one split of an input file. */
  fileSplitBytes: 8 * 1024 * 1024,
  /** Bytes of one read of an input file. */
  fileChunkBytes: 256 * 1024,
  /** Bytes read ahead of the runtime, per subtask of a file source. */
  fileReadAheadBytes: 1024 * 1024,
  /** Splits opened ahead of the one that is read, per subtask. */
  fileSplitsAhead: 4,
  /** Bytes of one line of an input file, at most. */
  fileLineBytesMax: 64 * 1024 * 1024,
  /** Characters that a file sink collects before it writes. */
  filePartBufferChars: 128 * 1024,
  /** Bytes of one part file, after which the next one is begun. */
  filePartBytes: 128 * 1024 * 1024,
  /** Segments of the keyed state of one operator in one subtask that a manifest names, at most. */
  keyedSegmentsMax: 64,
  /** Bytes of a segment that are read, and taken over, at once when state is restored: a few milliseconds of work. */
  restorePieceBytes: 256 * 1024,
  /** A restore that takes longer is told of, this often. */
  restoreReportMs: 1_000,
  /** A piece of state of up to so many bytes is kept in the manifest itself, unless configured; Flink's default. */
  inlineStateBytes: 20 * 1024,
  /** The most that can be configured for it. */
  inlineStateBytesMax: 1024 * 1024,
  /** Bytes of a state file gathered before they are written. */
  stateWriteBytes: 1024 * 1024,
  /** How often a process tries to take over a job while others do the same. */
  leaseAttemptsMax: 100,
  /** Ended jobs that a session remembers. */
  endedJobsKept: 100,
  /** How many random names are tried for a savepoint. */
  savepointNamesMax: 10,
  /** Subtasks of one operator whose state can be written anew, each into a file of its own. */
  savepointSubtasksMax: 1_024,
  /** Keys of a savepoint that are compared at once; of more, one part of the key groups after the other. */
  savepointKeysAtOnce: 500_000,
  /** Keys of state values that the codec remembers to need no escape. */
  safeKeysMax: 1_024,
  /** Messages in one channel of a system that is explored; more is a sender without end. */
  exploredChannelMax: 1_000,
  /** Immediate sends within one step of a system that is explored, each from the one before. */
  exploredCallsMax: 500,
  /** Into how many parts the time to live of a state is cut: what has expired is cleaned up no later than one part afterwards. */
  ttlBuckets: 16,
  ttlMsMax: 100 * 365 * 24 * 3_600_000,
  /** Keys that are looked at by one turn of cleaning up. */
  ttlKeysPerTurn: 1_000,
  /** Levels of nesting in one state value. */
  valueDepthMax: 500,
} as const

assert(limits.snapshotSliceMs <= limits.sliceDefaultMs, 'a snapshot slice fits in a slice')
assert(limits.sliceDefaultMs <= limits.sliceMs, 'a slice is never longer than promised')
assert(limits.keyGroupsDefault <= limits.parallelismMax, 'the default number of key groups is allowed')
assert(limits.fileChunkBytes <= limits.fileReadAheadBytes, 'one read fits in what is read ahead')
assert(limits.filePartBufferChars < limits.filePartBytes, 'a part holds more than one write')
