/** Reads a pack: seals each inner part again, computes every id along the chain, and checks one signature per run. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, Judged, ScopeId, TopicId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { envelopeContext, envelopeIdOfHash, envelopeSignatureDomain } from '../envelope/context.ts'
import { checkProof } from '../envelope/check.ts'
import { decodeProof, splitErase } from '../envelope/erased.ts'
import { deviceIndexOf, encodeErased, encodeHeader, envelopeKinds, envelopeSignatureSizeBytes, hintOf } from '../envelope/header.ts'
import { encodeInner } from '../envelope/inner.ts'
import type { EnvelopeKeys } from '../envelope/seal.ts'
import type { EnvelopeAuthority, LogRow } from '../ports.ts'
import type { PackContent, PackEntry, PackRun } from './pack-body.ts'

/** `wait-log`, `wait-epoch`, `no-key`: cannot be judged yet. */
export type PackFault =
  | 'unknown-topic'
  | 'wait-log'
  | 'wait-epoch'
  | 'no-key'
  | 'unknown-device'
  | 'no-right'
  | 'pos-back'
  | 'epoch-too-old'
  | 'no-erase'
  | 'bad-signature'

/** An envelope out of a pack. Only that of the last of a run is whole: the others' signatures are not kept. */
export interface PackedRow extends LogRow {
  readonly content: PackContent
  readonly ctHash: Bytes
}

export interface PackReader {
  readonly suite: Suite
  readonly authority: EnvelopeAuthority
  readonly keys: EnvelopeKeys
}

/** The chains of the runs, in their order; nothing of a pack is believed when one of them is not right. Cost: two hashes and a seal each. */
export async function verifyPack(
  reader: PackReader,
  topic: TopicId,
  runs: readonly PackRun[],
): Promise<Judged<readonly (readonly PackedRow[])[], PackFault>> {
  const scope = reader.authority.scopeOf(topic)
  if (scope === null) return { ok: false, reason: 'unknown-topic' }
  const judged = await Promise.all(runs.map(async (run) => verifyRun(reader, { topic, scope }, run)))
  const chains: (readonly PackedRow[])[] = []
  for (const each of judged) {
    if (!each.ok) return each
    chains.push(each.value)
  }
  return { ok: true, value: chains }
}

const noSig = new Uint8Array(envelopeSignatureSizeBytes)

interface Place {
  readonly topic: TopicId
  readonly scope: ScopeId
}

type RunVerdict = Judged<readonly PackedRow[], PackFault>

async function verifyRun(reader: PackReader, place: Place, run: PackRun): Promise<RunVerdict> {
  const { suite, authority } = reader
  const { device, sig } = run
  if (authority.deviceByIndex(place.topic, deviceIndexOf(device)) !== device) return { ok: false, reason: 'unknown-device' }
  const rows: PackedRow[] = []
  let { prev } = run
  let pos = 0
  for (const [index, entry] of run.entries.entries()) {
    if (entry.pos < pos) return { ok: false, reason: 'pos-back' }
    const judged = judgeEntry(authority, place.topic, { device, entry })
    if (!judged.ok) return judged
    const isLast = index === run.entries.length - 1
    const link = { device, seq: run.firstSeq + index, prev, entry, ...judged.value, sig: isLast ? sig : null }
    const row = await rebuild(reader, place, link)
    if (!row) return { ok: false, reason: 'no-key' }
    if (!(await isErasureRight(reader, place.topic, { row, entry }))) return { ok: false, reason: 'no-erase' }
    rows.push(row)
    prev = row.id
    pos = entry.pos
  }
  const last = rows.at(-1)
  if (!last) return { ok: false, reason: 'bad-signature' }
  const isSigned = await suite.verify(idToBytes(device), envelopeSignatureDomain, idToBytes(last.id), sig)
  return isSigned ? { ok: true, value: rows } : { ok: false, reason: 'bad-signature' }
}

/** What is erased was erased by who may, and so is what an Erase names; whether a cut has come since is said where chains are known. */
async function isErasureRight(
  { suite, authority }: PackReader,
  topic: TopicId,
  { row, entry }: { readonly row: PackedRow; readonly entry: PackEntry },
): Promise<boolean> {
  const { device, seq, id, pos, kind } = row
  if (kind === envelopeKinds.erase) {
    const target = entry.content.mode === 'kept' ? splitErase(entry.content.ct)?.target : null
    return target !== null && target !== undefined && authority.mayErase(topic, device, pos, target.device)
  }
  if (entry.content.mode !== 'erased') return true
  const proof = decodeProof(entry.content.proof)
  return proof !== null && (await checkProof({ suite, authority, topic, chain: null }, { target: { device, seq, id }, proof })) === null
}

