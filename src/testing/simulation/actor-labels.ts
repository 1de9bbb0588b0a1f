/**
 * Short, stable names for what a run talks about: `count/0` for a subtask, `count/0>out/1` for a channel, `coordinator`.
 * Ids of jobs and operators, directories and random names do not appear, so a choice has the same text in every run.
 */
import type { JobGraph } from '../../graph/job-graph.ts'

export class ActorLabels {
  readonly #jobId: string
  readonly #names = new Map<string, string>()
  readonly #vertexOf = new Map<string, string>()
  readonly #known = new Map<string, string>()

  constructor(jobId: string, graph: JobGraph) {
    this.#jobId = jobId
    const used = new Set<string>()
    for (const { id, operators, name } of graph.vertices) {
      const plain = (operators[0]?.uid ?? name).replaceAll(/\s+/g, '-')
      const label = used.has(plain) ? `${plain}-${used.size}` : plain
      used.add(label)
      this.#names.set(id, label)
      for (const operator of operators) this.#vertexOf.set(operator.id, label)
    }
  }

  /** The name of the vertex that an operator is part of. */
  vertexOf(operatorId: string): string {
    return this.#vertexOf.get(operatorId) ?? operatorId
  }

  readonly of = (text: string): string => {
    let label = this.#known.get(text)
    if (label === undefined) {
      label = this.#make(text)
      this.#known.set(text, label)
    }
    return label
  }

  #make(text: string): string {
    let label = text.replaceAll(`${this.#jobId}/`, '').replaceAll('session/', '')
    for (const [id, name] of this.#names) label = label.replaceAll(id, name)
    return label
      .replaceAll(/jobmanager:\/\/\w+\/(?:[0-9a-f]{32}\/)?(\S+)/g, '$1')
      .replaceAll(/\/simulated\/checkpoints\/(\S+)/g, '$1')
      .replaceAll(/\/simulated\/savepoints\/savepoint-\S+/g, 'savepoint')
  }
}
