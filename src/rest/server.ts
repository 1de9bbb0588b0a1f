/** Listens for the REST API. Owns the socket and the rule that only loopback may go without a token. */
import { createAdaptorServer } from '@hono/node-server'
import { messageOf, StreamError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'
import { createRestApp, operationsOf, type RestAppOptions } from './app.ts'
import { isLoopback } from './request-guard.ts'

export interface RestServerOptions extends Omit<RestAppOptions, 'loopback'> {
  /** A host name or an address. Default 127.0.0.1. */
  readonly address?: string
  /** 0 for any free port. */
  readonly port: number
}

export interface RestServer {
  readonly port: number
  /** Such as `http://127.0.0.1:8081`. */
  readonly url: string
  /** Resolves when clients have read the results of all operations they started. */
  collected(): Promise<void>
  /** Stops listening; connections in use have a moment to finish, then they are dropped. */
  close(): Promise<void>
}

/**
 * Starts to listen. Fails with `TOKEN_REQUIRED` for an address other than loopback without a token, with `PORT_IN_USE`
 * when the port is taken, with `CONFIG_VALUE_INVALID` when the address cannot be listened on.
 *
 * @example const server = await startRestServer({ session, port: 0, …rest })
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { address = '127.0.0.1', port, token } = options
  const loopback = isLoopback(address)
  if (!loopback && token === undefined) {
    throw new StreamError(
      'TOKEN_REQUIRED',
      `"rest.address" is "${address}", which others can reach: expected "rest.token" to be set, or a loopback address.`,
    )
  }
  const operations = operationsOf(options)
  const app = createRestApp({ ...options, loopback, operations })
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, address, port)))
    server.listen(port, address, resolve)
  })
  const bound = server.address()
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    port: actual,
    url: `http://${address.includes(':') ? `[${address}]` : address}:${actual}`,
    collected: () => operations.collected(),
    close: () =>
      new Promise((resolve) => {
        // Idle connections go at once; an answer that is on its way may arrive first.
        const timer = options.clock.setTimer(limits.lastBytesMs, () => {
          if ('closeAllConnections' in server) server.closeAllConnections()
        })
        server.close(() => {
          timer.clear()
          resolve()
        })
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      }),
  }
}

function listenError(error: NodeJS.ErrnoException, address: string, port: number): StreamError {
  return error.code === 'EADDRINUSE' ? portInUse(address, port, error) : badAddress(error, address, port)
}

/** Names the address, the port, and the ways out. */
export const portInUse = (address: string, port: number, cause?: unknown): StreamError =>
  new StreamError(
    'PORT_IN_USE',
    `Port ${port} of ${address} is taken by another program: give another one with -Drest.port=<port>, or -Drest.port=0 ` +
      'for any free one.',
    { cause, details: { address, port } },
  )

const badAddress = (error: NodeJS.ErrnoException, address: string, port: number): StreamError =>
  new StreamError(
    'CONFIG_VALUE_INVALID',
    `Cannot listen on port ${port} of "${address}" ("rest.address", "rest.port"): ${messageOf(error)}.`,
    { cause: error },
  )
