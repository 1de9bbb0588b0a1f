import { singleWriter } from '../../../src/testing/checkers/single-writer.ts'
import { storageRetention } from '../../../src/testing/checkers/storage-retention.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  attempt,
  attemptOver,
  completed,
  deleted,
  died,
  jobOver,
  lease,
  manifest,
  pinned,
  published,
  removed,
  run,
  sealed,
  stateDeleted,
  stored,
  triggered,
  unpinned,
} from './history.ts'

const done = (id: number) => [triggered(id), manifest(id), completed(id)]
const savepoint = [triggered(1, { kind: 'savepoint' }), manifest(1, 'savepoint'), pinned('s', 1), published('s', 1)]

checkerCases(storageRetention, {
  accepts: {
    'the deletion of what a newer one replaces': [attempt(), done(1), done(2), deleted(1)],
    'the deletion of an aborted one, before and after it is told': [
      ...[attempt(), triggered(1), stateDeleted('a', 1), deleted(1), aborted(1), deleted(1)],
    ],
    'a savepoint that is disposed of in order': [
      savepoint,
      completed(1, 'savepoint'),
      removed('s', 1),
      unpinned('s', 1),
      deleted(1),
    ],
    'a copy whose checkpoint goes': [
      ...[triggered(1, { kind: 'savepoint' }), manifest(1, 'savepoint'), pinned('s', 1), sealed('s', 1)],
      ...[unpinned('s', 1), completed(1, 'savepoint'), deleted(1)],
    ],
    'a pin that a crash left behind': [attempt(), done(1), pinned('s', 1), died, unpinned('s', 1)],
    'the housekeeping of a job that ends': [attempt(), done(1), attemptOver(), deleted(1), jobOver('CANCELED')],
    'a job that ended while its process died': [attempt(), done(1), attemptOver(), deleted(1), died, attempt()],
    'a restart from a manifest that nobody saw complete': [attempt(), triggered(1), manifest(1), died, attempt(1, 1)],
    'an aborted stop-savepoint that is deleted before the job goes on': [
      ...[attempt(), done(1), triggered(2, { kind: 'stop-suspend' }), manifest(2, 'stop-suspend'), attemptOver()],
      ...[deleted(2), aborted(2, 'stop-suspend', 'FINALIZE_CHECKPOINT_FAILURE'), attempt(2, 1)],
    ],
    'an aborted stop-savepoint that could not be deleted, for the next process': [
      ...[attempt(), done(1), triggered(2, { kind: 'stop-suspend' }), manifest(2, 'stop-suspend'), attemptOver()],
      ...[aborted(2, 'stop-suspend', 'FINALIZE_CHECKPOINT_FAILURE'), died, attempt(2, 2)],
    ],
    'a stored one that is subsumed and deleted': [
      ...[attempt(), triggered(1), manifest(1), done(2), aborted(1, 'checkpoint', 'CHECKPOINT_SUBSUMED'), deleted(1)],
    ],
  },
  rejects: {
    'the deletion of the newest': ['one of the newest 1', attempt(), done(1), deleted(1)],
    'the deletion of one of the retained': [
      'one of the newest 2',
      ...[run({ retained: 2 }), attempt(), done(1), done(2), deleted(1)],
    ],
    'the deletion of a part of it': ['one of the newest 1', attempt(), done(1), stateDeleted('a', 1)],
    'the deletion of what nobody saw complete, but is restored': [
      'one of the newest 1',
      ...[attempt(), triggered(1), manifest(1), died, attempt(1, 1), deleted(1)],
    ],
    'a restart from before an aborted stop-savepoint that a pin keeps': [
      'from 1, although 2 is stored',
      ...[attempt(), done(1), triggered(2, { kind: 'stop-suspend' }), manifest(2, 'stop-suspend'), pinned('s', 2)],
      ...[attemptOver(), aborted(2, 'stop-suspend', 'FINALIZE_CHECKPOINT_FAILURE'), attempt(2, 1)],
    ],
    'the deletion of what a savepoint pins': ['which s pins', savepoint, deleted(1)],
    'the deletion of pinned bytes at the end of the job': ['which s pins', savepoint, jobOver(), deleted(1)],
    'a copy without a pin': ['nothing kept meanwhile', manifest(1, 'savepoint'), sealed('s', 1)],
    'a pointer without a pin': ['does not pin', manifest(1, 'savepoint'), published('s', 1)],
    'a pin that goes before its pointer': ['while s points to it', savepoint, unpinned('s', 1)],
    'a savepoint that is subsumed': [
      'was subsumed',
      ...[triggered(1, { kind: 'savepoint' }), aborted(1, 'savepoint', 'CHECKPOINT_SUBSUMED')],
    ],
    'a completion without its bytes': ['after bytes', attempt(), triggered(1), stateDeleted('a', 1), completed(1)],
    'a restart from an aborted one': [
      'which was aborted',
      ...[attempt(), triggered(1), manifest(1), aborted(1), attemptOver(), attempt(2, 1)],
    ],
    'an older one than the aborted one that the next process would take': [
      'although 2 is stored',
      ...[attempt(), done(1), triggered(2, { kind: 'stop-suspend' }), manifest(2, 'stop-suspend'), attemptOver()],
      ...[aborted(2, 'stop-suspend', 'FINALIZE_CHECKPOINT_FAILURE'), attempt(2, 1)],
    ],
    'nothing, although there is a checkpoint': ['although 1 is stored', attempt(), done(1), attemptOver(), attempt(2)],
    'a job that goes on without its restore point': [
      'although the job went on',
      ...[attempt(), done(1), attemptOver(), deleted(1), attempt(2)],
    ],
    'a suspended job without its restore point': [
      'only suspended',
      ...[attempt(), done(1), attemptOver(), deleted(1), jobOver('SUSPENDED')],
    ],
  },
})

checkerCases(singleWriter, {
  accepts: {
    'one owner after the other': [lease(1), stored('a', 1), lease(2), manifest(1, 'checkpoint', 2), deleted(1, 2)],
    'a write that was refused': [lease(1), lease(2), { type: 'write.refused', epoch: 1 }],
  },
  rejects: {
    'a manifest of an older owner': ['epoch 1 still writes', lease(1), lease(2), manifest(1)],
    'state of an older owner': ['epoch 1 still writes', lease(1), lease(2), stored('a', 1)],
    'a deletion by an older owner': ['epoch 1 still writes', lease(1), lease(2), deleted(1)],
    'an epoch that comes again': ['epoch 1 after 1', lease(1), lease(1)],
  },
})
