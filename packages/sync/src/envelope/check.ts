/** The receiver's checks that need no secret, in their order; relays and peers run this very function. */
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import { idToBytes } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { EnvelopeAuthority } from '../ports.ts'
import { envelopeContext, envelopeIdOfHash, envelopeSignatureDomain } from './context.ts'
import { splitErase } from './erased.ts'
import type { ErasedContent, EraseTarget } from './erased.ts'
import { decodeEnvelope, envelopeKinds, groupOf, hintOf } from './header.ts'
import type { Envelope, EnvelopeFormFault, KindGroup } from './header.ts'
import { standingOf } from './standing.ts'
import type { ChainIndex } from './standing.ts'

/**
 * `wait-log`, `wait-epoch`, `gap`: cannot be judged yet, not authenticated; ask again when the log, the epoch or the chain is there ·
 * `known`: held already · `fork`: authentic, but another envelope of that device has this seq · `prev-differs`, `head-differs`: a hint
 * says that it builds on something else than what is held here · `pos-back`: the position goes back along the chain · `no-erase`: its
 * content is missing, and nobody who may erase it has said so.
 */
export type EnvelopeFault =
  | EnvelopeFormFault
  | 'wrong-kind'
  | 'unknown-topic'
  | 'wait-log'
  | 'head-differs'
  | 'unknown-device'
  | 'no-right'
  | 'frozen'
  | 'gap'
  | 'prev-differs'
  | 'pos-back'
  | 'wait-epoch'
  | 'epoch-too-old'
  | 'known'
  | 'fork'
  | 'bad-signature'
  | 'no-erase'

export interface CheckedEnvelope extends Envelope {
  readonly id: EnvelopeId
  readonly scope: ScopeId
  readonly device: DeviceId
  readonly user: UserId
  /** The entry at its position. */
  readonly head: EntryId
  readonly prev: EnvelopeId | null
  readonly epoch: EpochId
  /** The signed context; with the header the associated data of the seal. */
  readonly context: Bytes
  readonly standing: 'stands' | 'void'
  /** As in `Standing`: a `void` with any of these may come to stand, so a relay stores it; a `void` without is final until a log entry changes it. */
  readonly awaits: readonly number[]
}

/** For `gap`: whose chain, and the seq wanted first; for `known` and `fork`: which envelope; for `prev-differs` and `head-differs`: whose chain, and where. */
export interface EnvelopeRefusal {
  readonly ok: false
  readonly reason: EnvelopeFault
  readonly at?: { readonly device: DeviceId; readonly seq: number; readonly id?: EnvelopeId }
  /** Of a `fork`: the authentic envelope of the other branch. */
  readonly branch?: CheckedEnvelope
}

export type EnvelopeVerdict = { readonly ok: true; readonly value: CheckedEnvelope } | EnvelopeRefusal

export interface EnvelopeQuestion {
  readonly suite: VerifySuite
  readonly authority: EnvelopeAuthority
  readonly topic: TopicId
  readonly bytes: Uint8Array
}

/** Judges an envelope that is to be stored. Changes nothing; append with compare-and-set afterwards. */
export async function checkEnvelope(question: EnvelopeQuestion & { readonly chain: ChainIndex }): Promise<EnvelopeVerdict> {
  const { authority, topic, chain } = question
  const author = authorOf(question, 'stored')
  if (!author.ok) return author
  const { header, device } = author.value
  const before = { device, seq: header.seq - 1 }
  const prev = header.seq === 1 ? null : await chain.at(device, before.seq)
  if (prev && header.pos < prev.pos) return refuse('pos-back')
  // On the chain that is held, if it fits there; else on a branch beside it.
  const held = header.seq === 1 || prev !== null
  if (!held || hintOf(prev?.id ?? null) !== header.prevHint) return checkBeside(question, author.value, held ? 'prev-differs' : 'gap')
  const identified = await identify(question, author.value, prev?.id ?? null)
  if (!identified.ok) return identified
  const { id } = identified.value
  const present = await chain.at(device, header.seq)
  if (present?.id === id) return { ok: false, reason: 'known', at: { device, seq: header.seq, id } }
  if (authority.isFrozen(topic)) return refuse('frozen')
  const erasure = await judgeErasure(question, author.value, id)
  if (erasure !== null) return refuse(erasure)
  const standing = await standingOf({ authority, topic, place: { device, seq: header.seq, id, pos: author.value.pos }, chain })
  if (!(await isSigned(question.suite, device, id, author.value.sig))) return refuse('bad-signature')
  const value: CheckedEnvelope = { ...author.value, ...identified.value, ...standing, prev: prev?.id ?? null }
  return present ? { ok: false, reason: 'fork', at: { device, seq: header.seq, id }, branch: value } : { ok: true, value }
}

