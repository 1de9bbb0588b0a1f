import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/core/error-codes.ts'
import { StreamError } from '../../src/core/errors.ts'
import { limits } from '../../src/core/limits.ts'
import { createRestApp } from '../../src/rest/app.ts'
import { errorResponse } from '../../src/rest/error-response.ts'
import { needed, readFields, string } from '../../src/rest/request-body.ts'
import { isLoopback } from '../../src/rest/request-guard.ts'
import { makeApi } from './api.ts'

describe('the API', () => {
  it('describes itself and counts jobs', async () => {
    const { session, get } = makeApi()
    for (const status of ['RUNNING', 'FINISHED', 'CANCELED', 'FAILED'] as const) session.add().move(status)
    const config = await get('/v1/config')
    expect(config.headers.get('tidemark-version')).toBe('9.9.9')
    expect(config.body).toMatchObject({
      'flink-version': '9.9.9',
      features: { 'web-submit': false, 'web-cancel': true },
    })
    expect((await get('/overview')).body).toMatchObject({
      'jobs-running': 1,
      'jobs-finished': 1,
      'jobs-cancelled': 1,
      'jobs-failed': 1,
    })
    expect(createRestApp).toBeTypeOf('function')
  })

  it('refuses a Host that is no loopback name, whatever the page was called', async () => {
    const { ask } = makeApi()
    for (const host of ['localhost:8081', '127.0.0.1', '[::1]:8081', '127.9.9.9:1']) {
      expect((await ask('GET', '/jobs', undefined, { host })).status).toBe(200)
    }
    for (const host of ['evil.example', 'evil.example:8081', '127.0.0.1.evil.example', 'localhost.evil.example']) {
      const answer = await ask('GET', '/jobs', undefined, { host })
      expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([403, 'REQUEST_FORBIDDEN'])
    }
    const empty = await ask('GET', '/jobs', undefined, { host: '' })
    expect([empty.status, empty.headers.get('tidemark-error-code')]).toEqual([400, 'REQUEST_INVALID'])
    expect(isLoopback('0.0.0.0')).toBe(false)
    const open = makeApi({ loopback: false, token: 'secret' })
    const authorization = 'Bearer secret'
    expect((await open.ask('GET', '/jobs', undefined, { host: 'stream.example', authorization })).status).toBe(200)
  })

  it('refuses requests of pages from elsewhere', async () => {
    const { ask } = makeApi()
    const host = 'localhost:8081'
    expect((await ask('GET', '/jobs', undefined, { host, origin: `http://${host}` })).status).toBe(200)
    expect((await ask('GET', '/jobs', undefined, { host, origin: 'http://evil.example' })).status).toBe(403)
    expect((await ask('GET', '/jobs', undefined, { host, origin: 'null' })).status).toBe(403)
    expect((await ask('GET', '/jobs', undefined, { host, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await ask('GET', '/jobs', undefined, { host, 'sec-fetch-site': 'none' })).status).toBe(200)
  })

  it('asks every request for the token, if there is one', async () => {
    const { ask } = makeApi({ token: 'secret' })
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }]) {
      const answer = await ask('GET', '/config', undefined, headers as Record<string, string>)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(answer.text).not.toContain('secret')
    }
    expect((await ask('GET', '/config', undefined, { authorization: 'Bearer secret' })).status).toBe(200)
  })

  it('names what is wrong in a body', async () => {
    const { session, post } = makeApi()
    const path = `/jobs/${session.add().id}/savepoints`
    const cases: readonly (readonly [unknown, RegExp])[] = [
      ['{', /not JSON/],
      ['[]', /"?\[\]"?: expected a JSON object/],
      [{ 'cancel-job': 'yes' }, /Field "cancel-job" is "yes": expected true or false/],
      [{ 'target-director': 'x' }, /no field "target-director".*did you mean "target-directory"/],
      [{ formatType: 'ODD' }, /expected one of CANONICAL, NATIVE/],
      ['{"__proto__": {"cancel-job": true}}', /"__proto__" is not allowed/],
      ['{"triggerId": {"constructor": 1}}', /"constructor" is not allowed/],
    ]
    for (const [body, message] of cases) {
      const answer = await post(path, body)
      expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([400, 'REQUEST_INVALID'])
      expect(answer.body.errors[0]).toMatch(message)
    }
    expect((await post(path, '')).status).toBe(202)
  })

  it('counts null as absent, and says what is needed', async () => {
    const read = (body: string) =>
      readFields(new Request('http://x', { method: 'POST', body }), { a: string, b: string })
    expect(await read('{"a": "x", "b": null}')).toEqual({ a: 'x' })
    await expect(read('{"a": ""}')).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(() => needed('a', undefined, 'a path')).toThrow('Field "a" is missing: expected a path.')
  })

  it('bounds the size of a body', async () => {
    const { session, post } = makeApi()
    const answer = await post(`/jobs/${session.add().id}/savepoints`, ' '.repeat(limits.requestBytesMax + 1))
    expect([answer.status, answer.headers.get('tidemark-error-code')]).toEqual([413, 'REQUEST_TOO_LARGE'])
  })

  it('gives every code a status and no error a stack', async () => {
    for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
      const response = errorResponse(new StreamError(code, 'a sentence'))
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(await response.json()).toEqual({ errors: ['a sentence'] })
    }
    const odd = errorResponse(new TypeError('odd'))
    expect([odd.status, odd.headers.get('tidemark-error-code')]).toEqual([500, 'BUG'])
    expect(await odd.json()).toEqual({ errors: ['This must not happen, please report it: odd.'] })
  })
})
