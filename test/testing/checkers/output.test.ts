import { committedOutput, everythingDelivered } from '../../../src/testing/checkers/committed-output.ts'
import { noDeadlock } from '../../../src/testing/checkers/no-deadlock.ts'
import { sinkTransactions } from '../../../src/testing/checkers/sink-transactions.ts'
import { stopWithSavepoint } from '../../../src/testing/checkers/stop-with-savepoint.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  attempt,
  attemptOver,
  barrier,
  blocked,
  committed,
  completed,
  declined,
  died,
  emitted,
  ended,
  heardAbortion,
  jobOver,
  lease,
  manifest,
  precommitted,
  run,
  snapshot,
  triggered,
  watermark,
} from './history.ts'

const ten = run({ outputs: { out: 10 } })

checkerCases(committedOutput, {
  accepts: {
    'items once, in parts and in any order': [ten, committed(1, 4, 10), committed(2, 1, 3), jobOver()],
    'a commit that is repeated': [ten, committed(1, 1, 3), committed(2, 4, 10), committed(1, 1, 3), jobOver()],
    'an end before the end': [ten, committed(1, 1, 3), jobOver()],
    'a hole in a job that was canceled': [ten, committed(1, 1, 3), committed(2, 6, 7), jobOver('CANCELED')],
    'in at-least-once, items that come twice': [run({ mode: 'at-least-once' }), committed(1, 1, 3), committed(2, 2, 4)],
  },
  rejects: {
    'items that come twice': ['with 1 before', ten, committed(1, 1, 3), committed(2, 3, 5)],
    'items that come twice, later': ['with 2 before', committed(1, 1, 3), committed(2, 4, 5), committed(3, 5, 6)],
    'items that are not there': ['only 10', ten, committed(1, 9, 11)],
    'a hole': ['Items 4 to 5', committed(1, 1, 3), committed(2, 6, 7), jobOver()],
  },
})

const first = [attempt(), precommitted(1, 1, 3)]

checkerCases(sinkTransactions, {
  accepts: {
    'a commit after the manifest': [first, manifest(1), committed(1, 1, 3), jobOver()],
    'a commit that a restore repeats': [
      first,
      manifest(1),
      committed(1, 1, 3),
      died,
      attempt(1, 1),
      committed(1, 1, 3),
    ],
    'a commit that is repeated by the snapshot before it': [
      ...[first, manifest(1), snapshot('k', 2), precommitted(2, 4, 5), committed(1, 1, 3), manifest(2)],
      ...[attempt(2, 2), committed(1, 1, 3), committed(2, 4, 5)],
    ],
    'a transaction of an aborted checkpoint that a newer one covers': [
      ...[first, aborted(1), precommitted(2, 4, 5), manifest(2), committed(1, 1, 3), committed(2, 4, 5)],
    ],
    'a transaction that nobody needs any more': [first, attempt(2), jobOver('FAILED')],
    'a covered transaction of a job that failed': [first, manifest(1), jobOver('FAILED')],
    'an empty commit': [attempt(), { type: 'committed', subtask: 'k', checkpointId: 1, items: [] }],
  },
  rejects: {
    'a commit before the manifest': ['no stored checkpoint covers', first, committed(1, 1, 3)],
    'a commit that only a plain savepoint covers': ['no stored', first, manifest(1, 'savepoint'), committed(1, 1, 3)],
    'a commit of nothing': ['never pre-committed', attempt(), manifest(1), committed(1, 1, 3)],
    'a commit of an aborted checkpoint after a restart': [
      'void',
      ...[first, attempt(2), precommitted(2, 1, 4, 2), manifest(2), committed(1, 1, 3)],
    ],
    'a commit of something else': ['not part of', first, manifest(1), committed(1, 1, 4)],
    'a commit long after the restore points that might repeat it': [
      'void',
      ...[first, manifest(1), committed(1, 1, 3), snapshot('k', 2), manifest(2), committed(1, 1, 3)],
    ],
    'a pre-commit that comes twice': ['twice', first, precommitted(1, 4, 5)],
    'a covered transaction that is never committed': ['never committed', first, manifest(1), jobOver()],
  },
})

