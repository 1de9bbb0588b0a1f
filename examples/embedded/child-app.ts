/** The application as a child process: started on a free port, asked over HTTP, ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const loader = new URL('../../bin/source-loader.js', import.meta.url).href
const server = fileURLToPath(new URL('server.ts', import.meta.url))

export interface Answer {
  readonly status: number
  readonly body: string
}

export class ChildApp {
  readonly url: string
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true })

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Starts the application with these arguments; resolves when it listens. */
  static async start(...args: readonly string[]): Promise<ChildApp> {
    const words = ['--import', loader, server, '--port', '0', ...args]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    // Not to be left behind when this process is ended in the middle.
    const killed = () => child.kill('SIGKILL')
    process.once('exit', killed)
    child.once('exit', () => process.off('exit', killed))
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += String(chunk)
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^listening on (\S+)$/.exec(line)?.[1]
      if (url !== undefined) return new ChildApp(child, url)
    }
    throw new Error(`The application ended before it listened.\n${errors}`)
  }

  /** Sends one request, over a connection that is kept open. */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const sent = request(`${this.url}${path}`, { method, headers, agent: this.#agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Asks for the end and waits for it; gives the exit code. */
  async end(): Promise<number | null> {
    this.#agent.destroy()
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    return code
  }
}
