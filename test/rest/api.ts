/** A REST API over a fake session and a virtual clock, with short ways to ask it. */
import { tmpdir } from 'node:os'
import { VirtualClock } from '../../src/core/clock.ts'
import { Random } from '../../src/core/random.ts'
import { createRestApp, type RestAppOptions } from '../../src/rest/app.ts'
import { FakeSession } from './fake-session.ts'

export const makeApi = (options: Partial<RestAppOptions> = {}) => {
  const clock = new VirtualClock(10_000)
  const session = new FakeSession(clock)
  const app = createRestApp({
    session,
    clock,
    random: new Random(1),
    version: '9.9.9',
    loopback: true,
    roots: [tmpdir()],
    ...options,
  })
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const init = body === undefined ? { method, headers } : { method, headers, body: text }
    const response = await app.request(`http://localhost:8081${path}`, init)
    const answer = await response.text()
    return { status: response.status, headers: response.headers, text: answer, body: JSON.parse(answer) }
  }
  return {
    clock,
    session,
    app,
    ask,
    get: (path: string, headers?: Record<string, string>) => ask('GET', path, undefined, headers),
    post: (path: string, body?: unknown) => ask('POST', path, body),
  }
}
