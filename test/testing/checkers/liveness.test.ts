import { completionsRecur, everyTriggerEnds } from '../../../src/testing/checkers/checkpoints-end.ts'
import { noDeadlock, runsAgain } from '../../../src/testing/checkers/no-deadlock.ts'
import { orphansCollected } from '../../../src/testing/checkers/orphans-collected.ts'
import { requestsAnswered } from '../../../src/testing/checkers/requests-answered.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  allBegan,
  answered,
  asked,
  attempt,
  attemptOver,
  barrier,
  began,
  blocked,
  completed,
  deleted,
  died,
  jobOver,
  lease,
  manifest,
  over,
  pinned,
  run,
  stateDeleted,
  stored,
  took,
  triggered,
  unblocked,
  unpinned,
} from './history.ts'

checkerCases(everyTriggerEnds, {
  accepts: {
    'both ends': [triggered(1), completed(1), triggered(2), aborted(2)],
    'the death of the process': [triggered(1), died],
  },
  rejects: {
    'one that stays pending': ['Checkpoint 1 neither', triggered(1)],
    'one that stays pending when the job is over': ['Checkpoint 1 neither', triggered(1), jobOver('FAILED')],
  },
})

checkerCases(completionsRecur, {
  accepts: {
    'a completion after an abort': [aborted(1), completed(2)],
    'an abort by the end of the attempt': [aborted(1), attemptOver()],
    'an abort by the end of the job': [aborted(1), jobOver('CANCELED')],
    'an abort before the death of the process': [aborted(1), died],
    'a savepoint that failed': [aborted(1, 'savepoint')],
    'a run with few triggers': [run({ triggersBounded: true }), aborted(1)],
  },
  rejects: {
    'an abort that is the last word': ['after 1 was aborted', completed(1), aborted(1)],
    'an abort after which only a savepoint completes': ['after 1', aborted(1), completed(2, 'savepoint')],
  },
})

checkerCases(noDeadlock, {
  accepts: {
    'inputs that are opened': [attempt(), blocked('a>t'), blocked('b>t'), unblocked('t')],
    'barriers that are taken': [attempt(), barrier('a>t', 1), barrier('a>t', 2), took('a>t', 1), took('a>t', 2)],
    'a barrier that was overtaken by a newer one': [
      attempt(),
      barrier('a>t', 1),
      barrier('a>t', 2),
      took('a>t', 2, true),
    ],
    'inputs of a subtask that is over': [attempt(), blocked('a>t'), barrier('a>t', 1), over('t', 'failed')],
  },
  rejects: {
    'an input of another subtask': ['t>k stays blocked', attempt(), blocked('t>k'), unblocked('t')],
    'the second barrier': ['Barrier 2 stays', attempt(), barrier('a>t', 1), barrier('a>t', 2), took('a>t', 1)],
  },
})

checkerCases(runsAgain, {
  accepts: {
    'a run': [attempt(), allBegan()],
    'nothing yet': [lease(1)],
    'a restart': [attempt(), allBegan(), over('a', 'failed'), attemptOver(), attempt(2), allBegan(undefined, 2)],
    'subtasks that had finished before': [attempt(), began('a'), began('b'), over('t'), over('k')],
    'a job that is over': [attempt(), over('a', 'failed'), attemptOver(), jobOver('FAILED')],
    'a process that never came back': [attempt(), allBegan(), died],
    'a process that came back': [attempt(), died, lease(2), attempt(), allBegan()],
  },
  rejects: {
    'a subtask that never begins': ['t never began', attempt(), began('a'), began('b'), began('k')],
    'an attempt that never ends': ['never ended', attempt(), allBegan(), over('a', 'failed')],
    'an attempt that is never made': ['Nothing runs', attempt(), allBegan(), attemptOver()],
    'a process that came back and does nothing': ['Nothing runs', attempt(), died, lease(2)],
  },
})

checkerCases(requestsAnswered, {
  accepts: {
    'answers, good and bad': [asked('x'), asked('y'), answered('y'), answered('x', 1)],
    'a process that died': [asked('x'), died],
  },
  rejects: {
    'no answer': ['x was never answered', asked('x')],
    'two answers': ['!not open', asked('x'), answered('x'), answered('x', 1)],
    'an answer that nobody asked for': ['!not open', answered('x')],
  },
})

checkerCases(orphansCollected, {
  accepts: {
    'the newest, when the job is over': [
      ...[stored('a', 1), manifest(1), completed(1), stored('a', 2), manifest(2), completed(2), deleted(1), jobOver()],
    ],
    'what a savepoint pins': [
      stored('a', 1),
      manifest(1, 'savepoint'),
      pinned('s', 1),
      completed(1, 'savepoint'),
      jobOver(),
    ],
    'nothing, of an aborted one': [
      stored('a', 1),
      stored('b', 1),
      stateDeleted('a', 1),
      stateDeleted('b', 1),
      jobOver(),
    ],
    'anything, as long as the job goes on': [stored('a', 1)],
    'anything of a job that is suspended': [stored('a', 1), jobOver('SUSPENDED')],
    'a stop-savepoint that is neither published nor withdrawn': [
      ...[stored('a', 1), manifest(1), completed(1), stored('a', 2), manifest(2, 'stop-drain'), jobOver('FAILED')],
    ],
    'a manifest that only its successor took up': [stored('a', 1), manifest(1), died, attempt(1, 1), jobOver('FAILED')],
  },
  rejects: {
    'state of an aborted checkpoint': ['checkpoint 1 are left', stored('a', 1), aborted(1), jobOver()],
    'what is not retained': [
      'checkpoint 1 are left',
      ...[stored('a', 1), manifest(1), completed(1), manifest(2), completed(2), jobOver()],
    ],
    'a stop-savepoint that was withdrawn in vain, once a newer one is complete': [
      'checkpoint 1 are left',
      ...[manifest(1, 'stop-suspend'), stored('a', 2), manifest(2), completed(2), jobOver()],
    ],
    'what was pinned': ['checkpoint 1', manifest(1, 'savepoint'), pinned('s', 1), unpinned('s', 1), jobOver()],
    'a part': ['checkpoint 1', stored('a', 1), stored('b', 1), stateDeleted('a', 1), jobOver('CANCELED')],
  },
})
