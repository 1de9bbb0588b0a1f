import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Runs one part of the example to its end. */
async function run(part: string): Promise<{ code: unknown; output: string }> {
  const loader = pathToFileURL(inRepository('bin/source-loader.js')).href
  const words = ['--import', loader, inRepository('examples/savepoints/main.ts'), '--only', part]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const [code] = await once(child, 'close')
  return { code, output }
}

const lastLine = (output: string) => output.trimEnd().split('\n').at(-1)

describe('the savepoints example', () => {
  it.concurrent.each([
    { part: 'memory', claims: 6 },
    { part: 'directories', claims: 15 },
  ])('holds all its claims: $part', { timeout: 180_000 }, async ({ part, claims }) => {
    const { code, output } = await run(part)
    expect(lastLine(output), output).toBe(`all ${claims} claims hold`)
    expect(code).toBe(0)
    expect(output).not.toContain('✘')
  })
})