/** On one of the branches that are kept beside the chain; `otherwise` when it fits none of them. */
async function checkBeside(
  question: EnvelopeQuestion & { readonly chain: ChainIndex },
  author: Author,
  otherwise: 'prev-differs' | 'gap',
): Promise<EnvelopeRefusal> {
  const { suite, chain } = question
  const { header, device, sig } = author
  const at = { device, seq: header.seq }
  const fitting = (chain.beside?.(device, header.seq - 1) ?? []).filter((prev) => hintOf(prev.id) === header.prevHint)
  for (const prev of fitting) {
    if (header.pos < prev.pos) continue
    const identified = await identify(question, author, prev.id)
    if (!identified.ok) return identified
    if (!(await isSigned(suite, device, identified.value.id, sig))) continue
    const branch: CheckedEnvelope = { ...author, ...identified.value, standing: 'void', awaits: [], prev: prev.id }
    return { ok: false, reason: 'fork', at: { ...at, id: branch.id }, branch }
  }
  if (fitting.length > 0) return refuse('bad-signature')
  return { ok: false, reason: otherwise, at: otherwise === 'gap' ? { device, seq: header.seq - 1 } : at }
}

/** An Erase names what its author may erase; what is erased comes with such an Erase. Null when all is well. */
async function judgeErasure(
  question: EnvelopeQuestion & { readonly chain: ChainIndex },
  { header, pos, device, ct, erased }: Author,
  id: EnvelopeId,
): Promise<EnvelopeFault | null> {
  const { authority, topic } = question
  if (header.kind === envelopeKinds.erase) {
    const target = splitErase(ct)?.target
    if (!target) return 'bad-envelope'
    return authority.mayErase(topic, device, pos, target.device) ? null : 'no-right'
  }
  return erased ? checkProof(question, { target: { device, seq: header.seq, id }, proof: erased }) : null
}

/**
 * Whether an Erase that comes with what it has erased is authentic, names it, and was its author's right; null, or what is wrong. Without chains nothing is
 * asked about cuts.
 */
export async function checkProof(
  question: Omit<EnvelopeQuestion, 'bytes'> & { readonly chain: ChainIndex | null },
  { target, proof }: { readonly target: EraseTarget; readonly proof: Pick<ErasedContent, 'erasePrev' | 'erase'> },
): Promise<EnvelopeFault | null> {
  const { suite, authority, topic, chain } = question
  const asked = { ...question, bytes: proof.erase }
  const author = authorOf(asked, 'stored')
  if (!author.ok) return author.reason === 'wait-log' ? 'wait-log' : 'no-erase'
  const { header, pos, device, ct, sig } = author.value
  const named = header.kind === envelopeKinds.erase ? splitErase(ct)?.target : null
  const isNamed = named?.id === target.id && named.device === target.device && named.seq === target.seq
  if (!isNamed || !authority.mayErase(topic, device, pos, target.device)) return 'no-erase'
  const identified = await identify(asked, author.value, proof.erasePrev)
  if (!identified.ok) return identified.reason === 'wait-epoch' ? 'wait-epoch' : 'no-erase'
  const { id } = identified.value
  if (!(await isSigned(suite, device, id, sig))) return 'no-erase'
  // One's own may be gone in any case, and with it what the cut is asked about; of others' nothing goes by who was cut off.
  if (device === target.device || !chain) return null
  const { standing } = await standingOf({ authority, topic, place: { device, seq: header.seq, id, pos }, chain })
  return standing === 'stands' ? null : 'no-erase'
}

