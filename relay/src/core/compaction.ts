/** Packs and snapshots: taken in their order, handed out, and what confirmed packs stand for let go of. */
import { idToBytes } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId, UserId } from '@poruch/base'
import type { TopicAuthority } from '@poruch/identity/fold'
import type { ChainEnd, CompactRow, RelayLog, StoredCompact } from '@poruch/sync/relay-log'
import { checkCompact, decodeEnvelope, encodeFrame, encodeReplaced, envelopeKinds } from '@poruch/sync/wire'
import type { ChainPlace, FrameOf } from '@poruch/sync/wire'
import type { Connection, Hub } from './connection.ts'
import { maxUnconfirmedMs, minPackAgeMs, packLookMs } from './limits.ts'
import { endsOf, packsOf, readablePacks, replacedBy, saysAgain } from './pack-order.ts'
import type { CorePorts } from './ports.ts'
import type { Quota } from './quota.ts'
import { refusal, storageCode } from './refusal.ts'
import type { Reader, ScopeState } from './scopes.ts'

export interface Compaction {
  compact(connection: Connection, frame: FrameOf<'COMPACT'>): Promise<void>
  want(connection: Connection, frame: FrameOf<'PACKWANT'>): Promise<void>
  /** The packs that stand for rows after a place in the topic's order, as frames. */
  packsAfter(topic: TopicId, relaySeq: number): AsyncIterable<Bytes>
  /** The confirmed pack of which one chain ends in this envelope, or null. */
  packEndingIn(topic: TopicId, end: ChainPlace): Promise<EnvelopeId | null>
  /** Lets go of what confirmed packs of this log's topics stand for. */
  settle(state: ScopeState): Promise<void>
  /** Nothing is looked at again. */
  close(): void
}

export interface CompactionParts {
  readonly ports: CorePorts
  readonly authority: TopicAuthority
  readonly hub: Hub
  readonly quota: Quota
  mayRead(topic: TopicId, reader: Reader): boolean
}

const none = '0'.repeat(64)

export function makeCompaction(parts: CompactionParts): Compaction {
  /** Words for each topic when it was settled last. */
  const settled = new Map<TopicId, number>()
  /** Topics with packs that are too young yet. */
  const young = new Set<TopicId>()
  let cancel = (): void => {}
  const look = async (topic: TopicId): Promise<boolean> => {
    young.delete(topic)
    const areAllOld = await settleTopic(parts, topic)
    if (!areAllOld) {
      young.add(topic)
      lookLater()
    }
    return areAllOld
  }
  const lookLater = (): void => {
    cancel()
    cancel = parts.ports.clock.after(packLookMs, () => {
      for (const topic of young) look(topic).catch((thrown: unknown) => parts.ports.note?.('not-trimmed', { code: storageCode(thrown) }))
    })
  }
  const settle = async (state: ScopeState): Promise<void> => {
    for (const { topic, words } of state.fold.anchored()) if (settled.get(topic) !== words && (await look(topic))) settled.set(topic, words)
  }
  return {
    compact: async (connection, frame) => {
      await compact(parts, connection, frame)
      // No word in a log tells of a 1:1: its next pack is the word.
      if (parts.authority.usersOfDirect(frame.topic)) await look(frame.topic)
    },
    want: async (connection, { topic, after }) => {
      if (!parts.mayRead(topic, connection)) return connection.out.send(refusal(0, 'unknown-topic', topic))
      // One that is not here has lost its place to another: whoever has it is given all.
      const { log } = parts.ports
      let isAfter = after === none || (await packById(log, topic, after as EnvelopeId)) === null
      for await (const pack of isAfter ? readablePacks(log, topic) : packsOf(log, topic)) {
        if (isAfter && !connection.ended) connection.out.send(frameOf(pack))
        if (pack.id === after) isAfter = true
      }
    },
    packEndingIn: async (topic, { device, seq, id }) => {
      for await (const { pack, ends } of confirmedPacks(parts, topic))
        if (ends.some((end) => end.device === device && end.seq === seq && end.id === id)) return pack.id
      return null
    },
    packsAfter: (topic, relaySeq) => packsAfter(parts.ports.log, topic, relaySeq),
    settle,
    close: () => cancel(),
  }
}

