/** What an endpoint sees of the subtask that it belongs to. */
import type { EndpointContext } from './endpoints.ts'
import type { OperatorContext } from './operator.ts'

/** An endpoint gets what it may use of an operator's context, and no output to emit into behind the chain's back. */
export const endpointContext = (context: OperatorContext): EndpointContext => ({
  jobId: context.jobId,
  jobName: context.jobName,
  operatorId: context.operatorId,
  operatorName: context.operatorName,
  uid: context.uid,
  subtaskIndex: context.subtaskIndex,
  parallelism: context.parallelism,
  epoch: context.epoch,
  attempt: context.attempt,
  checkpointing: context.checkpointing,
  now: () => context.now(),
  monotonicMs: () => context.monotonicMs(),
  random: () => context.random(),
  log: (level, message) => context.log(level, message),
})