/** An ephemeral is judged by the receiver's newest position, has no chain, and no cut concerns it. */
export async function checkEphemeral(question: EnvelopeQuestion & { readonly newestPos: number }): Promise<EnvelopeVerdict> {
  const author = authorOf(question, 'fleeting', question.newestPos)
  if (!author.ok) return author
  if (question.authority.isFrozen(question.topic)) return refuse('frozen')
  const identified = await identify(question, author.value, null, question.newestPos)
  if (!identified.ok) return identified
  const { device, sig } = author.value
  if (!(await isSigned(question.suite, device, identified.value.id, sig))) return refuse('bad-signature')
  return { ok: true, value: { ...author.value, ...identified.value, standing: 'stands', awaits: [], prev: null } }
}

export type Author = Envelope & {
  readonly scope: ScopeId
  readonly device: DeviceId
  readonly user: UserId
  readonly head: EntryId
  /** Where it is judged: its position, or the last one in common where owners have left what stood there. */
  readonly pos: number
}

export function refuse(reason: EnvelopeFault): EnvelopeRefusal {
  return { ok: false, reason }
}

/** Form, topic, and the author's right: at the envelope's position, or at the receiver's newest for an ephemeral. */
export function authorOf(
  question: EnvelopeQuestion,
  group: KindGroup,
  newestPos?: number,
): { readonly ok: true; readonly value: Author } | EnvelopeRefusal {
  const { authority, topic, bytes } = question
  const form = decodeEnvelope(bytes)
  if (!form.ok) return form
  const { header } = form.value
  if (groupOf(header.kind) !== group) return refuse('wrong-kind')
  const scope = authority.scopeOf(topic)
  if (scope === null) return refuse('unknown-topic')
  const stated = authority.headOf(topic, header.pos, header.headHint)
  if (stated === 'unknown') return refuse('wait-log')
  const device = authority.deviceByIndex(topic, header.deviceIndex)
  if (stated === 'differs') return { ok: false, reason: 'head-differs', ...(device ? { at: { device, seq: header.seq } } : {}) }
  if (device === null) return refuse('unknown-device')
  const { id: head, pos } = stated
  const author = authority.authorAt(topic, device, newestPos ?? pos)
  if ('refused' in author) return refuse(author.refused)
  return { ok: true, value: { ...form.value, scope, head, pos, device, user: author.user } }
}

interface Identified {
  readonly id: EnvelopeId
  readonly epoch: EpochId
  readonly context: Bytes
}

/** The id under which its author has signed, given what comes before it. */
export async function identify(
  { suite, authority, topic }: EnvelopeQuestion,
  author: Author,
  prev: EnvelopeId | null,
  pos: number = author.pos,
): Promise<{ readonly ok: true; readonly value: Identified } | EnvelopeRefusal> {
  const { scope, device, head, headerBytes, ct, header, erased, replaced } = author
  const own = authority.epochFor(topic, device, header.gen, pos)
  // Of an epoch that was opened on the same stretch the id is all that is wanted: it is signed.
  const left = own === 'unknown' && pos !== header.pos ? (authority.leftEpoch?.(topic, head, header.gen) ?? null) : null
  if (left === 'unknown') return { ok: false, reason: 'head-differs', at: { device, seq: header.seq } }
  const epoch = left ?? own
  if (epoch === 'unknown') return refuse('wait-epoch')
  if (epoch === 'too-old') return refuse('epoch-too-old')
  const context = envelopeContext({ scope, topic, epoch, device, prev, head })
  const ctHash = (erased ?? replaced)?.ctHash ?? (await suite.sha256(ct))
  return { ok: true, value: { id: await envelopeIdOfHash(suite, { context, headerBytes, ctHash }), epoch, context } }
}

export async function isSigned(suite: VerifySuite, device: DeviceId, id: EnvelopeId, sig: Uint8Array): Promise<boolean> {
  return suite.verify(idToBytes(device), envelopeSignatureDomain, idToBytes(id), sig)
}
