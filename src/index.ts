/**
 * tidemark: an embeddable stream processor. Write a program with `StreamEnvironment`, run it with `execute` or
 * `tidemark run`, take savepoints through its handle or the command line.
 */
import { installExecutor } from './job/execute.ts'

installExecutor()

export type { RuntimeOptions } from './actors/real-host.ts'
export { definePlugin, type Plugin } from './backends/plugin.ts'
export type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  TtlOptions,
  ValueState,
} from './backends/state-backend.ts'
export { fromCollection } from './connectors/collection.ts'
export type { DeliveryOptions } from './connectors/deferred-sink.ts'
export { type GenerateOptions, generate } from './connectors/generate.ts'
export { fromIterable, type IterableOptions } from './connectors/iterable.ts'
export { type LinesOptions, lines } from './connectors/lines.ts'
export { fromObservable, type ObservableOptions, type OverflowPolicy } from './connectors/observable.ts'
export { type PrintOptions, print } from './connectors/print.ts'
export type { RecordFormat } from './connectors/record-format.ts'
export { toArray } from './connectors/to-array.ts'
export { type ToFileOptions, toFile } from './connectors/to-file.ts'
export { toSubject } from './connectors/to-subject.ts'
export { endOfTime } from './core/elements.ts'
export { errorCodes } from './core/error-codes.ts'
export { type ErrorCode, StreamError } from './core/errors.ts'
export type { CheckpointId, JobId, OperatorId, TriggerId } from './core/ids.ts'
export { DividedState, type OperatorItems, type OperatorStateMode } from './core/operator-state.ts'
export type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './core/standard-schema.ts'
export type { OperatorOutcome, PlannedOperator, PlannedState, Remedy } from './deployment/planned-operator.ts'
export type { RestorePlan, RestoreVerdict } from './deployment/restore-plan.ts'
export { parseStateMapping, type StateMapping } from './deployment/state-mapping.ts'
export { createSession } from './job/create-session.ts'
export type { Session, SessionJob, SubmitOptions } from './job/session.ts'
export type { SessionOptions } from './job/session-options.ts'
export type { NumberOf, Numeric, NumericField, TieOptions, Widened } from './operators/aggregations.ts'
export type { AsyncDefinition, AsyncRequest, AsyncRetry } from './operators/async/async-definition.ts'
export type {
  BroadcastReadContext,
  BroadcastStateDeclarations,
  BroadcastWriteContext,
  KeyedBroadcastReadContext,
  KeyedBroadcastWriteContext,
  ReadOnlyBroadcastState,
} from './operators/broadcast-process.ts'
export type {
  EndpointContext,
  Sink,
  SinkSnapshot,
  SinkWriter,
  Source,
  SourcePoll,
  SourceReader,
  SourceReaderContext,
} from './operators/endpoints.ts'
export type { IntervalJoinContext, IntervalJoinDefinition } from './operators/joins/interval-join.ts'
export type { CoGroupFunction, JoinFunction } from './operators/joins/window-join.ts'
export type {
  KeyedProcessContext,
  KeyedProcessDefinition,
  ProcessContext,
  ProcessDefinition,
} from './operators/keyed-context.ts'
export {
  type BroadcastState,
  broadcastState,
  type OperatorListState,
  type OperatorStateDeclaration,
  type OperatorStateHandles,
  operatorListState,
  unionListState,
} from './operators/operator-state-declarations.ts'
export { type OutputTag, outputTag } from './operators/output-tag.ts'
export {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclaration,
  type StateHandles,
  valueState,
} from './operators/state-descriptors.ts'
export type { StateOptions } from './operators/state-options.ts'
export type { WatermarkGenerator, WatermarkOutput } from './operators/time/watermark-generator.ts'
export { type TimestampAssigner, WatermarkStrategy } from './operators/time/watermark-strategy.ts'
export {
  type AlignedWindowOptions,
  eventTimeSessionWindows,
  globalWindows,
  processingTimeSessionWindows,
  type SessionGap,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from './operators/windows/assigners.ts'
export {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
} from './operators/windows/continuous-triggers.ts'
export type { WindowFunction, WindowProcessContext } from './operators/windows/definition.ts'
export { countEvictor, deltaEvictor, type EvictorOptions, timeEvictor } from './operators/windows/evictors.ts'
export {
  countTrigger,
  deltaTrigger,
  eventTimeTrigger,
  neverTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from './operators/windows/triggers.ts'
export type {
  AggregateFunction,
  AssignerContext,
  Evictor,
  EvictorContext,
  Trigger,
  TriggerContext,
  TriggerMergeContext,
  TriggerResult,
  Window,
  WindowAssigner,
  WindowContext,
  WindowElement,
} from './operators/windows/window.ts'
export type {
  BroadcastConnectedStream,
  BroadcastProcessFunction,
  BroadcastStream,
  KeyedBroadcastConnectedStream,
  KeyedBroadcastProcessFunction,
} from './program/broadcast-stream.ts'
export type { ConnectedStreams, KeyedConnectedStreams } from './program/connected-streams.ts'
export type { DataStream } from './program/data-stream.ts'
export type { DataStreamSink } from './program/data-stream-sink.ts'
export { isStreamEnvironment, StreamEnvironment } from './program/environment.ts'
export type { IntervalJoin, IntervalJoined, IntervalJoinFunction } from './program/interval-join.ts'
export type {
  JobEvent,
  JobHandle,
  JobResult,
  JobStatus,
  SavepointOperation,
  SavepointRequest,
  StopOptions,
} from './program/job-handle.ts'
export type {
  CoGroupedStreams,
  JoinEqualTo,
  JoinedStreams,
  JoinWhere,
  WindowedCoGroup,
  WindowedJoin,
} from './program/joined-streams.ts'
export type { KeyedStream } from './program/keyed-stream.ts'
export type {
  CheckpointOptions,
  CustomPlace,
  JobOptions,
  RestartOptions,
  SavepointOptions,
} from './program/options.ts'
export type { SingleOutputStreamOperator } from './program/single-output-stream-operator.ts'
export type { WindowedStream, WindowResult } from './program/windowed-stream.ts'
