/** The subtasks of a program and the channels between them, as facts name them. */
import type { JobId } from '../../core/ids.ts'
import { planDeployment } from '../../deployment/plan.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { Fact } from '../checkers/facts.ts'
import type { ActorLabels } from './actor-labels.ts'

type Plan = Pick<Extract<Fact, { readonly type: 'run.rescaled' }>, 'channels' | 'subtasks'>

/** Nothing else of a deployment is looked at. */
const settings = {
  jobId: '0'.repeat(32) as JobId,
  mode: 'exactly-once',
  checkpointing: true,
  batchRecords: 1,
  autoWatermarkIntervalMs: 0,
  freezeState: false,
  incremental: false,
} as const

export function describedPlan(graph: JobGraph, labels: ActorLabels): Plan {
  const descriptors = planDeployment(graph, settings, 0, new Map())
  return {
    channels: descriptors.flatMap(({ id, inputs }) =>
      inputs.map(({ channel, from }) => ({ channel: labels.of(channel), from: labels.of(from), to: labels.of(id) })),
    ),
    subtasks: descriptors.map(({ id }) => labels.of(id)),
  }
}
