/**
 * What the API says of jobs, in Flink's shapes: overview, details, plan, result, failures. Pure: a job and the time in,
 * plain data out. Names of fields are the protocol and follow its mixture of kebab and camel case.
 */
import { maxWatermark } from '../core/elements.ts'
import { StreamError } from '../core/errors.ts'
import type { SubtaskCounts } from '../core/metrics.ts'
import type { JobEdge, JobVertex } from '../graph/job-graph.ts'
import type { SessionJob } from '../job/session.ts'
import type { JobStatus } from '../machines/job/protocol.ts'

const endedStatuses: readonly JobStatus[] = ['FINISHED', 'CANCELED', 'FAILED']

/** Over for good? A suspended job is not: it may be resumed. */
export const hasEnded = ({ currentStatus }: SessionJob): boolean => endedStatuses.includes(currentStatus)

/** Our subtask statuses under Flink's names. */
const taskStates: Readonly<Record<string, string>> = {
  created: 'created',
  restoring: 'initializing',
  running: 'running',
  ended: 'running',
  finished: 'finished',
  canceled: 'canceled',
  failed: 'failed',
}

const taskNames = [
  'created',
  'scheduled',
  'deploying',
  'running',
  'finished',
  'canceling',
  'canceled',
  'failed',
  'reconciling',
  'initializing',
] as const

function countTasks(statuses: readonly string[]): Record<(typeof taskNames)[number], number> {
  const counts = Object.fromEntries(taskNames.map((name) => [name, 0])) as Record<(typeof taskNames)[number], number>
  for (const status of statuses) counts[(taskStates[status] ?? 'created') as (typeof taskNames)[number]] += 1
  return counts
}

const upperCase = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name.toUpperCase(), count]))

const durationOf = (job: SessionJob, now: number): number => Math.max(0, (job.endedAt ?? now) - job.startedAt)

/** The subtasks of a vertex as they are; those not yet known count as created. */
function statusesOf(job: SessionJob, vertex: JobVertex): readonly string[] {
  const known = job.subtaskStatuses().get(vertex.id) ?? []
  return Array.from({ length: vertex.parallelism }, (_, index) => known[index] ?? 'created')
}

export function jobOverview(job: SessionJob, now: number) {
  const statuses = job.graph.vertices.flatMap((vertex) => statusesOf(job, vertex))
  return {
    jid: job.id,
    name: job.name,
    'start-time': job.startedAt,
    'end-time': job.endedAt ?? -1,
    duration: durationOf(job, now),
    state: job.currentStatus,
    'last-modification': Math.max(job.startedAt, ...Object.values(job.statusTimes)),
    tasks: { total: statuses.length, ...countTasks(statuses) },
  }
}

const allStatuses: readonly JobStatus[] = [
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
]

export function jobDetails(job: SessionJob, now: number) {
  const vertices = job.graph.vertices.map((vertex) => vertexDetails(job, vertex, now))
  const overall: Record<string, number> = {}
  for (const { status } of vertices) overall[status] = (overall[status] ?? 0) + 1
  return {
    jid: job.id,
    name: job.name,
    isStoppable: false,
    state: job.currentStatus,
    'start-time': job.startedAt,
    'end-time': job.endedAt ?? -1,
    duration: durationOf(job, now),
    maxParallelism: Math.max(...job.graph.vertices.map(({ maxParallelism }) => maxParallelism), -1),
    now,
    timestamps: Object.fromEntries(allStatuses.map((status) => [status, job.statusTimes[status] ?? 0])),
    vertices,
    'status-counts': { ...upperCase(countTasks([])), ...overall },
    plan: jobPlan(job),
  }
}

/** What most needs attention among the subtasks of a vertex, as its status. */
const severity = ['failed', 'canceled', 'created', 'initializing', 'running', 'finished'] as const

function vertexDetails(job: SessionJob, vertex: JobVertex, now: number) {
  const tasks = countTasks(statusesOf(job, vertex))
  const counts = job.counts().get(vertex.id) ?? []
  return {
    id: vertex.id,
    name: vertex.name,
    maxParallelism: vertex.maxParallelism,
    parallelism: vertex.parallelism,
    status: (severity.find((status) => tasks[status] > 0) ?? 'created').toUpperCase(),
    'start-time': job.startedAt,
    'end-time': job.endedAt ?? -1,
    duration: durationOf(job, now),
    tasks: upperCase(tasks),
    metrics: {
      'read-bytes': 0,
      'read-bytes-complete': false,
      'write-bytes': 0,
      'write-bytes-complete': false,
      'read-records': counts.reduce((sum, { recordsIn }) => sum + recordsIn, 0),
      'read-records-complete': counts.length === vertex.parallelism,
      'write-records': counts.reduce((sum, { recordsOut }) => sum + recordsOut, 0),
      'write-records-complete': counts.length === vertex.parallelism,
    },
  }
}