async function compact(parts: CompactionParts, connection: Connection, { ref, topic, prev, envelope }: FrameOf<'COMPACT'>): Promise<void> {
  const { ports, authority, hub, quota } = parts
  const refuse = (code: string): void => connection.out.send(refusal(ref, code))
  if (!parts.mayRead(topic, connection)) return refuse('unknown-topic')
  const before = prev === none ? null : (prev as EnvelopeId)
  const verdict = await checkCompact({ suite: ports.suite, authority, topic, bytes: envelope, prev: before })
  if (!verdict.ok) return refuse(verdict.reason)
  const { id, device, header } = verdict.value
  // A right of the past is none: what is folded now is folded, or brought back, by those who may write now.
  const newest = authority.foldOf(topic)?.head()?.pos ?? 0
  if (!authority.mayCompact(topic, connection.device, newest)) return refuse('no-right')
  if (!(await quota.reserve(device, envelope.length))) return refuse('quota-exceeded')
  const row = { topic, kind: header.kind, id, prev: before, device, bytes: envelope, storedAtMs: ports.clock.now() }
  const outcome = await put(parts, row, verdict.value.ends).catch((thrown: unknown) => {
    quota.settle(device, envelope.length, false)
    throw thrown
  })
  quota.settle(device, envelope.length, outcome === 'stored')
  if (outcome === 'moved') return refuse('stale-prev')
  connection.out.send({ type: 'ACK', ref, relaySeq: 0 })
  if (outcome === 'known' || header.kind !== envelopeKinds.pack || verdict.value.replaced) return
  const encoded = encodeFrame({ type: 'PACK', topic, relaySeq: 0, prev, envelope })
  // Whoever does not keep up asks for it later.
  hub.fanOut(topic, connection, (other) => other.out.fleeting(encoded))
}

/** In its place in the order; or in the place of packs that others have left unconfirmed for long: one of them may be wrong. */
async function put(parts: CompactionParts, row: CompactRow, ends: readonly ChainPlace[]): Promise<'stored' | 'known' | 'moved'> {
  const { ports } = parts
  const outcome = await ports.log.putCompact(row)
  if (outcome !== 'moved') return outcome
  const disputed = await disputedBy(parts, row, ends)
  if (!disputed) return outcome
  const replaced = await ports.log.putCompact(row, disputed.id)
  if (replaced === 'stored') ports.audit?.('pack-replaced', { actor: disputed.device })
  return replaced
}

/**
 * The pack whose place this one may take: it follows the same one, is another user's, nobody has confirmed it or one behind it for a day,
 * nothing was let go of for it, and whatever chains it says to cover are covered by this one as far as they lead anywhere here.
 */
async function disputedBy(parts: CompactionParts, row: CompactRow, ends: readonly ChainPlace[]): Promise<StoredCompact | null> {
  const { ports, authority } = parts
  const { topic, prev, device } = row
  const fold = authority.foldOf(topic)
  const later: StoredCompact[] = []
  let isLater = prev === null
  for await (const pack of packsOf(ports.log, topic)) {
    if (isLater) later.push(pack)
    if (pack.id === prev) isLater = true
  }
  const [first] = later
  if (!first || !fold || first.prev !== prev || fold.ownerOf(first.device) === fold.ownerOf(device)) return null
  if (ports.clock.now() - first.storedAtMs < maxUnconfirmedMs || later.some(({ standsForSeq }) => standsForSeq > 0)) return null
  const ids = new Set(later.map(({ id }) => id))
  for await (const { pack } of confirmedPacks(parts, topic)) if (ids.has(pack.id)) return null
  const covered = new Map(ends.map((end) => [end.device, end.seq]))
  for (const pack of later) {
    for (const end of endsOf(pack)) {
      const here = await ports.log.chainAt(topic, end.device, end.seq)
      if (here?.id === end.id && (covered.get(end.device) ?? 0) < end.seq) return null
    }
  }
  return first
}

async function packById(log: RelayLog, topic: TopicId, id: EnvelopeId): Promise<StoredCompact | null> {
  for await (const pack of packsOf(log, topic)) if (pack.id === id) return pack
  return null
}

