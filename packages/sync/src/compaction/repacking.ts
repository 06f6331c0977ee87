/** Packs that hold what was erased since are said again without it, and give their place to the new ones. */
import type { Bytes, EnvelopeId } from '@poruch/base'
import type { Chains } from '../engine/chains.ts'
import { checkCompact } from './check-compact.ts'
import { encodeProof, splitErase } from '../envelope/erased.ts'
import { decodeEnvelope, encodeReplaced, envelopeKinds, isErasedForm } from '../envelope/header.ts'
import type { LogRow, StoredPack } from '../ports.ts'
import { isErased } from '../engine/erasing.ts'
import { makeRepack, openPack } from './pack.ts'
import type { Compact, OpenedPack } from './pack.ts'
import type { ChainPlace } from './pack-ends.ts'
import { frontierOf } from './build-pack.ts'
import type { Stretch } from './shelf.ts'
import type { PackPlace, PackReceived } from './topic-packs.ts'
import type { PackedRow } from './verify-pack.ts'

/** A pack here that holds the content of what was erased. */
export interface StalePack {
  readonly id: EnvelopeId
  readonly ends: readonly ChainPlace[]
  readonly keptAtMs: number
  /** It says again what another one held, or holds. */
  readonly isRepack: boolean
  /** Packs behind it that say the same stretches with less of that, in order. */
  readonly repacks: readonly StoredPack[]
}

/** How much of what is packed was erased: remembered, so that nobody has to look for it. */
export function noteErased({ erased, erasedPacked }: Chains, packed: readonly (readonly PackedRow[])[]): number {
  const found = packed.flat().filter(({ id, content }) => content.mode !== 'erased' && erased.has(id))
  for (const { id } of found) erasedPacked.set(id, true)
  return found.length
}

export function namesErasedPacked({ erasedPacked }: Chains, row: LogRow): boolean {
  if (row.kind !== envelopeKinds.erase || erasedPacked.size === 0) return false
  const form = decodeEnvelope(row.bytes)
  const target = form.ok ? splitErase(form.value.ct)?.target : null
  return target !== null && target !== undefined && erasedPacked.has(target.id)
}

/** Packs here that hold just these stretches. */
export async function twinsOf({ chains }: PackPlace, stretches: readonly Stretch[]): Promise<readonly EnvelopeId[]> {
  const twins: EnvelopeId[] = []
  for (const { id, bytes } of await chains.shelf.packs()) {
    const held = isErasedForm(bytes) ? null : await chains.shelf.stretches(id)
    if (held && isSame(held, stretches)) twins.push(id)
  }
  return twins
}

function isSame(a: readonly Stretch[], b: readonly Stretch[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ device, from, to, id }, at) => {
      const other = b[at]
      return other?.device === device && other.from === from && other.to === to && other.id === id
    })
  )
}

/** Cost: nothing where nothing was erased; else every pack is opened. */
export async function staleOf(place: PackPlace): Promise<readonly StalePack[]> {
  const { core, topic, chains } = place
  if (chains.erasedPacked.size === 0) return []
  const all = await chains.shelf.packs()
  const packs = all.filter(({ bytes }) => !isErasedForm(bytes))
  const gone = new Set(all.flatMap((pack) => replacedBy(pack) ?? []))
  const left = new Map<EnvelopeId, { readonly count: number; readonly ends: readonly ChainPlace[] }>()
  for (const pack of packs) {
    const opened = await openPack(core, topic, pack)
    if (opened.ok) left.set(pack.id, { count: noteErased(chains, opened.value.chains), ends: frontierOf(opened.value.chains) })
  }
  const found: StalePack[] = []
  for (const [at, { id, keptAtMs }] of packs.entries()) {
    const { count = 0, ends = [] } = left.get(id) ?? {}
    if (count === 0) continue
    const twins = await twinsOf(place, (await chains.shelf.stretches(id)) ?? [])
    const repacks = packs.slice(at + 1).filter((pack) => twins.includes(pack.id) && (left.get(pack.id)?.count ?? count) < count)
    const isRepack = gone.has(id) || packs.slice(0, at).some((pack) => twins.includes(pack.id))
    found.push({ id, ends, keptAtMs, isRepack, repacks })
  }
  if (found.length === 0) chains.erasedPacked.clear()
  return found
}