checkerCases(everythingDelivered, {
  accepts: {
    'all of it': [ten, attempt(), committed(1, 1, 4), committed(1, 2, 10), jobOver()],
    'a part, of a job that was canceled': [ten, attempt(), jobOver('CANCELED')],
    'a part, of a job that failed': [ten, attempt(), jobOver('FAILED')],
    'a part, of a job that was stopped': [ten, attempt(), completed(1, 'stop-suspend'), jobOver()],
    'a part, of a process that never came back': [ten, attempt(), died],
    'an unknown number': [attempt(), jobOver()],
  },
  rejects: {
    'a part': ['Items 5 to 10', ten, attempt(), committed(1, 1, 4), jobOver()],
    nothing: ['Items 1 to 10', ten, attempt()],
    'a part, of a process that came back': ['Items 1 to 10', ten, attempt(), died, lease(2)],
    'a part, of a job that began again after it stopped': [
      'Items 1 to 10',
      ...[ten, attempt(), completed(1, 'stop-suspend'), attemptOver(), attempt(2, 1)],
    ],
  },
})

const stop = (kind: 'stop-suspend' | 'stop-drain', over = false) => [
  attempt(),
  triggered(1, { kind }),
  snapshot('a', 1, { kind, ended: over }),
]

checkerCases(stopWithSavepoint, {
  accepts: {
    'silence, completion, end': [stop('stop-suspend'), barrier('a>t', 1), completed(1, 'stop-suspend'), jobOver()],
    'a drain that flushes first': [
      ...[attempt(), triggered(1, { kind: 'stop-drain' }), watermark('a>t'), ended('a')],
      snapshot('a', 1, { kind: 'stop-drain', ended: true }),
    ],
    'a drain in a run that tells no watermarks': [stop('stop-drain', true)],
    'a source that had ended by itself': [
      ...[attempt(), watermark('a>t'), triggered(1, { kind: 'stop-suspend' })],
      snapshot('a', 1, { kind: 'stop-suspend', ended: true }),
    ],
    'a source that goes on after an abort': [stop('stop-suspend'), aborted(1, 'stop-suspend'), emitted('a')],
    'a source that goes on once it hears of it': [stop('stop-suspend'), heardAbortion('a', 1), emitted('a')],
    'a source that goes on after its own decline': [stop('stop-suspend'), declined('a', 1), emitted('a')],
    'another source, before its barrier': [stop('stop-suspend'), emitted('b')],
    'a job that fails meanwhile': [stop('stop-suspend'), jobOver('FAILED')],
    'a plain savepoint': [
      attempt(),
      triggered(1, { kind: 'savepoint' }),
      snapshot('a', 1, { kind: 'savepoint' }),
      emitted('a'),
    ],
  },
  rejects: {
    'records after the barrier': ['emitted records after', stop('stop-suspend'), emitted('a')],
    'a drain before the end of the data': ['before its data', stop('stop-drain')],
    'a drain without the last watermark': [
      'without having sent',
      attempt(),
      watermark('b>t'),
      stop('stop-drain', true).slice(1),
    ],
    'a suspension with the last watermark before': [
      'only suspends',
      attempt(),
      watermark('a>t'),
      stop('stop-suspend').slice(1),
    ],
    'a suspension with the last watermark after': ['after the snapshot', stop('stop-suspend'), watermark('a>t')],
    'an end before completion': ['while stop-savepoint 1', stop('stop-suspend'), jobOver()],
  },
})

checkerCases(noDeadlock, {
  accepts: {
    'inputs of a subtask that is over with its attempt': [attempt(), blocked('a>t'), barrier('a>t', 1), attemptOver()],
    'inputs of a dead process': [attempt(), blocked('a>t'), died],
  },
  rejects: {
    'an input that stays blocked': ['a>t stays blocked', attempt(), blocked('a>t')],
    'a barrier that stays': ['Barrier 1 stays in a>t', attempt(), barrier('a>t', 1)],
  },
})
