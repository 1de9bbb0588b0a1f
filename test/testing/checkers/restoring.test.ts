import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { keyGroupCover } from '../../../src/testing/checkers/key-group-cover.ts'
import { timerRestore } from '../../../src/testing/checkers/timer-restore.ts'
import { uniformRestore } from '../../../src/testing/checkers/uniform-restore.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  allBegan,
  attempt,
  began,
  completed,
  consumed,
  deleted,
  died,
  emitted,
  ended,
  filled,
  heard,
  keyGroups,
  manifest,
  over,
  rescaled,
  run,
  snapshot,
  timerDeleted,
  timerFired,
  timerSet,
  triggered,
} from './history.ts'

const one = [attempt(), allBegan(), triggered(1), manifest(1), completed(1)]

checkerCases(uniformRestore, {
  accepts: {
    'a restart of all from the newest': [one, attempt(2, 1), allBegan(1, 2), consumed('a>t', 0, 1, 2)],
    'attempts counted anew by a new process': [attempt(3), emitted('a', 3), died, attempt(1), emitted('a', 1)],
    'something that comes from outside': [attempt(1, 7), allBegan(7)],
    'an acknowledgement of the older attempt': [one, attempt(2, 1), heard('a', 1)],
    'a restart from what nobody saw complete': [attempt(), triggered(1), manifest(1), died, attempt(1, 1)],
  },
  rejects: {
    'a subtask with another state': [
      'state of nothing, its attempt that of 1',
      one,
      attempt(2, 1),
      began('a', undefined, 2),
    ],
    'a subtask with state from nowhere': ['state of 1', one, died, attempt(1), began('a', 1)],
    'a restart from what is not stored': ['no manifest', attempt(), triggered(1), attempt(2, 1)],
    'a restart from what was deleted': ['no manifest', one, deleted(1), attempt(2, 1)],
    'a restart from a plain savepoint': [
      'no manifest',
      ...[attempt(), triggered(1, { kind: 'savepoint' }), manifest(1, 'savepoint'), attempt(2, 1)],
    ],
    'a record of an older attempt': ['consumed of attempt 1', one, attempt(2, 1), consumed('a>t', 0)],
    'a source of an older attempt': ['source.emitted of attempt 1', one, attempt(2, 1), emitted('a')],
    'a snapshot of an older attempt': ['snapshot.taken of attempt 1', one, attempt(2, 1), snapshot('a', 2)],
    'channel state of another checkpoint': ['filled from 1', attempt(1, 7), filled('a>t', 1)],
  },
})

checkerCases(keyGroupCover, {
  accepts: {
    'all key groups, each once': [attempt(), keyGroups('a', 0, 3), keyGroups('b', 4, 7), allBegan()],
    'no state at all': [attempt(), allBegan()],
    'a subtask that had finished': [attempt(), keyGroups('a', 0, 3), over('b'), allBegan()],
    'all key groups, by other subtasks': [
      ...[attempt(), keyGroups('a', 0, 7), allBegan(), died, rescaled('x', 'y')],
      ...[attempt(), keyGroups('x', 0, 5), keyGroups('y', 6, 7), began('x'), began('y')],
    ],
    'a new attempt, anew': [attempt(), keyGroups('a', 0, 3), attempt(1), keyGroups('a', 0, 7), allBegan()],
  },
  rejects: {
    'key groups that two restore': ['by another subtask', attempt(), keyGroups('a', 0, 4), keyGroups('b', 4, 7)],
    'key groups that nobody restores': ['key groups 4 to 7', attempt(), keyGroups('a', 0, 3), allBegan()],
    'key groups in the middle': [
      'key groups 2 to 2',
      attempt(),
      keyGroups('a', 0, 1),
      keyGroups('b', 3, 7),
      allBegan(),
    ],
    'key groups that none of the other subtasks restores': [
      'key groups 6 to 7',
      ...[attempt(), died, rescaled('x'), attempt(), keyGroups('x', 0, 5), began('x')],
    ],
    'key groups that are not there': ['which has 8', attempt(), keyGroups('a', 0, 8)],
  },
})

