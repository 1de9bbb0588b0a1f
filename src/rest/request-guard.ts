/**
 * Who may talk to the API at all. A page in a browser can reach a loopback port: so the `Host` must be a loopback name
 * (a rebound DNS name is none) and a request may not come from another origin. With a token, every request carries it.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { StreamError } from '../core/errors.ts'

export interface GuardOptions {
  /** Does the server listen on loopback only? Then requests must name it by a loopback name. */
  readonly loopback: boolean
  readonly token?: string | undefined
}

/** Fails with `REQUEST_INVALID`, `REQUEST_FORBIDDEN` or `REQUEST_UNAUTHORIZED` for a request that must not be answered. */
export function guardRequest(request: Request, { loopback, token }: GuardOptions): void {
  const host = request.headers.get('host') ?? new URL(request.url).host
  if (host.trim() === '') throw new StreamError('REQUEST_INVALID', 'The Host header is empty: expected a host name.')
  if (loopback && !isLoopback(hostNameOf(host))) {
    throw new StreamError(
      'REQUEST_FORBIDDEN',
      `The Host header is "${host}": expected localhost, 127.0.0.1 or [::1], because this API listens on loopback only.`,
    )
  }
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const foreign = origin !== null && origin.replace(/^[a-z]+:\/\//i, '') !== host
  if (foreign || (site !== null && site !== 'same-origin' && site !== 'none')) {
    throw new StreamError('REQUEST_FORBIDDEN', `Requests from pages of another origin (${origin ?? site}) are refused.`)
  }
  if (token !== undefined && !isSame(request.headers.get('authorization') ?? '', `Bearer ${token}`)) {
    throw new StreamError(
      'REQUEST_UNAUTHORIZED',
      'The Authorization header is missing or wrong: expected "Bearer" and the token that "rest.token" configures.',
    )
  }
}

const hostNameOf = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** Is this the name or an address of the machine's loopback interface? */
export const isLoopback = (name: string): boolean =>
  name.toLowerCase() === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name)

/** Compares digests, so that the time taken says nothing about how much of a guess is right. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
