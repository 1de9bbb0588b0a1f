import { describe, expect, it } from 'vitest'
import { definitionEntry } from '../../src/cli/configuration-sources.ts'
import { RestClient, urlOf } from '../../src/cli/rest-client.ts'
import { readConfiguration } from '../../src/job/configuration.ts'
import { makeCli } from './cli.ts'

const client = (definitions: readonly string[] = [], fetch?: () => Promise<Response>) => {
  const cli = makeCli(fetch === undefined ? {} : { fetch })
  const configuration = readConfiguration([definitions.map(definitionEntry)])
  return { cli, client: new RestClient(cli.context, configuration, undefined) }
}

describe('RestClient', () => {
  it('finds its address in configuration', () => {
    expect(client().client.url).toBe('http://127.0.0.1:8081')
    expect(client(['rest.address=0.0.0.0', 'rest.port=9']).client.url).toBe('http://127.0.0.1:9')
    expect(client(['rest.address=::1']).client.url).toBe('http://[::1]:8081')
    expect(() => client(['rest.port=0'])).toThrow('use -m host:port')
  })

  it('reads addresses and refuses what is none', () => {
    expect(urlOf('localhost:8081')).toBe('http://localhost:8081')
    expect(urlOf('https://stream.example/')).toBe('https://stream.example')
    expect(urlOf('[::1]:9')).toBe('http://[::1]:9')
    for (const bad of ['', 'a b', 'host:port', 'host:99999', 'host/path', 'user:pw@host']) {
      expect(() => urlOf(bad), bad).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
  })

  it('carries the token', async () => {
    const { cli, client: withToken } = client(['rest.token=secret'])
    cli.serve('127.0.0.1:8081', { token: 'secret' })
    expect(await withToken.request('GET', '/jobs')).toEqual({ jobs: [] })
    const without = new RestClient(cli.context, readConfiguration([]), undefined)
    await expect(without.request('GET', '/jobs')).rejects.toMatchObject({ code: 'REQUEST_UNAUTHORIZED' })
  })

  it('tells a session from nothing and from other programs', async () => {
    expect(await client().client.probe()).toBe('nothing')
    expect(await client([], async () => new Response('hello')).client.probe()).toBe('other')
    expect(await client([], async () => Response.json({ features: { 'web-submit': true } })).client.probe()).toBe(
      'other',
    )
    expect(await client([], () => Promise.reject(new Error('not HTTP'))).client.probe()).toBe('other')
    const { cli, client: one } = client()
    cli.serve()
    expect(await one.probe()).toBe('other')
    cli.serve(undefined, { submission: { jobRoot: '/', loadJob: () => Promise.reject(new Error('no')) } })
    expect(await one.probe()).toBe('session')
  })

  it('gives up on a body that does not come', async () => {
    const body = () => new ReadableStream({ pull: () => new Promise(() => {}) })
    expect(await client([], async () => new Response(body())).client.probe()).toBe('silent')
  })

  it('knows whether the session is on this machine', () => {
    const at = (target: string) => new RestClient(makeCli().context, readConfiguration([]), target).isLocal
    expect(['localhost:9', '127.0.0.2:9', '[::1]:9'].map(at)).toEqual([true, true, true])
    expect(['example.org:9', '10.0.0.1:9', '127.example.org:9', '[fe80::1]:9'].map(at)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('makes an error of whatever a stranger answers', async () => {
    const answers = [new Response('<html>', { status: 502 }), new Response('hello')]
    for (const answer of answers) {
      await expect(client([], async () => answer).client.request('GET', '/x')).rejects.toMatchObject({
        message: `http://127.0.0.1:8081 answered ${answer.status}`,
      })
    }
    const odd = Response.json({ errors: ['no'] }, { status: 400, headers: { 'tidemark-error-code': 'toString' } })
    await expect(client([], async () => odd).client.request('GET', '/x')).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'no',
    })
  })
})
