/** All checkers, in the order of `docs/invariants.md`. */
import { alignmentBlocking } from './alignment-blocking.ts'
import { channelOrder } from './channel-order.ts'
import type { Checker } from './checker.ts'
import { completionsRecur, everyTriggerEnds } from './checkpoints-end.ts'
import { committedOutput, everythingDelivered } from './committed-output.ts'
import { conservation } from './conservation.ts'
import { consistentCut } from './consistent-cut.ts'
import { durableBeforeVisible } from './durable-before-visible.ts'
import { keyGroupCover } from './key-group-cover.ts'
import { machineRereading } from './machine-rereading.ts'
import { noDeadlock, runsAgain } from './no-deadlock.ts'
import { orphansCollected } from './orphans-collected.ts'
import { pendingLimits } from './pending-limits.ts'
import { requestsAnswered } from './requests-answered.ts'
import { risingIds } from './rising-ids.ts'
import { singleSnapshot } from './single-snapshot.ts'
import { singleWriter } from './single-writer.ts'
import { sinkTransactions } from './sink-transactions.ts'
import { soundCompletion } from './sound-completion.ts'
import { stopWithSavepoint } from './stop-with-savepoint.ts'
import { storageRetention } from './storage-retention.ts'
import { timerRestore } from './timer-restore.ts'
import { uniformRestore } from './uniform-restore.ts'

export const checkers: readonly Checker[] = [
  consistentCut,
  channelOrder,
  alignmentBlocking,
  singleSnapshot,
  soundCompletion,
  durableBeforeVisible,
  risingIds,
  storageRetention,
  uniformRestore,
  committedOutput,
  sinkTransactions,
  keyGroupCover,
  pendingLimits,
  timerRestore,
  stopWithSavepoint,
  singleWriter,
  conservation,
  machineRereading,
  everyTriggerEnds,
  completionsRecur,
  noDeadlock,
  runsAgain,
  everythingDelivered,
  requestsAnswered,
  orphansCollected,
]