// Those that stand for nothing beyond the cursor say what its reader holds already.
async function* packsAfter(log: RelayLog, topic: TopicId, relaySeq: number): AsyncGenerator<Bytes> {
  for await (const pack of readablePacks(log, topic)) if (pack.standsForSeq > relaySeq) yield encodeFrame(frameOf(pack))
}

function frameOf({ topic, standsForSeq, prev, bytes }: StoredCompact): FrameOf<'PACK'> {
  return { type: 'PACK', topic, relaySeq: standsForSeq, prev: prev ?? none, envelope: bytes }
}

interface ConfirmedPack {
  readonly pack: StoredCompact
  readonly ends: readonly ChainPlace[]
}

// A pack is confirmed with all that it follows: none is skipped. In a 1:1 by the other one's pack that follows it.
async function* confirmedPacks({ ports, authority }: CompactionParts, topic: TopicId): AsyncGenerator<ConfirmedPack> {
  const fold = authority.foldOf(topic)
  if (!fold) return
  const isDirect = authority.usersOfDirect(topic) !== null
  let waiting: { readonly pack: StoredCompact; readonly author: UserId }[] = []
  for await (const pack of packsOf(ports.log, topic)) {
    const author = fold.ownerOf(pack.device)
    if (!author) continue
    if (isDirect) {
      const [confirmed, rest] = [waiting.filter((before) => before.author !== author), waiting.filter((before) => before.author === author)]
      for (const before of confirmed) yield { pack: before.pack, ends: endsOf(before.pack) }
      waiting = [...rest, { pack, author }]
      continue
    }
    const anchor = fold.anchorOf(topic, idToBytes(pack.id))
    if (anchor?.isConfirmed(author)) yield { pack, ends: anchor.ends }
  }
}

/** False while a pack is too young: it is looked at again later. */
async function settleTopic(parts: CompactionParts, topic: TopicId): Promise<boolean> {
  const { log, clock, note } = parts.ports
  let areAllOld = true
  await replaceRepeated(parts, topic)
  for await (const { pack, ends } of confirmedPacks(parts, topic)) {
    // Rows go for what readers are given.
    if (replacedBy(pack) !== null) continue
    if (clock.now() - pack.storedAtMs < minPackAgeMs) {
      areAllOld = false
      continue
    }
    await log.trim(topic, pack.id, await endsHere(log, topic, ends))
    note?.('trimmed', { place: pack.place })
  }
  return areAllOld
}

/**
 * A confirmed pack that says again what one before it holds stands in the place of that one at once: whoever gave a word on it has compared the
 * two, and nothing but what was erased is let go of.
 */
async function replaceRepeated(parts: CompactionParts, topic: TopicId): Promise<void> {
  const { log, suite, note } = parts.ports
  const confirmed = new Set<EnvelopeId>()
  for await (const { pack } of confirmedPacks(parts, topic)) confirmed.add(pack.id)
  if (confirmed.size < 1) return
  const seen: { readonly id: EnvelopeId; readonly ends: readonly ChainPlace[] }[] = []
  for await (const pack of packsOf(log, topic)) {
    const ends = endsOf(pack)
    const before = confirmed.has(pack.id) ? seen.filter((each) => saysAgain(each.ends, ends)) : []
    for (const { id } of before) {
      const form = decodeEnvelope((await packById(log, topic, id))?.bytes ?? new Uint8Array(0))
      if (!form.ok || form.value.replaced) continue
      const ctHash = await suite.sha256(form.value.ct)
      await log.replaceCompact(topic, id, encodeReplaced(form.value, { ctHash, by: pack.id }), pack.id)
      note?.('repacked')
    }
    if (replacedBy(pack) === null) seen.push({ id: pack.id, ends })
  }
}

/** Only chains that lead here to what the members have named. */
async function endsHere(log: RelayLog, topic: TopicId, named: readonly ChainPlace[]): Promise<ChainEnd[]> {
  const ends: ChainEnd[] = []
  for (const { device, seq, id } of named) {
    const row = await log.chainAt(topic, device, seq)
    if (row?.id === id) ends.push({ device, deviceSeq: seq })
  }
  return ends
}
