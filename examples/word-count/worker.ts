/** The demo's worker process: `tidemark run` in a child, watched through its REST API. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../bin/tidemark.js', import.meta.url))

/** What the demo reads of the API's answers; docs/rest.md has all of it. */
interface Body {
  readonly jobs: readonly { readonly jid: string; readonly state: string }[]
  readonly vertices: readonly { readonly id: string; readonly metrics: { readonly 'read-records': number } }[]
  readonly counts: { readonly completed: number }
  readonly latest: { readonly restored?: { readonly id: number } | null }
  readonly 'request-id': string
  readonly operation?: { readonly location?: string; readonly 'failure-cause': { readonly 'stack-trace': string } }
}

interface Progress {
  readonly lines: number
  readonly completed: number
  /** The checkpoint it was restored from. */
  readonly restored: number | undefined
}

export class Worker {
  readonly port: number
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  jobId = ''
  #source = ''

  private constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
    this.ended = once(child, 'exit').then(([code, signal]) => {
      if (code !== 0 && signal === null) throw new Error(`The worker ended with exit code ${code}.`)
    })
  }

  /** Starts `tidemark run` with these arguments; resolves when its job runs. */
  static async start(args: readonly string[]): Promise<Worker> {
    const port = await freePort()
    const child = spawn(process.execPath, [cli, 'run', '--quiet', `-Drest.port=${port}`, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const worker = new Worker(port, child)
    await Promise.race([worker.#untilRunning(), worker.ended.then(() => undefined)])
    return worker
  }

  async progress(): Promise<Progress> {
    const [{ vertices }, checkpoints] = await Promise.all([
      this.#get(`/jobs/${this.jobId}`),
      this.#get(`/jobs/${this.jobId}/checkpoints`),
    ])
    const lines = vertices.find(({ id }) => id === this.#source)?.metrics['read-records'] ?? 0
    const { counts, latest } = checkpoints
    return { lines, completed: counts.completed, restored: latest.restored?.id }
  }

  /** Resolves when the source of this process has read so many lines. */
  async untilLines(lines: number): Promise<void> {
    while ((await this.progress()).lines < lines) await pause(20)
  }

  /** Takes a savepoint, the job going on; gives its path. */
  savepoint(): Promise<string> {
    return this.#operation('savepoints')
  }

  /** Stops the job with a savepoint; gives its path. */
  stop(): Promise<string> {
    return this.#operation('stop')
  }

  async #operation(name: 'savepoints' | 'stop'): Promise<string> {
    const { 'request-id': id } = await this.#call('POST', `/jobs/${this.jobId}/${name}`)
    for (;;) {
      const { operation } = await this.#call('GET', `/jobs/${this.jobId}/savepoints/${id}`)
      if (operation?.location !== undefined) return operation.location
      if (operation !== undefined) throw new Error(operation['failure-cause']['stack-trace'])
      await pause(10)
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async #untilRunning(): Promise<void> {
    for (;;) {
      const overview = await this.#get('/jobs/overview').catch(() => undefined)
      const job = overview?.jobs[0]
      if (job !== undefined && job.state !== 'INITIALIZING' && job.state !== 'CREATED') {
        this.jobId = job.jid
        const { vertices } = await this.#get(`/jobs/${job.jid}`)
        this.#source = vertices[0]?.id ?? ''
        return
      }
      await pause(20)
    }
  }

  #get(path: string): Promise<Body> {
    return this.#call('GET', path)
  }

  async #call(method: 'GET' | 'POST', path: string): Promise<Body> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Body
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
