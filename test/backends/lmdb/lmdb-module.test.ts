import { describe, expect, it } from 'vitest'
import { loadLmdb } from '../../../src/backends/lmdb/lmdb-module.ts'

describe('the package', () => {
  it('is loaded', () => {
    expect(loadLmdb().open).toBeTypeOf('function')
  })

  it('is named with the way out when it cannot be loaded', () => {
    const load = () => {
      throw new Error("Cannot find module 'lmdb'\nRequire stack: …")
    }
    expect(() => loadLmdb(load)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_MISSING',
        message:
          'The state backend "lmdb" needs the npm package "lmdb", which cannot be loaded: Cannot find module \'lmdb\'. ' +
          'Install it beside tidemark (npm install lmdb@3.5.6), or choose the state backend "heap".',
      }),
    )
  })
})
