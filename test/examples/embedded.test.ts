import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChildApp } from '../../examples/embedded/child-app.ts'

let dir: string
let running: ChildApp[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-embedded-'))
  running = []
})

afterEach(async () => {
  for (const app of running) await app.end()
  rmSync(dir, { recursive: true, force: true })
}, 60_000)

async function start(...args: readonly string[]): Promise<ChildApp> {
  const app = await ChildApp.start(...args)
  running.push(app)
  return app
}

/** Asks until the count is there: an event is counted after its request was answered. */
async function countOf(app: ChildApp, key: string, least: number): Promise<number> {
  for (let asked = 0; asked < 10_000; asked++) {
    const { status, body } = await app.ask('GET', `/counts/${key}`)
    const { count = 0 } = status === 200 ? (JSON.parse(body) as { count?: number }) : {}
    if (count >= least) return count
  }
  throw new Error(`The count of ${key} never came to ${least}.`)
}

/** Asks until the other job has had a turn: how soon that is depends on what else the machine does. */
async function loadOf(app: ChildApp): Promise<number> {
  for (let asked = 0; asked < 10_000; asked++) {
    const { body } = await app.ask('GET', '/load')
    const { recordsPerSecond } = JSON.parse(body) as { recordsPerSecond: number }
    if (recordsPerSecond > 0) return recordsPerSecond
  }
  throw new Error('The other job did nothing.')
}

// Each test starts processes, which takes long on a machine that has much else to do.
describe('the embedded example', { timeout: 180_000 }, () => {
  it('counts events, and goes on counting from a savepoint in another process', async () => {
    const first = await start('--dir', dir)
    const events = [...Array(30).keys()].map((i) => ({ key: i % 3 === 0 ? 'pears' : 'apples' }))
    expect((await first.ask('POST', '/events', events)).status).toBe(202)
    expect((await first.ask('POST', '/events', { key: 'apples' })).status).toBe(202)
    expect([await countOf(first, 'apples', 21), await countOf(first, 'pears', 10)]).toEqual([21, 10])
    const savepoint = await first.ask('POST', '/savepoint')
    const { path } = JSON.parse(savepoint.body) as { path: string }
    expect([savepoint.status, path.startsWith(join(dir, 'savepoints'))]).toEqual([200, true])
    expect(await first.end()).toBe(0)

    const second = await start('--dir', dir, '--from', path)
    await second.ask('POST', '/events', [{ key: 'apples' }, { key: 'plums' }])
    expect([await countOf(second, 'apples', 1), await countOf(second, 'plums', 1)]).toEqual([22, 1])
  })

  it('refuses what is no event, and does not know a key that never came', async () => {
    const app = await start()
    const answers = [
      await app.ask('POST', '/events', { name: 'apples' }),
      await app.ask('POST', '/events', [{ key: 'apples' }, { key: 1 }]),
      await app.ask('GET', '/counts/apples'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 404])
  })

  it('answers, and counts right, while a job takes all of the loop that it gets', async () => {
    const app = await start('--full-load')
    await app.ask('GET', '/load')
    for (let i = 0; i < 50; i++) expect((await app.ask('POST', '/events', { key: `key-${i % 5}` })).status).toBe(202)
    for (let key = 0; key < 5; key++) expect(await countOf(app, `key-${key}`, 10)).toBe(10)
    expect(await loadOf(app)).toBeGreaterThan(0)
  })
})
