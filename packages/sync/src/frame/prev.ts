/** How frames write the envelope before one. */
import type { EnvelopeId } from '@poruch/base'

const noPrev = '0'.repeat(64)

/** A predecessor as frames write it. */
export function prevToHex(prev: EnvelopeId | null): string {
  return prev ?? noPrev
}

/** And read it. */
export function prevFromHex(hex: string): EnvelopeId | null {
  return hex === noPrev ? null : (hex as EnvelopeId)
}
