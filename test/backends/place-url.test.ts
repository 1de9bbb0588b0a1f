import { describe, expect, it } from 'vitest'
import { placeAbove, placeUrl, pluginScheme, withoutMetadata } from '../../src/backends/place-url.ts'

describe('URLs of places', () => {
  it('tell what a plugin answers for from what tidemark reads itself', () => {
    const schemes = ['bucket://a/b', 'S3+x://a', 'jobmanager://savepoints/1', 'file:///a', '/a', 'a/b', 'C:\\a', 'a:b']
    expect(schemes.map(pluginScheme)).toEqual([
      'bucket',
      's3+x',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('have one spelling', () => {
    expect(placeUrl('BUCKET://Main/x//')).toBe('bucket://Main/x')
    expect(placeUrl('bucket://')).toBe('bucket://')
    for (const text of ['bucket:x', '/x', 'file:///x', 'jobmanager://checkpoints', 'bucket://a/./b', 'bucket://..']) {
      expect(placeUrl(text), text).toBeUndefined()
    }
    for (const text of ['bucket://a?b', 'bucket://a#b', 'bucket://a b', 'bucket://a\0']) {
      expect(placeUrl(text), text).toBeUndefined()
    }
  })

  it('lead from a checkpoint and a savepoint to their place', () => {
    expect(placeAbove('bucket://main/x/job/chk-1', 2)).toBe('bucket://main/x')
    expect(placeAbove('bucket://main/savepoint-1', 1)).toBe('bucket://main')
    expect(placeAbove('bucket://savepoint-1', 1)).toBe('bucket://')
    expect(placeAbove('bucket:///job/chk-1', 2)).toBe('bucket://')
  })

  it('are without the name of the manifest', () => {
    expect(withoutMetadata('bucket://main/job/1/_metadata')).toBe('bucket://main/job/1')
    expect(withoutMetadata('bucket://main/job/1')).toBe('bucket://main/job/1')
  })
})
