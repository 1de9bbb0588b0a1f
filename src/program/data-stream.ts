/** A stream that is not keyed: what `BaseStream` has, plus process functions without keyed state, and connecting. */
import type { BroadcastStateDeclarations } from '../operators/broadcast-process.ts'
import type { ProcessDefinition } from '../operators/keyed-context.ts'
import type { NoOperatorStates, OperatorStateDeclarations } from '../operators/operator-state-declarations.ts'
import { processOperator } from '../operators/process.ts'
import { BaseStream } from './base-stream.ts'
import { BroadcastConnectedStream, BroadcastStream } from './broadcast-stream.ts'
import type { ConnectedStreams } from './connected-streams.ts'
import { checkDefinition } from './program-builder.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'

/** A process function without key: callbacks, and the type of what they emit. */
export interface ProcessFunction<In, Out, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>
  extends ProcessDefinition<In, Out, OperatorStates> {
  /** Only for the compiler, never read: what `ctx.emit` takes, as `output: {} as Alarm`. */
  readonly output?: Out
}

export class DataStream<T> extends BaseStream<T> {
  /**
   * Calls `element` for each record; it emits to the result or to side outputs. It may declare `operatorState`, which belongs to
   * the subtask. Fails with `STATE_ACCESS_INVALID` when keyed state or a timer is declared; a throw in a callback fails the job with
   * `USER_FUNCTION_FAILED`.
   *
   * @example
   * const bad = outputTag<string>('bad')
   * const good = lines.process({
   *   output: {} as Order,
   *   element: (line, ctx) => (isOrder(line) ? ctx.emit(parse(line)) : ctx.sideOutput(bad, line)),
   * })
   * good.getSideOutput(bad).sinkTo(toFile('rejected'))
   */
  process<Out = unknown, OperatorStates extends OperatorStateDeclarations = NoOperatorStates>(
    definition: ProcessFunction<T, Out, OperatorStates>,
  ): SingleOutputStreamOperator<Out> {
    checkDefinition('process', definition, 'element')
    return this.builder.apply<Out>(processOperator(definition), this.upstreams)
  }

  /**
   * Puts two streams side by side, for an operator that keeps their types apart. Fails with `ARGUMENT_INVALID` when
   * the other belongs to another environment.
   *
   * @example orders.connect(payments).keyBy((order) => order.id, (payment) => payment.orderId)
   */
  connect<U>(other: BaseStream<U>): ConnectedStreams<T, U>
  connect<U, Broadcast extends BroadcastStateDeclarations>(
    other: BroadcastStream<U, Broadcast>,
  ): BroadcastConnectedStream<T, U, Broadcast>
  connect<U>(
    other: BaseStream<U> | BroadcastStream<U, BroadcastStateDeclarations>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U, BroadcastStateDeclarations> {
    this.checkSameProgram('connect', other)
    if (other instanceof BroadcastStream) return new BroadcastConnectedStream(this.upstreams, other)
    return this.builder.kinds.connected<T, U>(this.builder, [this.upstreams, other.upstreams])
  }
}
