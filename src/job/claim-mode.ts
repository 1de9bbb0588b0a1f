/** Who owns the snapshot that a job starts from. */
import { StreamError } from '../core/errors.ts'
import type { ValueKind } from './configuration-value.ts'

/**
 * `no_claim`: whoever owned it before; the job never deletes it, and needs it until it has a checkpoint of its own. `claim`: the
 * job, which deletes it like a checkpoint of its own.
 */
export type ClaimMode = 'no_claim' | 'claim'

/** As a value of configuration: in any case, and with `-` for `_`. */
export const claimModes: ValueKind<ClaimMode> = {
  expected: 'no_claim or claim',
  read(text) {
    const mode = text.trim().toLowerCase().replaceAll('-', '_')
    return mode === 'no_claim' || mode === 'claim' ? mode : undefined
  },
  print: String,
}

/** Fails with `ARGUMENT_INVALID`. */
export function parseClaimMode(text: unknown): ClaimMode {
  const mode = claimModes.read(String(text))
  if (mode !== undefined) return mode
  const why =
    String(text).trim().toLowerCase() === 'legacy'
      ? 'is not supported: nobody would know who may delete the snapshot'
      : 'is unknown'
  throw new StreamError('ARGUMENT_INVALID', `Claim mode "${text}" ${why}; expected ${claimModes.expected}.`)
}
