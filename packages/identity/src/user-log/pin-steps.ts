/** Parts entries of a user's log for pins. */
import type { Bytes } from '@poruch/base'
import { decodeUserEntry } from './entry.ts'

/**
 * The entries in order, parted so that each part revokes at most one device, as a PinUser must: its cut is of that revocation. The
 * parts are pinned one after another; who writes them must live after each.
 * @throws IdentityError when an entry is not readable
 */
export function pinSteps(entries: readonly Bytes[]): readonly (readonly Bytes[])[] {
  const steps: Bytes[][] = []
  let revoked = true
  for (const bytes of entries) {
    const revokes = decodeUserEntry(bytes).op.kind === 'revoke-device'
    if (steps.length === 0 || (revoked && revokes)) {
      steps.push([])
      revoked = false
    }
    steps.at(-1)?.push(bytes)
    revoked ||= revokes
  }
  return steps
}
