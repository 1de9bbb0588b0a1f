/** Directories that a test file leaves nothing behind of. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true })
})

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-backends-'))
  made.push(dir)
  return dir
}
