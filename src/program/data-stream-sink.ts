/** A sink in a program: the end of a stream, which can be named, given a uid, and placed. */
import type { ProgramBuilder } from './program-builder.ts'

export class DataStreamSink {
  /** The number of the operator in its program. */
  readonly node: number
  protected readonly builder: ProgramBuilder

  constructor(builder: ProgramBuilder, node: number) {
    this.builder = builder
    this.node = node
  }

  /**
   * Names the operator, for plans and messages. Its id does not depend on it.
   *
   * @example words.map(clean).name('clean')
   */
  name(name: string): this {
    this.builder.set(this.node, { name })
    return this
  }

  /**
   * Says more of the operator than its name does, for those who read plans.
   *
   * @example lines.map(clean).setDescription('lower case, without accents')
   */
  setDescription(description: string): this {
    this.builder.set(this.node, { description })
    return this
  }

  /**
   * Gives the operator an identity that survives changes of the program: its state is found again by it. Unique within
   * the program. Fails with `UID_INVALID`; `UID_DUPLICATE` comes at submission.
   *
   * @example counts.process(count).uid('count')
   */
  uid(uid: string): this {
    this.builder.set(this.node, { uid })
    return this
  }

  /**
   * For repair: takes over the state stored under this id (32 hex digits, as plans and logs print it), although the
   * operator's own id is another. Fails with `OPERATOR_ID_INVALID`.
   *
   * @example counts.process(count).setUidHash('0a448493b4782967b150582570326227')
   */
  setUidHash(uidHash: string): this {
    this.builder.set(this.node, { uidHash })
    return this
  }

  /**
   * The number of subtasks of this operator. Fails with `PARALLELISM_INVALID`.
   *
   * @example lines.flatMap(split).setParallelism(4)
   */
  setParallelism(parallelism: number): this {
    this.builder.set(this.node, { parallelism })
    return this
  }

  /**
   * The number of key groups of this operator, 1 to 32768: the most subtasks that it can ever have. It cannot change
   * once there is state. Fails with `MAX_PARALLELISM_INVALID`.
   *
   * @example counts.process(count).setMaxParallelism(256)
   */
  setMaxParallelism(maxParallelism: number): this {
    this.builder.set(this.node, { maxParallelism })
    return this
  }

  /**
   * One subtask, whatever the parallelism of the program: setting another one fails with `PARALLELISM_INVALID`.
   *
   * @example orders.map(number).forceNonParallel()
   */
  forceNonParallel(): this {
    this.builder.set(this.node, { parallelism: 1, nonParallel: true })
    return this
  }

  /**
   * Never fuses this operator with another.
   *
   * @example lines.map(slow).disableChaining()
   */
  disableChaining(): this {
    this.builder.chain(this.node, 'never')
    return this
  }

  /**
   * Does not fuse this sink with the operator before it.
   *
   * @example lines.sinkTo(toFile('out')).startNewChain()
   */
  startNewChain(): this {
    this.builder.chain(this.node, 'head')
    return this
  }
}
