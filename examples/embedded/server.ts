/**
 * The application as a process of its own:
 *
 *   node bin/tidemark-source.js examples/embedded/server.ts [--port n] [--dir directory] [--from savepoint]
 *
 * `--full-load` adds a second job that takes every moment the event loop gives it. GET /load tells how much that job did
 * and how long the loop was held up. Ctrl-C suspends the jobs and ends the process.
 */
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { serve } from '@hono/node-server'
import { createSession } from 'tidemark'
import { createApp } from './app.ts'
import { fullLoad } from './full-load.ts'

const { values: args } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    /** Where checkpoints and savepoints are kept. Without it they are kept in memory. */
    dir: { type: 'string' },
    from: { type: 'string' },
    'full-load': { type: 'boolean', default: false },
    'slice-ms': { type: 'string' },
    'host-share': { type: 'string' },
  },
})

const session = createSession({
  ...(args.dir !== undefined && {
    checkpointStorage: { kind: 'filesystem', dir: join(args.dir, 'checkpoints') },
    savepoints: { kind: 'filesystem', dir: join(args.dir, 'savepoints') },
  }),
  runtime: {
    ...(args['slice-ms'] !== undefined && { sliceMs: Number(args['slice-ms']) }),
    ...(args['host-share'] !== undefined && { hostShare: Number(args['host-share']) }),
  },
  log: (level, message) => {
    if (level !== 'info') process.stderr.write(`${level}: ${message}\n`)
  },
})
const { http } = await createApp(session, args.from)

let records = () => 0
if (args['full-load']) {
  const load = fullLoad()
  await session.submit(load.environment)
  records = load.records
}
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const begin = () => ({ ms: performance.now(), cpu: process.cpuUsage(), records: records() })
let since = begin()
// Each call tells of the time since the call before it.
http.get('/load', (c) => {
  const { user, system } = process.cpuUsage(since.cpu)
  const done = records() - since.records
  const answer = {
    recordsPerSecond: Math.round((done * 1e3) / (performance.now() - since.ms)),
    recordsPerCpuSecond: Math.round((done * 1e6) / (user + system)),
    loopDelayMs: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  }
  delay.reset()
  since = begin()
  return c.json(answer)
})

const server = serve({ fetch: http.fetch, hostname: '127.0.0.1', port: Number(args.port) }, ({ port }) => {
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})

const end = async () => {
  server.close()
  await session.close()
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end())
