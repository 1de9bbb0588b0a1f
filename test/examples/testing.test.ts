import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const output = (): Promise<string> =>
  new Promise((resolve) => {
    const words = [inRepository('bin/tidemark-source.js'), inRepository('examples/testing/explore.ts')]
    execFile(process.execPath, words, { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve(error === null ? stdout : `${stdout}${stderr}${error.message}`),
    )
  })

describe('the testing example', () => {
  it('is green alone, goes wrong together, and holds when it is repaired', async () => {
    const [alone, broken, fixed] = (await output()).split(/^The shop.*$/m)
    expect(alone).toContain('payment: 6 cases pass, 9 of 9 edges taken')
    expect(alone).toContain('inventory: 4 cases pass, 5 of 5 edges taken')
    expect(broken).toContain('violated: 2099 states')
    expect(broken).toContain('nothing is sold twice')
    expect(broken).toContain('sequenceDiagram')
    expect(fixed).toContain('holds: 1160 states')
    expect(fixed?.match(/reached in \d+: /g)).toHaveLength(3)
  })
})
