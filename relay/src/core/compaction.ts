/** Packs and snapshots: taken in their order, handed out, and what confirmed packs stand for let go of. */
import { idToBytes } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import type { AnchorInfo, ScopeFold, TopicAuthority } from '@poruch/identity/fold'
import type { ChainEnd, RelayLog, StoredCompact } from '@poruch/sync/relay-log'
import { checkCompact, encodeFrame, envelopeKinds } from '@poruch/sync/wire'
import type { FrameOf } from '@poruch/sync/wire'
import type { Connection, Hub } from './connection.ts'
import { minPackAgeMs, packLookMs, packsAtOnce } from './limits.ts'
import type { CorePorts } from './ports.ts'
import type { Quota } from './quota.ts'
import { refusal, storageCode } from './refusal.ts'
import type { Reader, ScopeState } from './scopes.ts'

export interface Compaction {
  compact(connection: Connection, frame: FrameOf<'COMPACT'>): Promise<void>
  want(connection: Connection, frame: FrameOf<'PACKWANT'>): Promise<void>
  /** The packs that stand for rows after a place in the topic's order, as frames. */
  packsAfter(topic: TopicId, relaySeq: number): AsyncIterable<Bytes>
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
  /** Logs with packs that are too young yet. */
  const young = new Set<ScopeState>()
  let cancel = (): void => {}
  const settle = async (state: ScopeState): Promise<void> => {
    young.delete(state)
    for (const { topic, words } of state.fold.anchored()) {
      if (settled.get(topic) === words) continue
      if (await settleTopic(parts.ports, { topic, fold: state.fold })) settled.set(topic, words)
      else young.add(state)
    }
    if (young.size > 0) lookLater()
  }
  const lookLater = (): void => {
    cancel()
    cancel = parts.ports.clock.after(packLookMs, () => {
      for (const state of young) settle(state).catch((thrown: unknown) => parts.ports.note?.('not-trimmed', { code: storageCode(thrown) }))
    })
  }
  return {
    compact: async (connection, frame) => compact(parts, connection, frame),
    want: async (connection, { topic, after }) => {
      if (!parts.mayRead(topic, connection)) return connection.out.send(refusal(0, 'unknown-topic', topic))
      let isAfter = after === none
      for await (const pack of packsOf(parts.ports.log, topic)) {
        if (isAfter && !connection.ended) connection.out.send(frameOf(pack))
        if (pack.id === after) isAfter = true
      }
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
  // A right of the past is none: what is folded now is folded by those who may write now.
  const newest = authority.foldOf(topic)?.head()?.pos ?? 0
  if (device !== connection.device || !authority.mayCompact(topic, device, newest)) return refuse('no-right')
  if (!(await quota.reserve(device, envelope.length))) return refuse('quota-exceeded')
  const row = { topic, kind: header.kind, id, prev: before, device, bytes: envelope, storedAtMs: ports.clock.now() }
  const outcome = await ports.log.putCompact(row).catch((thrown: unknown) => {
    quota.settle(device, envelope.length, false)
    throw thrown
  })
  quota.settle(device, envelope.length, outcome === 'stored')
  if (outcome === 'moved') return refuse('stale-prev')
  connection.out.send({ type: 'ACK', ref, relaySeq: 0 })
  if (outcome === 'known' || header.kind !== envelopeKinds.pack) return
  const encoded = encodeFrame({ type: 'PACK', topic, relaySeq: 0, prev, envelope })
  // Whoever does not keep up asks for it later.
  hub.fanOut(topic, connection, (other) => other.out.fleeting(encoded))
}

async function* packsOf(log: RelayLog, topic: TopicId): AsyncGenerator<StoredCompact> {
  for (let place = 0; ;) {
    const rows = await log.readCompacts(topic, envelopeKinds.pack, place, packsAtOnce)
    // One that is damaged on the disk is as if it were not here; its order stays.
    yield* rows.filter(({ bytes }) => bytes.length > 0)
    const last = rows.at(-1)
    if (!last || rows.length < packsAtOnce) return
    place = last.place
  }
}

// Those that stand for nothing beyond the cursor say what its reader holds already.
async function* packsAfter(log: RelayLog, topic: TopicId, relaySeq: number): AsyncGenerator<Bytes> {
  for await (const pack of packsOf(log, topic)) if (pack.standsForSeq > relaySeq) yield encodeFrame(frameOf(pack))
}

function frameOf({ topic, standsForSeq, prev, bytes }: StoredCompact): FrameOf<'PACK'> {
  return { type: 'PACK', topic, relaySeq: standsForSeq, prev: prev ?? none, envelope: bytes }
}

/** False while a pack is too young: it is looked at again later. */
async function settleTopic({ log, clock, note }: CorePorts, { topic, fold }: { topic: TopicId; fold: ScopeFold }): Promise<boolean> {
  let areAllOld = true
  for await (const pack of packsOf(log, topic)) {
    const anchor = fold.anchorOf(topic, idToBytes(pack.id))
    const author = fold.ownerOf(pack.device)
    // A pack is confirmed with all that it follows: none is skipped.
    if (!anchor || !author || !anchor.isConfirmed(author)) continue
    if (clock.now() - pack.storedAtMs < minPackAgeMs) {
      areAllOld = false
      continue
    }
    await log.trim(topic, pack.id, await endsHere(log, topic, anchor.ends))
    note?.('trimmed', { place: pack.place })
  }
  return areAllOld
}

/** Only chains that lead here to what the members have named. */
async function endsHere(log: RelayLog, topic: TopicId, named: AnchorInfo['ends']): Promise<ChainEnd[]> {
  const ends: ChainEnd[] = []
  for (const { device, seq, id } of named) {
    const row = await log.chainAt(topic, device, seq)
    if (row?.id === id) ends.push({ device, deviceSeq: seq })
  }
  return ends
}
