/** What one topic does with packs: takes them, makes them, says a word on them, and lets go of what they hold. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Chains } from '../engine/chains.ts'
import type { Core } from '../engine/core.ts'
import { isErased } from '../engine/erasing.ts'
import { isErasedForm } from '../envelope/header.ts'
import { maxPackedSizeBytes, maxPackEntries, maxPackRuns, rowPageSize } from '../limits.ts'
import type { LogRow } from '../ports.ts'
import { frontierOf } from './build-pack.ts'
import { makePack, openPack } from './pack.ts'
import type { Compact, CompactFault } from './pack.ts'
import type { ChainPlace } from './pack-ends.ts'
import { namesErasedPacked, noteErased, takeReplaced, twinsOf } from './repacking.ts'
import { stretchOf } from './shelf.ts'
import type { PackedRow } from './verify-pack.ts'

export interface PackPlace {
  readonly core: Core
  readonly topic: TopicId
  readonly chains: Chains
}

export type PackReceived =
  | {
      readonly kind: 'kept'
      readonly id: EnvelopeId
      readonly author: DeviceId
      readonly ends: readonly ChainPlace[]
      /** Whether chains reach further than before. */
      readonly hasFilled: boolean
    }
  /** Log, epoch, key or an earlier pack are missing: offer it again later. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** `author`: who made it, where what is wrong is that device's deed. */
  | { readonly kind: 'refused'; readonly reason: string; readonly author?: DeviceId }

/** `fork`: a chain here goes another way; evidence decides, not the pack. */
const waitable: ReadonlySet<string> = new Set<CompactFault | 'gap'>(['wait-log', 'wait-epoch', 'no-key', 'gap'])

