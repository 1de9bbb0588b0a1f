import { pendingLimits } from '../../../src/testing/checkers/pending-limits.ts'
import { risingIds } from '../../../src/testing/checkers/rising-ids.ts'
import { soundCompletion } from '../../../src/testing/checkers/sound-completion.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  allHeard,
  attempt,
  completed,
  died,
  heard,
  manifest,
  ordered,
  run,
  settled,
  stored,
  told,
  triggered,
} from './history.ts'

const begun = [attempt(), triggered(1)]

checkerCases(soundCompletion, {
  accepts: {
    'all acknowledgements, some of them twice': [
      ...[begun, heard('a', 1), allHeard(1), heard('a', 1), ordered(1), told(1), completed(1), heard('b', 1)],
    ],
    'a notification told after the completion': [begun, allHeard(1), completed(1), told(1)],
    'an acknowledgement after the abort': [begun, heard('a', 1), aborted(1), heard('b', 1)],
    'acknowledgements of something unknown': [begun, heard('a', 7)],
    'completions in another order': [
      ...[begun, triggered(2, { kind: 'savepoint' }), allHeard(2), completed(2, 'savepoint'), allHeard(1)],
      completed(1),
    ],
    'a process that died with it': [begun, died, attempt(), triggered(1), allHeard(1), completed(1)],
    'a plan without those that finished': [triggered(1, { participants: ['k'] }), heard('k', 1), completed(1)],
  },
  rejects: {
    'a missing acknowledgement': ['from t', begun, heard('a', 1), heard('b', 1), heard('k', 1), completed(1)],
    'an acknowledgement of an older attempt': [
      'no acknowledgement of attempt 2 from k',
      ...[attempt(2), triggered(2, { attempt: 2, participants: ['k'] }), heard('k', 2, 1), completed(2)],
    ],
    'a manifest that is ordered early': ['from b, k, t', begun, heard('a', 1), ordered(1)],
    'two completions': ['it is over', begun, allHeard(1), completed(1), completed(1)],
    'completion after the abort': ['it is over', begun, allHeard(1), aborted(1), completed(1)],
    'an abort after completion': ['it is over', begun, allHeard(1), completed(1), aborted(1)],
    'completion of what never was': ['it never was', attempt(), completed(3)],
    'a notification after the abort': ['told that 1', begun, allHeard(1), aborted(1), told(1)],
    'a notification before all have acknowledged': ['told that 1', begun, heard('a', 1), told(1)],
  },
})

checkerCases(risingIds, {
  accepts: {
    'ids that rise, with gaps': [triggered(1), triggered(5)],
    'an id that left nothing behind': [triggered(1), completed(1), manifest(1), triggered(2), died, triggered(2)],
    'a savepoint that completes late': [triggered(1, { kind: 'savepoint' }), completed(2), completed(1, 'savepoint')],
    'a restart from the newest': [triggered(1), completed(1), settled(1), attempt(2, 1)],
    'a restart from what nobody saw complete': [triggered(1), manifest(1), died, attempt(1, 1), settled(1)],
    'a first restore from outside, and again': [attempt(1, 9), settled(), attempt(2, 9)],
    'completions in either order while the job fails': [completed(2), completed(1), settled(2)],
  },
  rejects: {
    'an id that is used again': ['after 1', triggered(1), triggered(1)],
    'an id that falls': ['after 3', triggered(3), triggered(2)],
    'an id that is used again by another process': ['after 2', triggered(2), stored('a', 2), died, triggered(2)],
    'a newest that goes back': ['1 is named', completed(1), completed(2), settled(1)],
    'a newest that is forgotten': ['Nothing is named', completed(1), settled()],
    'a restart from an older one': ['older than 2', completed(2), attempt(2, 1)],
    'a restart from nothing': ['from nothing', completed(2), attempt(2)],
    'a restart that goes back behind an adopted one': ['older than 1', triggered(1), attempt(1, 1), attempt(2)],
    'notifications that go back': ['after 2 had', completed(2), told(1)],
  },
})

checkerCases(pendingLimits, {
  accepts: {
    'one after the other': [triggered(1), completed(1), triggered(2), aborted(2), triggered(3)],
    'savepoints beside a checkpoint': [triggered(1), ...[2, 3].map((id) => triggered(id, { kind: 'savepoint' }))],
    'as many as may be': [run({ maxConcurrent: 2 }), triggered(1), triggered(2)],
    'the pause': [run({ minPauseMs: 10 }), triggered(1), completed(1, 'checkpoint', 5), triggered(2, { at: 15 })],
    'no pause for a person': [
      run({ minPauseMs: 10 }),
      ...[triggered(1), completed(1), triggered(2, { at: 1, periodic: false })],
    ],
    'no pause after a plain savepoint': [
      run({ minPauseMs: 10 }),
      ...[triggered(1, { kind: 'savepoint' }), completed(1, 'savepoint', 5), triggered(2, { at: 6 })],
    ],
    'pending ones of a dead process': [triggered(1), died, triggered(2)],
    'a clock that goes back': [run({ minPauseMs: 10 }), completed(1, 'checkpoint', 50), triggered(2, { at: 45 })],
  },
  rejects: {
    'a checkpoint too many': ['2 checkpoints', triggered(1), triggered(2)],
    'a savepoint too many': ['3 savepoints', ...[1, 2, 3].map((id) => triggered(id, { kind: 'savepoint' }))],
    'a checkpoint inside the pause': [
      '5 ms after',
      ...[run({ minPauseMs: 10 }), triggered(1), completed(1, 'checkpoint', 5), triggered(2, { at: 10 })],
    ],
  },
})