interface Judgement {
  readonly head: EntryId
  readonly epoch: EpochId
}

/** What a receiver asks of each envelope, its signature apart. */
function judgeEntry(
  authority: EnvelopeAuthority,
  topic: TopicId,
  { device, entry }: { device: DeviceId; entry: PackEntry },
): Judged<Judgement, PackFault> {
  const head = authority.headIdAt(topic, entry.pos)
  if (head === null) return { ok: false, reason: 'wait-log' }
  const author = authority.authorAt(topic, device, entry.pos)
  if ('refused' in author) return { ok: false, reason: author.refused }
  const epoch = authority.epochFor(topic, device, entry.gen, entry.pos)
  if (epoch === 'unknown') return { ok: false, reason: 'wait-epoch' }
  return epoch === 'too-old' ? { ok: false, reason: 'epoch-too-old' } : { ok: true, value: { head, epoch } }
}

interface Link extends Judgement {
  readonly device: DeviceId
  readonly seq: number
  readonly prev: EnvelopeId | null
  readonly entry: PackEntry
  /** Of the last of a run. */
  readonly sig: Bytes | null
}

/** The sealed bytes as they were once sent; null when the key is not here, or nothing is left of them. */
export async function sealAgain(
  reader: PackReader,
  topic: TopicId,
  { row, entry }: { readonly row: LogRow; readonly entry: PackEntry },
): Promise<Bytes | null> {
  const scope = reader.authority.scopeOf(topic)
  const judged = judgeEntry(reader.authority, topic, { device: row.device, entry })
  if (scope === null || !judged.ok) return null
  const { device, seq, prev } = row
  return (await sealLink(reader, { topic, scope }, { device, seq, prev, entry, sig: null, ...judged.value }))?.ct ?? null
}

interface SealedLink {
  readonly headerBytes: Bytes
  readonly context: Bytes
  /** Null where it was erased. */
  readonly ct: Bytes | null
}

/** Null when the key is not here. */
async function sealLink({ suite, keys }: PackReader, { topic, scope }: Place, link: Link): Promise<SealedLink | null> {
  const { device, seq, prev, entry, head, epoch } = link
  const { kind, gen, pos, lamport, nonce, content } = entry
  const place = { kind, gen, deviceIndex: deviceIndexOf(device), seq, pos, lamport, nonce }
  const headerBytes = encodeHeader({ ...place, prevHint: hintOf(prev), headHint: hintOf(head) })
  const context = envelopeContext({ scope, topic, epoch, device, prev, head })
  if (content.mode !== 'plain') return { headerBytes, context, ct: content.mode === 'kept' ? content.ct : null }
  const key = await keys.keyOf({ topic, epoch, kind, device })
  if (!key) return null
  return { headerBytes, context, ct: await suite.seal(key, nonce, concatBytes(context, headerBytes), encodeInner(content.inner)) }
}

/** Null when the key is not here. */
async function rebuild(reader: PackReader, place: Place, link: Link): Promise<PackedRow | null> {
  const { device, seq, prev, entry } = link
  const { kind, gen, pos, lamport, content } = entry
  const sealed = await sealLink(reader, place, link)
  if (!sealed) return null
  const { headerBytes, context, ct } = sealed
  const { suite } = reader
  const ctHash = content.mode === 'erased' ? content.ctHash : await suite.sha256(ct ?? new Uint8Array(0))
  const id = await envelopeIdOfHash(suite, { context, headerBytes, ctHash })
  const state = content.mode === 'plain' ? 'opened' : 'sealed'
  return { device, seq, id, prev, pos, lamport, gen, kind, state, bytes: bytesOf(link, headerBytes, ct), content, ctHash }
}

/** What is still sealed is opened when it has its turn; the signature of none but the last is known. */
function bytesOf({ entry: { content }, sig }: Link, headerBytes: Bytes, ct: Bytes | null): Bytes {
  const proof = content.mode === 'erased' ? decodeProof(content.proof) : null
  if (content.mode === 'erased' && proof) return encodeErased({ headerBytes, sig: sig ?? noSig }, { ctHash: content.ctHash, ...proof })
  return ct && (sig || content.mode === 'kept') ? concatBytes(headerBytes, ct, sig ?? noSig) : new Uint8Array(0)
}
