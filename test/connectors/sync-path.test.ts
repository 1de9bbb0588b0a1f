import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { syncDirectoryNow, syncPath } from '../../src/connectors/sync-path.ts'
import { codeOf, temporaryDirectory } from './endpoint-harness.ts'

it('flushes a file and a directory that are there', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'file'), 'text')
  await syncPath(join(dir, 'file'), 'r+')
  await syncPath(dir, 'r')
  syncDirectoryNow(dir)
})

it('fails for what is not there', async () => {
  const gone = join(temporaryDirectory(), 'gone')
  for (const sync of [() => syncPath(gone, 'r+'), () => syncPath(gone, 'r'), () => syncDirectoryNow(gone)]) {
    expect((await codeOf(sync)).code).toBe('ENOENT')
  }
})
