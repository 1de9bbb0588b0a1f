/**
 * The job graph: vertices, each a chain of directly called operators, and the edges between them. Plain data but for
 * the functions inside operator descriptions; built by `buildJobGraph`, printed by `plan-text.ts`.
 */
import type { OperatorId, VertexId } from '../core/ids.ts'
import type { OperatorDescription, Partitioning } from './transformation.ts'

/** One operator of a chain. The chain is a tree: `parent` is the position of the operator that feeds it. */
export interface JobOperator {
  /** From the uid, else generated from the structure. State is stored under this id. */
  readonly id: OperatorId
  /** The id given by `setUidHash`; on restore it wins where the snapshot has it. */
  readonly alternativeId: OperatorId | undefined
  readonly uid: string | undefined
  readonly name: string
  readonly description?: string | undefined
  readonly node: number
  readonly operator: OperatorDescription
  /** Undefined for the head, which is at position 0. */
  readonly parent: number | undefined
  /** The side output of the parent that feeds it; undefined for the main output. */
  readonly sideOutput: string | undefined
}

export interface JobVertex {
  /** The id of the head. */
  readonly id: VertexId
  /** Names of the chain, joined by ` -> `. */
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  /** Did the program set the maximum parallelism, or was it derived? */
  readonly maxParallelismExplicit: boolean
  readonly operators: readonly JobOperator[]
}

export interface JobEdge {
  readonly from: VertexId
  /** Position in the chain of `from` of the operator whose output this is. */
  readonly fromOperator: number
  readonly to: VertexId
  readonly input: 0 | 1
  readonly partitioning: Partitioning
  readonly sideOutput: string | undefined
  /** Why this edge is not inside a chain. */
  readonly notChainedBecause: string
}

export interface JobGraph {
  readonly name: string
  /** In topological order, sources first. */
  readonly vertices: readonly JobVertex[]
  /** In the order of the program. */
  readonly edges: readonly JobEdge[]
  /** To log at submission: for example a stateful operator without a uid, with the line to paste. */
  readonly warnings: readonly string[]
}