function replacedBy({ bytes }: StoredPack): EnvelopeId | null {
  const form = isErasedForm(bytes) ? decodeEnvelope(bytes) : null
  return form?.ok ? (form.value.replaced?.by ?? null) : null
}

/** The pack said again without what was erased, behind the last one here; null where an Erase or a key is missing. @throws SyncError as `write` */
export async function repackOf(place: PackPlace, id: EnvelopeId): Promise<Compact | null> {
  const { core, topic, chains } = place
  const packs = await chains.shelf.packs()
  const pack = packs.find((each) => each.id === id)
  const opened = pack && (await openPack(core, topic, pack))
  if (!opened?.ok) return null
  const proofs = new Map<EnvelopeId, Bytes>()
  for (const row of opened.value.chains.flat()) {
    if (row.content.mode === 'erased' || !chains.erased.has(row.id)) continue
    const proof = await proofOf(place, row)
    if (!proof) return null
    proofs.set(row.id, proof)
  }
  const prev = packs.at(-1)?.id ?? null
  return makeRepack(core, topic, { prev, opened: opened.value, proofOf: async (row) => Promise.resolve(proofs.get(row.id) ?? null) })
}

/** With its signature: out of a pack an Erase comes without. */
async function proofOf({ core, topic, chains }: PackPlace, { device, seq, id }: PackedRow): Promise<Bytes | null> {
  const [stored] = await core.store.read(topic, device, seq, 1)
  const form = stored?.id === id ? decodeEnvelope(stored.bytes) : null
  const proof = form?.ok && form.value.erased ? form.value.erased : chains.erased.get(id)
  const erase = proof && decodeEnvelope(proof.erase)
  return erase?.ok && erase.value.sig.some((byte) => byte > 0) ? encodeProof(proof as NonNullable<typeof proof>) : null
}

/**
 * Lets the pack `by` stand in the place of another one, of which its hash is left. False where `by` does not say all of it, or leaves out what
 * was not erased here. @throws SyncError of the store
 */
export async function replacePack(place: PackPlace, { id, by }: { readonly id: EnvelopeId; readonly by: EnvelopeId }): Promise<boolean> {
  const { core, topic, chains } = place
  const packs = await chains.shelf.packs()
  const [old, next] = [packs.find((pack) => pack.id === id), packs.find((pack) => pack.id === by)]
  const form = old && decodeEnvelope(old.bytes)
  const [before, after] = [old && (await openPack(core, topic, old)), next && (await openPack(core, topic, next))]
  if (!form?.ok || !before?.ok || !after?.ok || !isWithoutErased(chains, before.value, after.value)) return false
  const ctHash = await core.suite.sha256(form.value.ct)
  await core.store.replacePack(topic, { ...(old as NonNullable<typeof old>), bytes: encodeReplaced(form.value, { ctHash, by }) })
  chains.shelf.forget()
  core.log('pack-replaced', { topic })
  // Where nothing is stale any more, what waited with its Erase goes into the next pack.
  await staleOf(place)
  return true
}

function isWithoutErased(chains: Chains, before: OpenedPack, after: OpenedPack): boolean {
  const [rows, left] = [before.chains.flat(), after.chains.flat()]
  return (
    rows.length === left.length &&
    rows.every((row, at) => {
      const other = left[at]
      if (other?.id !== row.id) return false
      return other.content.mode === 'erased' ? isErased(chains, row) : row.content.mode !== 'erased'
    })
  )
}

/** What is left of a pack that gave its place to one that is here. */
export async function takeReplaced({ core, topic, chains }: PackPlace, pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived> {
  const { suite, authority } = core
  const verdict = await checkCompact({ suite, authority, topic, ...pack })
  if (!verdict.ok) {
    const isEarly = verdict.reason === 'wait-log' || verdict.reason === 'wait-epoch'
    return { kind: isEarly ? 'waiting' : 'refused', reason: verdict.reason }
  }
  const { id, device: author, replaced } = verdict.value
  const packs = await chains.shelf.packs()
  const kept = { kind: 'kept', id, author, ends: [], hasFilled: false } as const
  if (packs.some((each) => each.id === id)) return kept
  if (!packs.some((each) => each.id === replaced?.by)) return { kind: 'waiting', reason: 'gap' }
  const stored = { id, prev: pack.prev, author, bytes: pack.bytes, keptAtMs: core.clock.now() }
  await core.store.keepPack(topic, stored)
  chains.shelf.add(stored, [])
  return kept
}
