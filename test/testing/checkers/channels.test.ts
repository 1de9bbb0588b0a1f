import { alignmentBlocking } from '../../../src/testing/checkers/alignment-blocking.ts'
import { channelOrder } from '../../../src/testing/checkers/channel-order.ts'
import { conservation } from '../../../src/testing/checkers/conservation.ts'
import { consistentCut } from '../../../src/testing/checkers/consistent-cut.ts'
import { checkerCases } from './checker-cases.ts'
import {
  aborted,
  attempt,
  barrier,
  completed,
  consumed,
  declined,
  died,
  filled,
  heardAbortion,
  over,
  recorded,
  run,
  sent,
  snapshot,
  took,
  triggered,
  unblocked,
  watermark,
} from './history.ts'

const onlyOne = [attempt(), triggered(1)]
/** Both sources send their barrier, after one record each. */
const sources = [
  ...[sent('a>t', 0), sent('b>t', 0), consumed('a>t', 0), consumed('b>t', 0)],
  ...[snapshot('a', 1), barrier('a>t', 1), snapshot('b', 1), barrier('b>t', 1)],
]
const task = [snapshot('t', 1), barrier('t>k', 1), snapshot('k', 1)]

checkerCases(consistentCut, {
  accepts: {
    'a cut at which every channel is empty': [onlyOne, sources, sent('a>t', 1), task, completed(1)],
    'records that a snapshot of the receiver covers with what was recorded': [
      onlyOne,
      sent('a>t', 0, 3),
      consumed('a>t', 0),
      ...[snapshot('a', 1), barrier('a>t', 1, true), snapshot('b', 1), barrier('b>t', 1, true)],
      ...[snapshot('t', 1), recorded('a>t', 1, 1, 2), barrier('t>k', 1), snapshot('k', 1), completed(1)],
    ],
    'records restored into a channel, which count as sent': [
      onlyOne,
      ...[filled('a>t', 1, 2), consumed('a>t', 0, 2)],
      ...[snapshot('a', 1), barrier('a>t', 1), snapshot('b', 1), barrier('b>t', 1), task, completed(1)],
    ],
    'in at-least-once, a receiver that is ahead': [
      run({ mode: 'at-least-once' }),
      ...[onlyOne, sources, sent('a>t', 1), consumed('a>t', 1), task, completed(1)],
    ],
    'a sender that has finished and was consumed to the end': [
      attempt(),
      ...[sent('a>t', 0, 2), consumed('a>t', 0, 2), over('a'), triggered(1, { participants: ['b', 't', 'k'] })],
      ...[snapshot('b', 1), barrier('b>t', 1), task, completed(1)],
    ],
    'no cut at all, of an aborted checkpoint': [
      onlyOne,
      sent('a>t', 0),
      snapshot('a', 1),
      barrier('a>t', 1),
      aborted(1),
    ],
    'what an older attempt still says': [
      ...[onlyOne, sources, task, attempt(2, 0), sent('a>t', 9, 1, 1), triggered(2, { attempt: 2 })],
      ...[snapshot('t', 2, { attempt: 2 }), completed(2)],
    ],
  },
  rejects: {
    'a record that was consumed early': [
      '2 consumed',
      onlyOne,
      sources,
      sent('a>t', 1),
      consumed('a>t', 1),
      task,
      completed(1),
    ],
    'a record that was not consumed': [
      '1 records were sent before the barrier, but 0 consumed',
      onlyOne,
      ...[sent('a>t', 0), snapshot('a', 1), barrier('a>t', 1), snapshot('b', 1), barrier('b>t', 1), task, completed(1)],
    ],
    'a record that was neither consumed nor recorded': [
      'and 1 recorded',
      onlyOne,
      ...[sent('a>t', 0, 3), consumed('a>t', 0), snapshot('a', 1), barrier('a>t', 1, true)],
      ...[snapshot('t', 1), recorded('a>t', 1, 1, 1), completed(1)],
    ],
    'records that were recorded and consumed': [
      'begins at 0',
      onlyOne,
      ...[sent('a>t', 0, 3), consumed('a>t', 0), snapshot('a', 1), barrier('a>t', 1, true)],
      ...[snapshot('t', 1), recorded('a>t', 1, 0, 3), completed(1)],
    ],
    'in at-least-once, a record that was not consumed': [
      '0 consumed',
      run({ mode: 'at-least-once' }),
      ...[onlyOne, sent('a>t', 0), snapshot('a', 1), barrier('a>t', 1), snapshot('t', 1), completed(1)],
    ],
    'what a finished sender left in the channel': [
      '2 records were sent',
      attempt(),
      ...[sent('a>t', 0, 2), consumed('a>t', 0), over('a'), triggered(1, { participants: ['t'] })],
      ...[snapshot('t', 1), completed(1)],
    ],
  },
})

