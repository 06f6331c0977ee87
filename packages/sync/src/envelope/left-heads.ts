/** Envelopes on stretches of the log that owners have left: where they are judged, and how the entry that they were written on is learnt. */
import { idToBytes, toHex } from '@poruch/base'
import type { EntryId, EpochId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { prevFromHex } from '../frame/prev.ts'
import type { FrameOf } from '../frame/layouts.ts'
import type { EnvelopeAuthority, LeftHead, LogRow } from '../ports.ts'
import { envelopeContext, envelopeIdOfHash, envelopeSignatureDomain } from './context.ts'
import { decodeEnvelope, headHintOffsetBytes, hintOf } from './header.ts'

/** Where a stored envelope is judged: at its position, or at the last one in common where owners have left what stood there. */
export function judgedPos(authority: EnvelopeAuthority, topic: TopicId, { pos, bytes }: Pick<LogRow, 'pos' | 'bytes'>): number {
  // Nearly always there is nothing to look for.
  if (authority.leftAt(topic, pos) === null) return pos
  const stated = authority.headOf(topic, pos, headHintOf(bytes))
  return typeof stated === 'object' ? stated.pos : pos
}

/** True for an envelope that was sealed under an epoch of a stretch that owners have left: it stands in its chain, and shows nothing. */
export function isLeftEpoch(
  authority: EnvelopeAuthority,
  topic: TopicId,
  { device, gen, pos, bytes }: Pick<LogRow, 'device' | 'gen' | 'pos' | 'bytes'>,
): boolean {
  if (authority.leftAt(topic, pos) === null) return false
  const stated = authority.headOf(topic, pos, headHintOf(bytes))
  if (typeof stated !== 'object' || stated.pos === pos || authority.epochFor(topic, device, gen, stated.pos) !== 'unknown') return false
  const left = authority.leftEpoch?.(topic, stated.id, gen) ?? null
  return left !== null && left !== 'unknown'
}

/**
 * The entry of a left stretch on which an envelope was written, as its context states it; null unless a device of the log has signed just that, and the
 * log has another entry there. Nothing follows from it but that such envelopes can be checked: their rights are those of the last position in common.
 */
export async function statedHead(
  { suite, authority }: { readonly suite: VerifySuite; readonly authority: EnvelopeAuthority },
  { topic, prev, head, epoch, envelope }: FrameOf<'CTX'>,
): Promise<LeftHead | null> {
  const form = decodeEnvelope(envelope)
  if (!form.ok) return null
  const { header, headerBytes, ct, erased, sig } = form.value
  const { pos } = header
  const scope = authority.scopeOf(topic)
  const at = authority.leftAt(topic, pos)
  const device = authority.deviceByIndex(topic, header.deviceIndex)
  if (scope === null || at === null || device === null || hintOf(head) !== header.headHint) return null
  const stated = authority.headOf(topic, pos, header.headHint)
  const { gen } = header
  const isEpochLeft = authority.epochFor(topic, device, gen, at) === 'unknown' && authority.leftEpoch?.(topic, head, gen) === 'unknown'
  const isNews = stated === 'differs' || (typeof stated === 'object' && stated.id === head && stated.pos !== pos && isEpochLeft)
  if (!isNews) return null
  const context = envelopeContext({ scope, topic, epoch, device, prev: prevFromHex(prev), head })
  const ctHash = erased?.ctHash ?? (await suite.sha256(ct))
  const id = await envelopeIdOfHash(suite, { context, headerBytes, ctHash })
  return (await suite.verify(idToBytes(device), envelopeSignatureDomain, idToBytes(id), sig))
    ? { pos, head, epoch: isEpochLeft ? { gen, id: epoch } : null }
    : null
}

/** What the signature of a stored envelope covers and its bytes leave out; null where it is not known. */
export function contextOf(
  authority: EnvelopeAuthority,
  topic: TopicId,
  { device, gen, pos, bytes }: Pick<LogRow, 'device' | 'gen' | 'pos' | 'bytes'>,
): { readonly head: EntryId; readonly epoch: EpochId } | null {
  const stated = authority.headOf(topic, pos, headHintOf(bytes))
  if (typeof stated !== 'object') return null
  const epoch = authority.epochFor(topic, device, gen, stated.pos)
  const left = epoch === 'unknown' && stated.pos !== pos ? (authority.leftEpoch?.(topic, stated.id, gen) ?? null) : null
  const known = left ?? epoch
  return known === 'unknown' || known === 'too-old' ? null : { head: stated.id, epoch: known }
}

function headHintOf(bytes: Uint8Array): string {
  return toHex(bytes.subarray(headHintOffsetBytes, headHintOffsetBytes + 4))
}
