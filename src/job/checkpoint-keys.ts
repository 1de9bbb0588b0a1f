/** The keys about checkpoints and savepoints. */
import { stateCacheDefaults } from '../backends/lmdb/lmdb-state.ts'
import { limits } from '../core/limits.ts'
import { configurationKey as key } from './configuration-key.ts'
import { duration, flag, integer, list, memorySize, oneOf, oneOfOrPlugin, words } from './configuration-value.ts'

const directory = words('a directory')
const place = words("a directory, or a URL of a plugin's scheme")
const storageKind = oneOfOrPlugin(['jobmanager', 'filesystem'], "a plugin's scheme")

export const storageKeys = {
  stateBackend: key(
    'session',
    'state.backend state.backend.type',
    oneOfOrPlugin(['heap', 'lmdb', 'jobmanager', 'filesystem'], 'the name of a state backend of a plugin', {
      hashmap: 'heap',
    }),
    'heap',
    'Where running jobs keep state: in memory (`heap`), or on the local disk with a cache in memory (`lmdb`, which needs the npm package of that name). The old values `jobmanager` and `filesystem` choose the checkpoint storage.',
  ),
  lmdbDir: key(
    'session',
    'state.backend.lmdb.dir',
    directory,
    undefined,
    'Where `lmdb` keeps its files while jobs run: on a local disk, used by no other machine. When left out: below the directory for temporary files.',
  ),
  lmdbCacheSize: key(
    'session',
    'state.backend.lmdb.cache-size',
    memorySize(1, 1024 ** 4),
    stateCacheDefaults.bytes,
    'Encoded bytes that `lmdb` keeps in memory, about, of each state of each subtask.',
  ),
  lmdbCacheEntries: key(
    'session',
    'state.backend.lmdb.cache-entries',
    integer(2),
    stateCacheDefaults.entries,
    'Entries that `lmdb` keeps in memory at most, of each state of each subtask.',
  ),
  checkpointStorage: key(
    'session',
    'state.checkpoint-storage execution.checkpointing.storage',
    storageKind,
    undefined,
    'Where checkpoints are kept: in this process, in the directory `state.checkpoints.dir`, or by a plugin. When left out, `state.checkpoints.dir` says it; without that, `jobmanager`.',
  ),
  checkpointDir: key(
    'session',
    'state.checkpoints.dir state.backend.fs.checkpointdir execution.checkpointing.dir',
    place,
    undefined,
    'The directory of checkpoints, or their place in a plugin: `bucket://main`. A plugin needs none: then it is `<scheme>://`.',
  ),
  savepointBackend: key(
    'session',
    'savepoints.state.backend',
    storageKind,
    undefined,
    'Where savepoints are kept: in this process (lost with it), in the directory `state.savepoints.dir`, or by a plugin. When left out, `state.savepoints.dir` says it; without that, `jobmanager`.',
  ),
  savepointDir: key(
    'session',
    'state.savepoints.dir savepoints.state.backend.fs.dir execution.checkpointing.savepoint-dir',
    place,
    undefined,
    'The directory, or the place in a plugin, of savepoints for which no other is given.',
  ),
  plugins: key(
    'session',
    'tidemark.plugins plugins',
    list('module files'),
    undefined,
    'Modules whose default exports are [plugins](plugins.md): storages and state backends of others. A path starts at the directory of the file that sets it, else at the working directory.',
  ),
  savepointFormat: key(
    'session',
    'state.savepoints.format execution.checkpointing.savepoint-format',
    oneOf(['pointer', 'self-contained']),
    'pointer',
    'What a savepoint is when who asks for it does not say: a pointer to a checkpoint, which it keeps, or a directory that holds all state itself.',
  ),
}

export const checkpointKeys = {
  interval: key(
    'job',
    'execution.checkpointing.interval',
    duration(1),
    undefined,
    'Time between the starts of two checkpoints. When left out, no checkpoint is taken on its own.',
  ),
  mode: key(
    'job',
    'execution.checkpointing.mode',
    oneOf(['exactly-once', 'at-least-once']),
    'exactly-once',
    'What a restore guarantees for state.',
  ),
  timeout: key(
    'job',
    'execution.checkpointing.timeout',
    duration(1),
    limits.checkpointTimeoutMs,
    'A checkpoint that takes longer is given up.',
  ),
  minPause: key(
    'job',
    'execution.checkpointing.min-pause',
    duration(0),
    0,
    'Time between the end of a checkpoint and the start of the next, at least.',
  ),
  maxConcurrent: key(
    'job',
    'execution.checkpointing.max-concurrent-checkpoints',
    integer(1),
    1,
    'Checkpoints under way at once, at most.',
  ),
  tolerableFailures: key(
    'job',
    'execution.checkpointing.tolerable-failed-checkpoints',
    integer(0),
    0,
    'Failed checkpoints in a row that the job survives.',
  ),
  retention: key(
    'job',
    'execution.checkpointing.externalized-checkpoint-retention',
    oneOf(['delete', 'retain-on-failure', 'retain-on-cancellation'], {
      'no-externalized-checkpoints': 'delete',
      'delete-on-cancellation': 'retain-on-failure',
    }),
    'retain-on-failure',
    'Which checkpoints outlive their job.',
  ),
  retained: key(
    'job',
    'execution.checkpointing.num-retained state.checkpoints.num-retained',
    integer(1),
    limits.retainedCheckpoints,
    'Completed checkpoints that are kept.',
  ),
  afterTasksFinish: key(
    'job',
    'execution.checkpointing.checkpoints-after-tasks-finish.enabled',
    flag,
    true,
    'Go on taking checkpoints when some tasks have finished?',
  ),
  unaligned: key(
    'job',
    'execution.checkpointing.unaligned.enabled execution.checkpointing.unaligned',
    flag,
    false,
    'May barriers overtake queued records, which then become part of the checkpoint? Needs `exactly-once` and one checkpoint at a time.',
  ),
  alignedTimeout: key(
    'job',
    'execution.checkpointing.aligned-checkpoint-timeout execution.checkpointing.alignment-timeout',
    duration(0),
    0,
    'With unaligned checkpoints: so long after its trigger a checkpoint is still aligned.',
  ),
  incremental: key(
    'job',
    'execution.checkpointing.incremental state.backend.incremental',
    flag,
    false,
    'Does a checkpoint write only the keyed state that has changed since the last one?',
  ),
  inlineStateBytes: key(
    'job',
    'execution.checkpointing.data-inline-threshold state.storage.fs.memory-threshold',
    memorySize(0, limits.inlineStateBytesMax),
    limits.inlineStateBytes,
    'A piece of state up to this size is kept in `_metadata` and needs no file.',
  ),
}