/** What clients know as no watermark yet and as the last one: the bounds of a 64-bit integer, which is what they read. */
const [noWatermark, lastWatermark] = ['-9223372036854775808', '9223372036854775807']

const watermarkText = (watermark: number): string => {
  if (watermark === Number.NEGATIVE_INFINITY) return noWatermark
  return watermark >= maxWatermark.timestamp ? lastWatermark : String(watermark)
}

const metricNames = {
  numRecordsIn: ({ recordsIn }) => String(recordsIn),
  numRecordsOut: ({ recordsOut }) => String(recordsOut),
  currentInputWatermark: ({ currentInputWatermark }) => watermarkText(currentInputWatermark),
  numLateRecordsDropped: ({ lateRecordsDropped }) => String(lateRecordsDropped),
} as const satisfies Record<string, (counts: SubtaskCounts) => string>

type MetricName = keyof typeof metricNames

/** Metrics of the subtasks of a vertex, as `index.name`. Fails with `ENDPOINT_NOT_FOUND`. */
function vertexMetrics(job: SessionJob, vertex: string, names: readonly MetricName[]) {
  const counts = job.counts().get(vertex)
  if (counts === undefined) {
    const known = job.graph.vertices.map(({ id }) => id).join(', ')
    throw new StreamError('ENDPOINT_NOT_FOUND', `Job ${job.id} has no vertex "${vertex}": expected one of ${known}.`)
  }
  return counts.flatMap((of, index) => names.map((name) => ({ id: `${index}.${name}`, value: metricNames[name](of) })))
}

/** Fails with `ENDPOINT_NOT_FOUND`. */
export const vertexWatermarks = (job: SessionJob, vertex: string) =>
  vertexMetrics(job, vertex, ['currentInputWatermark'])

/** The metrics with the ids in `get`, of which those that are none are left out; without it the ids that there are. The same failure. */
export function metricsOf(job: SessionJob, vertex: string, get: string | undefined) {
  const all = vertexMetrics(job, vertex, Object.keys(metricNames) as MetricName[])
  if (get === undefined) return all.map(({ id }) => ({ id }))
  const asked = new Set(get.split(','))
  return all.filter(({ id }) => asked.has(id))
}

export function jobPlan({ id, graph }: Pick<SessionJob, 'id' | 'graph'>) {
  return {
    jid: id,
    name: graph.name,
    type: 'STREAMING',
    nodes: graph.vertices.map((vertex) => ({
      id: vertex.id,
      parallelism: vertex.parallelism,
      operator: '',
      operator_strategy: '',
      description: descriptionOf(vertex),
      inputs: graph.edges.filter(({ to }) => to === vertex.id).map(planInput),
      optimizer_properties: {},
    })),
  }
}

const descriptionOf = ({ name, operators }: JobVertex): string =>
  operators.every(({ description }) => description === undefined)
    ? name
    : operators.map((operator) => operator.description ?? operator.name).join(' -> ')

const planInput = (edge: JobEdge, num: number) => ({
  num,
  id: edge.from,
  ship_strategy: edge.partitioning.type.toUpperCase(),
  exchange: 'pipelined_bounded',
})

const outcomes: Partial<Record<JobStatus, string>> = { FINISHED: 'SUCCEEDED', CANCELED: 'CANCELED', FAILED: 'FAILED' }

/** Failures inside results: our code as the class, our sentence where others have a stack trace. */
export const failureBody = (code: string, message: string) => ({ class: code, 'stack-trace': message })

export function executionResult(job: SessionJob, now: number) {
  if (!hasEnded(job)) return { status: { id: 'IN_PROGRESS' } }
  const failure = job.currentStatus === 'FAILED' ? job.failures[0] : undefined
  return {
    status: { id: 'COMPLETED' },
    'job-execution-result': {
      id: job.id,
      'application-status': outcomes[job.currentStatus] ?? 'UNKNOWN',
      'accumulator-results': {},
      'net-runtime': durationOf(job, now),
      ...(failure === undefined ? {} : { 'failure-cause': failureBody(failure.code, failure.message) }),
    },
  }
}

export function jobExceptions({ failures }: SessionJob, max: number) {
  const newest = failures[0]
  const entries = failures.slice(0, max).map(({ at, code, message }) => ({
    exceptionName: code,
    stacktrace: message,
    timestamp: at,
    taskName: null,
    location: null,
    endpoint: null,
    taskManagerId: null,
    failureLabels: {},
    concurrentExceptions: [],
  }))
  return {
    'root-exception': newest?.message ?? null,
    timestamp: newest?.at ?? null,
    'all-exceptions': [],
    truncated: failures.length > max,
    exceptionHistory: { entries, truncated: failures.length > max },
  }
}