checkerCases(channelOrder, {
  accepts: {
    'barriers in order among records': [
      attempt(),
      ...[sent('a>t', 0), barrier('a>t', 1), sent('a>t', 1), barrier('a>t', 2), consumed('a>t', 0)],
      ...[took('a>t', 1), consumed('a>t', 1), took('a>t', 2)],
    ],
    'a barrier that goes past records which are recorded': [
      attempt(),
      ...[sent('a>t', 0, 3), consumed('a>t', 0), barrier('a>t', 1, true), took('a>t', 1, true)],
      ...[recorded('a>t', 1, 1, 2), consumed('a>t', 1, 2)],
    ],
    'a barrier that overtakes only at its end, when the alignment takes too long': [
      attempt(),
      ...[sent('a>t', 0, 2), barrier('a>t', 1), sent('a>t', 2), took('a>t', 1, true), recorded('a>t', 1, 0, 2)],
    ],
    'an older barrier that was overtaken and comes in its place': [
      attempt(),
      ...[sent('a>t', 0), barrier('a>t', 1), barrier('a>t', 2, true), took('a>t', 2, true)],
      ...[recorded('a>t', 2, 0, 1), consumed('a>t', 0), took('a>t', 1)],
    ],
    'the same ids in a new attempt': [attempt(), barrier('a>t', 5), died, attempt(), barrier('a>t', 5), took('a>t', 5)],
    'watermarks that rise, again in a new attempt': [
      ...[attempt(), watermark('a>t', -5), watermark('a>t', 7), watermark('b>t', 2), watermark('a>t')],
      ...[died, attempt(), watermark('a>t', -5)],
    ],
    'a barrier of an older attempt': [attempt(), barrier('a>t', 1), attempt(2), took('a>t', 1)],
    'an overtaking barrier of a checkpoint that was aborted': [
      attempt(),
      ...[sent('a>t', 0), barrier('a>t', 1, true), took('a>t', 1, true), aborted(1), recorded('a>t', 1, 0, 0)],
    ],
  },
  rejects: {
    'a watermark that falls': ['after watermark 7', attempt(), watermark('a>t', 7), watermark('a>t', 6)],
    'a watermark sent twice': ['after watermark 7', attempt(), watermark('a>t', 7), watermark('a>t', 7)],
    'barriers that do not rise': ['after barrier 2', attempt(), barrier('a>t', 2), barrier('a>t', 1)],
    'a barrier sent twice': ['after barrier 1', attempt(), barrier('a>t', 1), barrier('a>t', 1)],
    'a barrier from nowhere': ['where it is not', attempt(), took('a>t', 1)],
    'a barrier consumed twice': ['where it is not', attempt(), barrier('a>t', 1), took('a>t', 1), took('a>t', 1)],
    'barriers in another order': ['before barrier 1', attempt(), barrier('a>t', 1), barrier('a>t', 2), took('a>t', 2)],
    'a barrier that overtakes records unasked': [
      'overtook',
      attempt(),
      sent('a>t', 0),
      barrier('a>t', 1),
      took('a>t', 1),
    ],
    'a record that overtakes a barrier': [
      'behind barrier 1',
      attempt(),
      ...[barrier('a>t', 1), sent('a>t', 0), consumed('a>t', 0)],
    ],
    'overtaken records that are not all recorded': [
      'overtook records 0 to 1',
      attempt(),
      ...[sent('a>t', 0, 2), barrier('a>t', 1, true), took('a>t', 1, true), recorded('a>t', 1, 1, 1)],
    ],
    'records that are recorded twice': [
      'recorded twice',
      attempt(),
      ...[sent('a>t', 0), barrier('a>t', 1, true), took('a>t', 1, true)],
      ...[recorded('a>t', 1, 0, 1), recorded('a>t', 1, 0, 1)],
    ],
  },
})

