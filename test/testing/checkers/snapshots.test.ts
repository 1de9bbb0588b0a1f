import { durableBeforeVisible } from '../../../src/testing/checkers/durable-before-visible.ts'
import { machineRereading } from '../../../src/testing/checkers/machine-rereading.ts'
import { singleSnapshot } from '../../../src/testing/checkers/single-snapshot.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  acknowledged,
  answered,
  attempt,
  barrier,
  completed,
  consumed,
  died,
  discarded,
  durable,
  emitted,
  manifest,
  over,
  published,
  sealed,
  snapshot,
  told,
  triggered,
} from './history.ts'

checkerCases(singleSnapshot, {
  accepts: {
    'one snapshot, then its barrier': [
      attempt(),
      snapshot('a', 1),
      barrier('a>t', 1),
      emitted('a'),
      acknowledged('a', 1),
    ],
    'an acknowledgement that is repeated': [
      attempt(),
      ...[snapshot('k', 1), acknowledged('k', 1), snapshot('k', 2), acknowledged('k', 2), acknowledged('k', 1)],
    ],
    'a subtask without outputs': [attempt(), snapshot('k', 1), consumed('t>k', 0)],
    'the same id in a new process': [attempt(), snapshot('k', 1), died, attempt(), snapshot('k', 1)],
    'a subtask that fails between snapshot and barrier': [attempt(), snapshot('a', 1), over('a', 'failed')],
    'what an older attempt still says': [attempt(), attempt(2), barrier('a>t', 1), acknowledged('a', 1)],
  },
  rejects: {
    'a second snapshot': ['second snapshot', attempt(), snapshot('k', 1), snapshot('k', 1)],
    'an older snapshot': ['after that of 2', attempt(), snapshot('k', 2), snapshot('k', 1)],
    'a barrier before the snapshot': ['before a took', attempt(), barrier('a>t', 1)],
    'a second barrier': ['twice', attempt(), snapshot('a', 1), barrier('a>t', 1), barrier('a>t', 1)],
    'a record between snapshot and barrier': ['took a record', attempt(), snapshot('t', 1), consumed('a>t', 0)],
    'a source that goes on without its barrier': ['emitted', attempt(), snapshot('a', 1), emitted('a')],
    'an acknowledgement without the barrier': ['not on a>t', attempt(), snapshot('a', 1), acknowledged('a', 1)],
    'an acknowledgement without a snapshot': ['without having taken', attempt(), acknowledged('k', 1)],
    'the next snapshot without the last barrier': ['barrier 1 is not', attempt(), snapshot('a', 1), snapshot('a', 2)],
  },
})

const taken = [attempt(), triggered(1), snapshot('k', 1)]

checkerCases(durableBeforeVisible, {
  accepts: {
    'bytes, acknowledgement, manifest, completion': [
      ...[taken, durable('k', 1), acknowledged('k', 1), manifest(1), told(1), completed(1), acknowledged('k', 1)],
    ],
    'a snapshot that was given up': [taken, discarded('k', 1), aborted(1)],
    'the pointer of a savepoint before its completion': [
      ...[triggered(1, { kind: 'savepoint' }), manifest(1, 'savepoint'), published('s', 1), answered('r', 1)],
      completed(1, 'savepoint'),
    ],
    'a request that failed': [triggered(1), answered('r')],
    'an acknowledgement of another attempt': [taken, attempt(2), acknowledged('k', 1)],
    'a writer that died': [taken, died, manifest(1)],
    'a writer that failed': [taken, over('k', 'failed'), manifest(1)],
  },
  rejects: {
    'an acknowledgement before the bytes': ['before its snapshot was durable', taken, acknowledged('k', 1)],
    'a manifest before the bytes': ['snapshot of k', taken, manifest(1)],
    'completion before the manifest': ['before its manifest', triggered(1), completed(1)],
    'a notification before the manifest': ['told complete', triggered(1), told(1)],
    'a copy before the manifest': ['published before', triggered(1, { kind: 'savepoint' }), sealed('s', 1)],
    'a pointer before the manifest': ['published before', triggered(1, { kind: 'savepoint' }), published('s', 1)],
    'an answer before the manifest': ['who asked', triggered(1, { kind: 'savepoint' }), answered('r', 1)],
    'an answer before the pointer': [
      'before it was published',
      ...[triggered(1, { kind: 'stop-drain' }), manifest(1, 'stop-drain'), answered('r', 1)],
    ],
  },
})

checkerCases(machineRereading, {
  accepts: { 'what comes back equal': [{ type: 'machine.reread', machine: 'job', same: true }] },
  rejects: {
    'what comes back changed': [
      'job came back changed: a is 1',
      { type: 'machine.reread', machine: 'job', same: false, difference: 'a is 1' },
    ],
  },
})
