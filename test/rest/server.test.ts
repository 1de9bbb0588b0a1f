import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/core/clock.ts'
import { limits } from '../../src/core/limits.ts'
import { Random } from '../../src/core/random.ts'
import { portInUse, type RestServer, startRestServer } from '../../src/rest/server.ts'
import { FakeSession } from './fake-session.ts'

const servers: RestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const start = async (address: string, port: number, token?: string, clock = new VirtualClock()) => {
  const session = new FakeSession(clock)
  const base = { session, clock, random: new Random(1), version: '9.9.9', roots: ['/'] }
  const server = await startRestServer({ ...base, address, port, token })
  servers.push(server)
  return server
}

describe('startRestServer', () => {
  it('serves on any free port of loopback, and stops', async () => {
    const server = await start('127.0.0.1', 0)
    expect(server.port).toBeGreaterThan(0)
    const answer = await fetch(`${server.url}/v1/config`)
    expect(await answer.json()).toMatchObject({ 'flink-version': '9.9.9' })
    const post = await fetch(`${server.url}/jobs/run`, { method: 'POST', body: '{"file": "a.ts"}' })
    expect(post.status).toBe(409)
    await server.close()
    await expect(fetch(`${server.url}/config`)).rejects.toThrow()
  })

  it('cuts off, some time after it was closed, who does not finish a request', async () => {
    const clock = new VirtualClock()
    const server = await start('127.0.0.1', 0, undefined, clock)
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET /config HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /jobs/run HTTP/1.1\r\nHost: loc')
    await once(socket, 'data')
    const closed = once(socket, 'close')
    const stopped = server.close()
    expect(clock.nextDueMs()).toBe(limits.lastBytesMs)
    clock.advance(limits.lastBytesMs)
    await Promise.all([closed, stopped])
  })

  it('answers 400 to a request that names no host', async () => {
    const { port } = await start('127.0.0.1', 0)
    for (const head of ['HTTP/1.1', 'HTTP/1.1\r\nHost:', 'HTTP/1.1\r\nHost: ', 'HTTP/1.0']) {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET /config ${head}\r\nConnection: close\r\n\r\n`)
      const [answer] = await once(socket, 'data')
      expect(String(answer), head).toMatch(/^HTTP\/1\.1 400 /)
      socket.destroy()
    }
  })

  it('names address, port and fix when the port is taken', async () => {
    const { port } = await start('127.0.0.1', 0)
    const error = portInUse('127.0.0.1', port)
    await expect(start('127.0.0.1', port)).rejects.toMatchObject({ code: 'PORT_IN_USE', message: error.message })
    expect(error.message).toContain(`Port ${port} of 127.0.0.1`)
    expect(error.message).toContain('-Drest.port=0')
  })

  it('listens elsewhere than on loopback only with a token', async () => {
    await expect(start('0.0.0.0', 0)).rejects.toMatchObject({ code: 'TOKEN_REQUIRED' })
  })

  it('says which setting is wrong when the address cannot be listened on', async () => {
    await expect(start('192.0.2.1', 0, 'secret')).rejects.toMatchObject({
      code: 'CONFIG_VALUE_INVALID',
      message: expect.stringContaining('"rest.address"'),
    })
  })
})
