/**
 * The application: an HTTP server that has a job inside, in the same process and on the same event loop.
 *
 *   POST /events       { "key": "apples" }, or a list of such: handed to the job
 *   GET  /counts/:key  the latest count of a key
 *   POST /savepoint    takes a savepoint and says where it is
 *   GET  /ping         a request that does nothing, to measure how soon it is answered
 */
import { Hono } from 'hono'
import { filter, firstValueFrom, Subject } from 'rxjs'
import { type Session, type SessionJob, StreamError } from 'tidemark'
import { countEvents, type Event } from './counts.ts'

export interface App {
  readonly http: Hono
  readonly job: SessionJob
}

/** Starts the job in `session`, from a savepoint if one is given, and puts the routes in front of it once it runs. */
export async function createApp(session: Session, fromSavepoint?: string): Promise<App> {
  const events = new Subject<Event>()
  const { environment, latest } = countEvents(events)
  const job = await session.submit(environment, fromSavepoint === undefined ? {} : { fromSavepoint })
  await firstValueFrom(job.status.pipe(filter((status) => status === 'RUNNING')))

  const http = new Hono()
  http.post('/events', async (c) => {
    const received = eventsOf(await c.req.json().catch(() => undefined))
    if (received === undefined) return c.json({ error: 'expected {"key": "…"} or a list of such' }, 400)
    // Nobody listens while the job restarts, nor after it has ended: better refused than lost.
    if (!events.observed) return c.json({ error: `the job is ${job.currentStatus}` }, 503)
    for (const event of received) events.next(event)
    return c.json({ accepted: received.length }, 202)
  })
  http.get('/counts/:key', (c) => {
    const key = c.req.param('key')
    const count = latest.get(key)
    return count === undefined ? c.json({ error: `nothing is known of "${key}"` }, 404) : c.json({ key, count })
  })
  http.post('/savepoint', async (c) => {
    try {
      return c.json({ path: await job.triggerSavepoint() })
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      return c.json({ error: error.message, code: error.code }, 503)
    }
  })
  http.get('/ping', (c) => c.text('pong'))
  return { http, job }
}

function eventsOf(body: unknown): readonly Event[] | undefined {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body]
  return list.every(isEvent) ? list : undefined
}

const isEvent = (value: unknown): value is Event =>
  typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string'
