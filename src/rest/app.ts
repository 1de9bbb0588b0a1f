/**
 * The REST API over a session, as a web-standard handler: it can be mounted in any server. Paths and bodies are Flink's,
 * with and without `/v1`. Owns guarding, limits and how errors are answered; the routes are in their own files.
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Clock } from '../core/clock.ts'
import { StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import type { Random } from '../core/random.ts'
import type { Session, SessionJob } from '../job/session.ts'
import type { Log } from '../job/session-options.ts'
import type { StreamEnvironment } from '../program/environment.ts'
import { errorResponse } from './error-response.ts'
import { addJobRoutes } from './job-routes.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { Operations } from './operations.ts'
import { guardRequest } from './request-guard.ts'
import { addSavepointRoutes } from './savepoint-routes.ts'
import { addSubmissionRoutes } from './submission-routes.ts'

export interface RestAppOptions {
  readonly session: Session
  readonly clock: Clock
  readonly random: Random
  /** Version of this package, shown to clients. */
  readonly version: string
  /** Is the API reachable through loopback only? */
  readonly loopback: boolean
  /** When set, every request must carry it. */
  readonly token?: string | undefined
  /** Directories that paths in requests may lie in; relative paths start at the first. */
  readonly roots: readonly string[]
  /** Is there no configured place for savepoints, so that each request must name one? */
  readonly targetDirectoryNeeded?: boolean
  /** How long results of operations are kept. Default `limits.operationResultMs`. */
  readonly resultRetentionMs?: number
  /** Present where jobs may be submitted. */
  readonly submission?: Submission
  readonly log?: Log
  /** The operations of this API; made here unless somebody else wants to know of them. */
  readonly operations?: Operations
}

export interface Submission {
  /** Job files must lie here. */
  readonly jobRoot: string
  loadJob(path: string, args: readonly string[]): Promise<StreamEnvironment>
  /** Called with each job that was submitted. */
  submitted?(job: SessionJob): void
}

/** Tells tidemark from other programs that may listen on the port. */
export const versionHeader = 'tidemark-version'

/**
 * Makes the API.
 *
 * @example const answer = await createRestApp(options).request('http://localhost/v1/jobs/overview')
 */
export function createRestApp(options: RestAppOptions): Hono {
  const operations = options.operations ?? operationsOf(options)
  const api = new Hono()
  addServerRoutes(api, options)
  addSubmissionRoutes(api, options)
  addJobRoutes(api, options)
  addSavepointRoutes(api, options, operations)
  addOperationRoutes(api, options, operations)

  const app = new Hono()
  app.use(async (c, next) => {
    c.header(versionHeader, options.version)
    c.header('x-content-type-options', 'nosniff')
    guardRequest(c.req.raw, options)
    await next()
  })
  app.use(bodyLimit({ maxSize: limits.requestBytesMax, onError: () => errorResponse(tooLarge()) }))
  app.route('/v1', api)
  app.route('/', api)
  app.notFound((c) => errorResponse(notFound(c.req.method, c.req.path)))
  app.onError((error, c) => {
    const response = errorResponse(error)
    response.headers.set(versionHeader, options.version)
    if (response.status === 500) options.log?.('error', `${c.req.method} ${c.req.path}: ${error.message}`)
    return response
  })
  return app
}

/** Where the results of asynchronous operations are kept. */
export function operationsOf(options: Pick<RestAppOptions, 'clock' | 'random' | 'resultRetentionMs'>): Operations {
  const { clock, random, resultRetentionMs: retentionMs = limits.operationResultMs } = options
  return new Operations({ clock, random, retentionMs, max: limits.operationsMax })
}

function addServerRoutes(api: Hono, { session, version, submission }: RestAppOptions): void {
  api.get('/config', (c) =>
    c.json({
      'refresh-interval': 3_000,
      'timezone-name': 'UTC',
      'timezone-offset': 0,
      'flink-version': version,
      'flink-revision': 'tidemark',
      features: {
        'web-submit': submission !== undefined,
        'web-cancel': true,
        'web-rescale': false,
        'web-history': false,
      },
    }),
  )
  api.get('/overview', (c) => {
    const jobs = session.jobs()
    const count = (status: string) => jobs.filter(({ currentStatus }) => currentStatus === status).length
    const ended = count('FINISHED') + count('CANCELED') + count('FAILED')
    return c.json({
      taskmanagers: 1,
      'slots-total': 0,
      'slots-available': 0,
      'jobs-running': jobs.length - ended,
      'jobs-finished': count('FINISHED'),
      'jobs-cancelled': count('CANCELED'),
      'jobs-failed': count('FAILED'),
      'flink-version': version,
      'flink-commit': 'tidemark',
    })
  })
}

const tooLarge = (): StreamError =>
  new StreamError('REQUEST_TOO_LARGE', `The request body is larger than ${limits.requestBytesMax} bytes.`)

const notFound = (method: string, path: string): StreamError =>
  new StreamError('ENDPOINT_NOT_FOUND', `There is no ${method} ${path}: docs/rest.md lists what there is.`)
