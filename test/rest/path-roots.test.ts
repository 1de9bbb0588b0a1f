import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { insideRoots } from '../../src/rest/path-roots.ts'

let base = ''
let root = ''

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-roots-')))
  root = join(base, 'root')
  mkdirSync(join(root, 'inner'), { recursive: true })
  mkdirSync(join(base, 'outer'))
  symlinkSync(join(base, 'outer'), join(root, 'way-out'))
  symlinkSync(root, join(base, 'alias'))
})
afterEach(() => rmSync(base, { recursive: true }))

describe('insideRoots', () => {
  it('lets paths inside pass, absolute, relative, not yet there, as URL, through an alias of the root', async () => {
    expect(await insideRoots('inner/new/deep', [root])).toBe(join(root, 'inner/new/deep'))
    expect(await insideRoots(root, [root])).toBe(root)
    expect(await insideRoots(pathToFileURL(join(root, 'x')).href, [root])).toBe(join(root, 'x'))
    expect(await insideRoots(join(base, 'alias/inner'), [root])).toBe(join(base, 'alias/inner'))
    expect(await insideRoots(join(base, 'outer/a'), [root, join(base, 'outer')])).toBe(join(base, 'outer/a'))
    expect(await insideRoots(join(root, '..name'), [root])).toBe(join(root, '..name'))
  })

  it('gives jobmanager savepoints back as they are', async () => {
    expect(await insideRoots('jobmanager://savepoints/1', [root])).toBe('jobmanager://savepoints/1')
  })

  it('gives back a URL of a plugin below one of the places, in one spelling', async () => {
    const roots = [root, 'bucket://main/deep']
    expect(await insideRoots('BUCKET://main/deep/job/chk-1', roots)).toBe('bucket://main/deep/job/chk-1')
    expect(await insideRoots('bucket://main/deep/', roots)).toBe('bucket://main/deep')
    expect(await insideRoots('bucket://x/savepoint-1', ['bucket://'])).toBe('bucket://x/savepoint-1')
    expect(await insideRoots('inner', ['bucket://', root].toReversed())).toBe(join(root, 'inner'))
    for (const way of [
      'bucket://main',
      'bucket://main/deeper/x',
      'bucket://main/deep/../other',
      'bucket://main/deep/%2e%2e/other',
      'bucket://main/deep\\..\\other',
      'bucket://main/deep/x?y',
      'other://main/deep/x',
    ]) {
      await expect(insideRoots(way, roots), way).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    }
    await expect(insideRoots(`bucket://main/deep/${'x'.repeat(300)}`, roots)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })

  it('refuses what no file system takes', async () => {
    const fits = `${'x'.repeat(255)}/`.repeat(2)
    expect(await insideRoots(fits, [root])).toBe(join(root, fits).slice(0, -1))
    for (const path of ['x'.repeat(256), 'é'.repeat(128), `${'x'.repeat(9)}/`.repeat(400)]) {
      await expect(insideRoots(path, [root]), path).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    }
  })

  it('refuses the way out by dots, links, siblings of like name, schemes and NUL', async () => {
    const ways = ['../outer', 'way-out', 'way-out/new', join(base, 'outer'), `${root}-sibling`, 's3://b/k', 'a\0b', '/']
    for (const way of ways) {
      await expect(insideRoots(way, [root]), way).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
    }
    await expect(insideRoots('file://host/x', [root])).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })
})