const half = [attempt(), sent('a>t', 0, 2), sent('b>t', 0, 2), barrier('a>t', 1), took('a>t', 1)]

checkerCases(alignmentBlocking, {
  accepts: {
    'the other input, while one has delivered': [half, consumed('b>t', 0)],
    'the input again, after the snapshot': [half, took('b>t', 1), snapshot('t', 1), unblocked('t'), consumed('a>t', 0)],
    'the input again, after a decline': [half, declined('t', 1), consumed('a>t', 0)],
    'the input again, after an abort': [half, heardAbortion('t', 1), consumed('a>t', 0)],
    'the barrier of a checkpoint that is over': [attempt(), heardAbortion('t', 1), took('a>t', 1), consumed('a>t', 0)],
    'the input of an older checkpoint, once a newer one aligns': [half, took('b>t', 2), consumed('a>t', 0)],
    'a barrier that overtakes': [attempt(), took('a>t', 1, true), consumed('a>t', 0)],
    'anything in at-least-once': [run({ mode: 'at-least-once' }), half, consumed('a>t', 0)],
    'a new attempt': [half, attempt(2), consumed('a>t', 0, 1, 2)],
    'a new process with attempts counted anew': [half, died, attempt(1), consumed('a>t', 0)],
  },
  rejects: {
    'a record of an input that delivered': ['while aligning', half, consumed('a>t', 0)],
    'the same, though inputs were opened': ['while aligning', half, unblocked('t'), consumed('a>t', 0)],
    'the same, though another checkpoint was aborted': [
      'while aligning',
      half,
      heardAbortion('t', 2),
      consumed('a>t', 0),
    ],
    'a record of the input that superseded': ['while aligning', half, took('b>t', 2), consumed('b>t', 0)],
  },
})

checkerCases(conservation, {
  accepts: {
    'records in parts': [
      attempt(),
      sent('a>t', 0, 3),
      consumed('a>t', 0, 2),
      sent('a>t', 3),
      consumed('a>t', 2, 2),
      over('t'),
    ],
    'restored records first': [attempt(), filled('a>t', 1, 2), sent('a>t', 2), consumed('a>t', 0, 3)],
    'records left when a subtask fails': [attempt(), sent('a>t', 0), over('t', 'failed')],
    'counts that begin anew': [attempt(), sent('a>t', 0, 2), attempt(2), sent('a>t', 2), sent('a>t', 0, 1, 2)],
  },
  rejects: {
    'a gap in what is sent': ['expected 0', attempt(), sent('a>t', 1)],
    'a record that was lost': ['expected 0', attempt(), sent('a>t', 0, 2), consumed('a>t', 1)],
    'a record that came twice': ['expected 1', attempt(), sent('a>t', 0, 2), consumed('a>t', 0), consumed('a>t', 0)],
    'a record from nothing': ['only 1', attempt(), sent('a>t', 0), consumed('a>t', 0, 2)],
    'a subtask that finishes too early': ['left 1', attempt(), sent('a>t', 0), over('t')],
  },
})