/** Runs in the topic's turn. A pack is taken whole or not at all. @throws SyncError of the store */
export async function takePack(place: PackPlace, pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived> {
  const { core, topic, chains } = place
  if (isErasedForm(pack.bytes)) return takeReplaced(place, pack)
  const opened = await openPack(core, topic, pack)
  const fault = opened.ok ? await misfit(chains, opened.value.chains) : opened.reason
  if (!opened.ok || fault !== null) return refusedFor(fault ?? '', opened.ok ? undefined : opened.author)
  const { checked, chains: packed } = opened.value
  const behind = packed.filter((rows) => (rows.at(-1)?.seq ?? 0) > (chains.all.get(rows[0]?.device as DeviceId)?.head.seq ?? 0))
  const stored = { id: checked.id, prev: pack.prev, author: checked.device, bytes: pack.bytes, keptAtMs: core.clock.now() }
  const kept = { kind: 'kept', id: checked.id, author: checked.device, ends: frontierOf(packed) } as const
  const known = (await chains.shelf.packs()).find(({ id }) => id === checked.id)
  const isReplaced = known !== undefined && isErasedForm(known.bytes)
  const hasErased = noteErased(chains, packed) > 0
  if (behind.length === 0 && isReplaced) return { ...kept, hasFilled: false }
  // What was erased does not come in again where another pack holds the rest.
  if (behind.length === 0 && !known && hasErased && (await twinsOf(place, packed.flatMap(stretchOf))).length > 0)
    return { kind: 'refused', reason: 'erased' }
  await (isReplaced ? core.store.replacePack(topic, stored) : core.store.keepPack(topic, stored))
  chains.shelf.add(stored, packed)
  // Another tab may have gone another way meanwhile.
  if (behind.length > 0 && !(await core.store.trim(topic, stretchesOf(behind)))) return { kind: 'refused', reason: 'fork' }
  for (const rows of behind) {
    const last = rows.at(-1)
    if (last) chains.grew(last)
  }
  return { ...kept, hasFilled: behind.length > 0 }
}

function refusedFor(reason: string, author: DeviceId | undefined): PackReceived {
  if (waitable.has(reason)) return { kind: 'waiting', reason }
  return { kind: 'refused', reason, ...(author ? { author } : {}) }
}

/** Why the runs do not fit the chains held here, or null. */
async function misfit(chains: Chains, packed: readonly (readonly PackedRow[])[]): Promise<'gap' | 'fork' | null> {
  for (const rows of packed) {
    const [first] = rows
    const have = (first && chains.all.get(first.device)?.head.seq) ?? 0
    if (!first || first.seq > have + 1) return 'gap'
    const shared = rows[Math.min(have, first.seq + rows.length - 1) - first.seq]
    const before = first.seq > 1 ? await chains.at(first.device, first.seq - 1) : null
    if ((before?.id ?? null) !== first.prev) return 'fork'
    if (shared && (await chains.at(shared.device, shared.seq))?.id !== shared.id) return 'fork'
  }
  return null
}

function stretchesOf(chains: readonly (readonly PackedRow[])[]): { readonly from: number; readonly row: LogRow }[] {
  return chains.flatMap((rows) => {
    const [first, last] = [rows[0], rows.at(-1)]
    if (!first || !last) return []
    const { content: _content, ctHash: _ctHash, ...row } = last
    return [{ from: first.seq, row }]
  })
}

/** What no pack holds yet of what has had its turn. */
export interface Tail {
  readonly envelopes: number
  readonly sizeBytes: number
  /** The last pack here, which the next one follows. */
  readonly last: EnvelopeId | null
  /** Where the chains end that the next pack would take up. */
  readonly frontier: readonly ChainPlace[]
}

/** Cost: one read of the tail. */
export async function tailOf(place: PackPlace): Promise<Tail> {
  const { last, chains } = await readTail(place)
  const rows = chains.flat()
  const sizeBytes = rows.reduce((sum, row) => sum + row.bytes.length, 0)
  return { envelopes: rows.length, sizeBytes, last, frontier: frontierOf(chains) }
}

/** A pack of the tail, as much of it as one holds; null where there is nothing. @throws SyncError as `write` */
export async function packTail(place: PackPlace): Promise<Compact | null> {
  const { last, chains } = await readTail(place)
  return chains.length === 0 ? null : makePack(place.core, place.topic, { prev: last, chains })
}

/** Of a log with more than one pack holds, the chains whose envelopes came first, by lamport. */
async function readTail({ chains }: PackPlace): Promise<{ last: EnvelopeId | null; chains: readonly (readonly LogRow[])[] }> {
  const reach = await chains.shelf.reach()
  const tail: LogRow[] = []
  for (const { device, steps } of chains.all.values()) {
    for await (const row of chains.upTo(device, (reach.get(device) ?? 0) + 1, steps.length)) tail.push(row)
  }
  let sizeBytes = 0
  const fitting = tail
    .toSorted((a, b) => a.lamport - b.lamport || a.seq - b.seq)
    .filter((row, index) => (sizeBytes += row.bytes.length) <= maxPackedSizeBytes && index < maxPackEntries)
  const byDevice = Map.groupBy(fitting, ({ device }) => device)
  const packed = [...byDevice]
    .slice(0, maxPackRuns)
    .map(([device, rows]) => unbroken(rows, (reach.get(device) ?? 0) + 1, (row) => namesErasedPacked(chains, row)))
  const packs = await chains.shelf.packs()
  return { last: packs.at(-1)?.id ?? null, chains: packed.filter((rows) => rows.length > 0) }
}

/**
 * A chain whose lamports go back, as a refused envelope's may, is not cut in the middle. An Erase is wanted whole, with its signature, until
 * the packs that hold what it names are made anew.
 */
function unbroken(rows: readonly LogRow[], fromSeq: number, isWanted: (row: LogRow) => boolean): readonly LogRow[] {
  const inOrder = rows.toSorted((a, b) => a.seq - b.seq)
  const end = inOrder.findIndex((row, index) => row.seq !== fromSeq + index || isWanted(row))
  return end < 0 ? inOrder : inOrder.slice(0, end)
}

export interface PackWord {
  readonly author: DeviceId
  /** Where chains end that this pack and those before it hold. */
  readonly ends: readonly ChainPlace[]
  /** True when this device holds every envelope of it by itself, with the content, and those before it reach from the start on. */
  readonly isMine: boolean
}

/** What this device can say of a pack that it keeps; null for one that is not here or does not open. */
export async function wordOn({ core, topic, chains }: PackPlace, id: EnvelopeId): Promise<PackWord | null> {
  const packs = await chains.shelf.packs()
  const at = packs.findIndex((each) => each.id === id)
  const pack = packs[at]
  const opened = pack && (await openPack(core, topic, pack))
  if (!opened?.ok) return null
  const reach = await chains.shelf.reach()
  const twins = await twinsOf({ core, topic, chains }, opened.value.chains.flatMap(stretchOf))
  // What it only says again was vouched for before: then it is enough to have it in that pack.
  const isRepack = packs.slice(0, at).some((each) => twins.includes(each.id))
  let isMine = true
  for (const rows of opened.value.chains) {
    const last = rows.at(-1)
    if (!last || (reach.get(last.device) ?? 0) < last.seq) isMine = false
    for (const row of rows) {
      const [stored] = await core.store.read(topic, row.device, row.seq, 1)
      const [held] = stored?.seq !== row.seq && isRepack ? await chains.rows(row.device, row.seq, 1) : [stored]
      if (held?.seq !== row.seq || held.id !== row.id) isMine = false
      // A pack that holds what was erased here, or leaves out what was not, is not to stand for anything.
      else if (isErased(chains, held) !== (row.content.mode === 'erased')) isMine = false
      if (!isMine) break
    }
  }
  return { author: opened.value.checked.device, ends: frontierOf(opened.value.chains), isMine }
}

/** The pack and those before it stand for their rows from now on. */
export async function trimBehind({ core, topic, chains }: PackPlace, id: EnvelopeId): Promise<void> {
  const packs = await chains.shelf.packs()
  const end = packs.findIndex((each) => each.id === id)
  for (const pack of packs.slice(0, end + 1)) {
    const opened = await openPack(core, topic, pack)
    if (opened.ok && (await misfit(chains, opened.value.chains)) === null) await core.store.trim(topic, stretchesOf(opened.value.chains))
  }
}

/** The first row from which on all of a chain is stored, or null where it all is, from `fromSeq` on. Cost: one read of what is stored of the chain. */
export async function findBase(
  { core, topic }: PackPlace,
  { device, fromSeq }: { device: DeviceId; fromSeq: number },
): Promise<LogRow | null> {
  let base: LogRow | null = null
  for (let seq = fromSeq; ;) {
    const rows = await core.store.read(topic, device, seq, rowPageSize)
    for (const row of rows) {
      if (row.seq !== seq) base = row
      seq = row.seq + 1
    }
    if (rows.length < rowPageSize) return base
  }
}