const cut = [attempt(), timerSet('x'), timerSet('y'), triggered(1), snapshot('t', 1), timerFired('x'), completed(1)]

/** Of subtask `index` of a vertex. */
const at = (index: number, fact: Fact): Fact => ({ ...fact, subtask: `v/${index}` }) as Fact
/** Timers x and y of two subtasks, in a checkpoint from which three go on. */
const moved = [
  [run({ subtasks: ['v/0', 'v/1'] }), attempt(), at(0, timerSet('x')), at(1, timerSet('y')), triggered(1)],
  [at(0, snapshot('', 1)), at(1, snapshot('', 1)), completed(1), died, rescaled('v/0', 'v/1', 'v/2'), attempt(2, 1)],
].flat()
const allEnded = [0, 1, 2].map((index) => at(index, ended('', 2)))

checkerCases(timerRestore, {
  accepts: {
    'timers that fire again after a restore': [cut, attempt(2, 1), timerFired('x', 2), timerFired('y', 2)],
    'a timer that is set again': [attempt(), timerSet('x'), timerFired('x'), timerSet('x'), timerFired('x')],
    'a timer that was deleted': [attempt(), timerSet('x'), timerDeleted('x'), ended('t')],
    'a restart from nothing': [attempt(), timerSet('x'), attempt(2), ended('a')],
    'timers of a state from outside': [attempt(1, 9), timerFired('x')],
    'timers that fire in another subtask than they were set in': [
      ...[moved, at(2, timerFired('x', 2)), at(0, timerFired('y', 2)), allEnded],
    ],
    'timers that moved and fire behind a cut that has them': [
      ...[
        moved,
        triggered(2),
        at(2, snapshot('', 2, { attempt: 2 })),
        at(2, timerFired('x', 2)),
        at(1, timerFired('y', 2)),
      ],
      ...[
        at(0, snapshot('', 2, { attempt: 2 })),
        at(1, snapshot('', 2, { attempt: 2 })),
        completed(2),
        attempt(3, 2),
        at(2, timerFired('x', 3)),
      ],
    ],
  },
  rejects: {
    'a timer that fires twice': ['where it is not pending', attempt(), timerSet('x'), timerFired('x'), timerFired('x')],
    'a timer that was deleted and fires': ['not pending', attempt(), timerSet('x'), timerDeleted('x'), timerFired('x')],
    'a timer that had fired before the cut': [
      'not pending',
      ...[attempt(), timerSet('x'), timerFired('x'), snapshot('t', 1), completed(1), attempt(2, 1), timerFired('x', 2)],
    ],
    'a timer that was set after the cut': [
      'not pending',
      ...[attempt(), snapshot('t', 1), timerSet('x'), completed(1), attempt(2, 1), timerFired('x', 2)],
    ],
    'a timer that is lost': ['had not fired', cut, attempt(2, 1), timerFired('y', 2), ended('t', 2)],
    'a timer that moved and fires twice': ['not pending', moved, at(2, timerFired('x', 2)), at(1, timerFired('x', 2))],
    'a timer that moved and is lost': ['Timer y of v/2 had not fired', moved, at(2, timerFired('x', 2)), allEnded],
    'a timer that moved and had fired before the cut': [
      'not pending',
      ...[
        moved,
        triggered(2),
        at(2, snapshot('', 2, { attempt: 2 })),
        at(1, timerFired('x', 2)),
        at(1, snapshot('', 2, { attempt: 2 })),
      ],
      ...[at(0, snapshot('', 2, { attempt: 2 })), completed(2), attempt(3, 2), at(1, timerFired('x', 3))],
    ],
    'the cut of an aborted checkpoint': [
      'not pending',
      ...[attempt(), timerSet('x'), snapshot('t', 1), aborted(1), attempt(2), timerFired('x', 2)],
    ],
  },
})
