import { describe, expect, it } from 'vitest'
import { claimModes, parseClaimMode } from '../../src/job/claim-mode.ts'

describe('a claim mode', () => {
  it('is read in any case', () => {
    expect(['claim', ' CLAIM', 'no_claim', 'No-Claim'].map(parseClaimMode)).toEqual([
      ...['claim', 'claim', 'no_claim', 'no_claim'],
    ])
    expect(claimModes.read('legacy')).toBeUndefined()
  })

  it('that is another is refused with the reason', () => {
    expect(() => parseClaimMode('LEGACY')).toThrow(/is not supported: nobody would know .*; expected no_claim or claim/)
    for (const odd of ['', 'own', undefined, {}]) {
      expect(() => parseClaimMode(odd)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
  })
})
