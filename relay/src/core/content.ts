/** Envelopes in, envelopes out: SUB, APPEND, EPH, and the answer to `/api/sync`. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { TopicAuthority } from '@poruch/identity/fold'
import type { RelayRow } from '@poruch/sync/relay-log'
import { checkEnvelope, checkEphemeral, decodeEnvelope, encodeFrame, envelopeKinds, splitErase, statedHead } from '@poruch/sync/wire'
import type { ChainIndex, CheckedEnvelope, EnvelopeRefusal, FrameOf, TopicCursor } from '@poruch/sync/wire'
import type { Branches } from './branches.ts'
import type { ChainEnds } from './chain-ends.ts'
import type { Erasures } from './erasures.ts'
import type { Compaction } from './compaction.ts'
import type { Connection, Hub } from './connection.ts'
import type { LeftHeads } from './left-heads.ts'
import { maxSubscriptions, pageRows, topicsAtOnce } from './limits.ts'
import type { CorePorts } from './ports.ts'
import type { Quota } from './quota.ts'
import { refusal } from './refusal.ts'
import type { Reader } from './scopes.ts'

export interface Content {
  subscribe(connection: Connection, frame: FrameOf<'SUB'>): Promise<void>
  append(connection: Connection, frame: FrameOf<'APPEND'>): Promise<void>
  /** An envelope at which a chain begins again: this relay has lost those before it, and packs stand for them. */
  base(connection: Connection, frame: FrameOf<'BASE'>): Promise<void>
  /** An envelope of another branch than the one here, as evidence. */
  witness(connection: Connection, frame: FrameOf<'CTX'>): Promise<void>
  ephemeral(connection: Connection, frame: FrameOf<'EPH'>): Promise<void>
  /** Asks all who follow the topic for what is missed of it. */
  askFor(topic: TopicId): Promise<void>
  /** All that the reader may have after its cursors, as frames. */
  bulk(reader: Reader, cursors: readonly TopicCursor[]): AsyncIterable<Bytes>
}

export interface ContentParts {
  readonly ports: CorePorts
  readonly authority: TopicAuthority
  readonly hub: Hub
  readonly quota: Quota
  readonly compaction: Compaction
  readonly branches: Branches
  readonly ends: ChainEnds
  readonly leftHeads: LeftHeads
  readonly erasures: Erasures
  /** Whether the session may read the topic now. */
  mayRead(topic: TopicId, reader: Reader): boolean
}

export function makeContent(parts: ContentParts): Content {
  return {
    subscribe: async (connection, frame) => {
      // Together, so that the database answers a page of questions at once.
      for (let from = 0; from < frame.topics.length; from += topicsAtOnce) {
        const page = frame.topics.slice(from, from + topicsAtOnce)
        await Promise.all(page.map(async (cursor) => subscribeOne(parts, connection, cursor)))
      }
    },
    append: async (connection, frame) => append(parts, connection, frame),
    base: async (connection, frame) => takeBase(parts, connection, frame),
    witness: async (connection, frame) => {
      await learnHead(parts, connection, frame)
      const { topic, envelope } = frame
      await append(parts, connection, { type: 'APPEND', ref: 0, topic, envelope })
    },
    ephemeral: async (connection, frame) => relayEphemeral(parts, connection, frame),
    askFor: async (topic) => {
      parts.ends.forget(topic)
      const missed = await findMissed(parts, topic)
      for (const frame of missed) parts.hub.fanOut(topic, null, (other) => other.out.send(frame))
    },
    bulk: (reader, cursors) => readBulk(parts, reader, cursors),
  }
}

/** Before the envelopes on it, all readers are told of an entry of a stretch that owners have left. */
async function learnHead(parts: ContentParts, connection: Connection, frame: FrameOf<'CTX'>): Promise<void> {
  const { ports, authority, hub, leftHeads, mayRead } = parts
  const { topic } = frame
  const scope = authority.foldOf(topic)?.scope
  const stated = scope && mayRead(topic, connection) ? await statedHead({ suite: ports.suite, authority }, frame) : null
  const told = scope && stated ? await leftHeads.note(scope, frame, stated.pos) : null
  if (told) hub.fanOut(topic, connection, (other) => other.out.fleeting(told))
}

/** Whoever holds a chain sends it from there on, and is told that the rest is known. */
async function findMissed({ ports }: ContentParts, topic: TopicId): Promise<readonly FrameOf<'GAP'>[]> {
  const holes = (await ports.holes?.(topic)) ?? []
  return holes.map(({ device, deviceSeq }) => ({ type: 'GAP', topic, device, have: deviceSeq - 1 }))
}

async function subscribeOne(parts: ContentParts, connection: Connection, cursor: TopicCursor): Promise<void> {
  const { ports, hub, mayRead } = parts
  const { topic } = cursor
  if (!mayRead(topic, connection)) return connection.out.send(refusal(0, 'unknown-topic', topic))
  if (connection.topics.size >= maxSubscriptions) return connection.out.send(refusal(0, 'too-many-topics', topic))
  // Followed before the head is read, so that nothing falls between the two.
  hub.follow(connection, topic)
  if (!(await isKnown(ports, cursor))) connection.out.send({ type: 'RESET', topic })
  const { relaySeq } = await ports.log.head(topic)
  connection.out.send({ type: 'HEAD', topic, relaySeq })
  for (const missed of await findMissed(parts, topic)) connection.out.send(missed)
}

/** Whether the cursor's envelope is the one that this relay has there. */
async function isKnown({ log }: CorePorts, { topic, relaySeq, idPrefix }: TopicCursor): Promise<boolean> {
  if (relaySeq === 0) return true
  const row = await log.at(topic, relaySeq)
  if (row) return row.id.startsWith(idPrefix)
  // Numbers have holes only where a pack stands for rows: a reader from before that goes on from there.
  return relaySeq < (await log.head(topic)).relaySeq
}

async function append(parts: ContentParts, connection: Connection, { ref, topic, envelope }: FrameOf<'APPEND'>): Promise<void> {
  const { ports, authority, mayRead } = parts
  if (!mayRead(topic, connection)) return connection.out.send(refusal(ref, 'unknown-topic'))
  const verdict = await checkEnvelope({ suite: ports.suite, authority, topic, bytes: envelope, chain: chainsOf(parts, topic) })
  if (!verdict.ok) return refuse(parts, connection, { ref, topic, envelope, verdict })
  // What no entry and no further envelope of its chain can make stand is not kept; an admin's AdmitLate lets it in.
  if (verdict.value.standing === 'void' && verdict.value.awaits.length === 0) return connection.out.send(refusal(ref, 'void'))
  await store(parts, connection, { ref, topic, envelope, checked: verdict.value })
}

function chainsOf({ ports, branches, ends }: ContentParts, topic: TopicId): ChainIndex {
  return {
    beside: (device, seq) => branches.beside(topic, device, seq),
    at: async (device: DeviceId, seq: number) => {
      const end = ends.at(topic, device, seq)
      if (end !== 'unknown') return end
      const row = await ports.log.chainAt(topic, device, seq)
      return row && { id: row.id, pos: positionOf(row) }
    },
  }
}

async function takeBase(parts: ContentParts, connection: Connection, { ref, topic, prev, envelope }: FrameOf<'BASE'>): Promise<void> {
  const { ports, authority, compaction, mayRead } = parts
  if (!mayRead(topic, connection)) return connection.out.send(refusal(ref, 'unknown-topic'))
  const chains = chainsOf(parts, topic)
  const form = decodeEnvelope(envelope)
  const before = form.ok ? form.value.header.seq - 1 : 0
  // Whoever sends it says what came before. The id follows from that, and others must have named it.
  const stated = { id: prev as EnvelopeId, pos: 0 }
  const at: ChainIndex['at'] = async (device, seq) => (await chains.at(device, seq)) ?? (seq === before ? stated : null)
  const verdict = await checkEnvelope({ suite: ports.suite, authority, topic, bytes: envelope, chain: { ...chains, at } })
  if (!verdict.ok) return refuse(parts, connection, { ref, topic, envelope, verdict })
  if (verdict.value.standing === 'void' && verdict.value.awaits.length === 0) return connection.out.send(refusal(ref, 'void'))
  const { device, id, header } = verdict.value
  const pack = await compaction.packEndingIn(topic, { device, seq: header.seq, id })
  if (pack === null) return connection.out.send(refusal(ref, 'no-pack'))
  await store(parts, connection, { ref, topic, envelope, checked: verdict.value, pack })
}

interface Upload {
  readonly ref: number
  readonly topic: TopicId
  readonly envelope: Bytes
}

async function store(
  parts: ContentParts,
  connection: Connection,
  upload: Upload & { checked: CheckedEnvelope; pack?: EnvelopeId },
): Promise<void> {
  const { ports, hub, quota, erasures, ends } = parts
  const { ref, topic, checked, pack } = upload
  const { device, id, header, standing } = checked
  const target = header.kind === envelopeKinds.erase && standing === 'stands' ? splitErase(checked.ct)?.target : null
  const envelope = await erasures.formOf(topic, id, upload.envelope)
  if (!(await quota.reserve(device, envelope.length))) {
    ports.audit?.('quota-exceeded', { actor: device })
    return connection.out.send(refusal(ref, 'quota-exceeded'))
  }
  const startedMs = ports.clock.now()
  if (target) await erasures.note(topic, target, { prev: checked.prev, bytes: envelope })
  const row = { topic, id, device, deviceSeq: header.seq, bytes: envelope }
  const appended = await (pack ? ports.log.adopt(row, pack) : ports.log.append(row)).catch((thrown: unknown) => {
    quota.settle(device, envelope.length, false)
    throw thrown
  })
  quota.settle(device, envelope.length, appended.ok && !appended.known)
  if (!appended.ok) return refuseAppend(parts, connection, { ref, topic, device, reason: appended.reason })
  if (target) await erasures.settle(topic, target)
  connection.out.send({ type: 'ACK', ref, relaySeq: appended.relaySeq })
  ports.meter?.observe('ack_seconds', Math.max(0, ports.clock.now() - startedMs) / 1000)
  // Of what the database knows better, memory is not asked again.
  if (appended.known) return ends.forget(topic)
  ports.meter?.count('appends')
  const encoded = encodeFrame({ type: 'ENTRY', topic, relaySeq: appended.relaySeq, envelope })
  hub.fanOut(topic, connection, (other) => other.out.entry(topic, appended.relaySeq, encoded))
  // Without it the next one asks the database again.
  await noteEnd(parts, topic, checked).catch(() => undefined)
}

/** What fills a hole is not the end: unless it goes on from the end that is known, the database says where that is. */
async function noteEnd({ ports, ends }: ContentParts, topic: TopicId, { device, header, id }: CheckedEnvelope): Promise<void> {
  if (ends.at(topic, device, header.seq) === null) return ends.moved(topic, device, { seq: header.seq, id, pos: header.pos })
  const end = await ports.log.chainHead(topic, device)
  if (end) ends.moved(topic, device, { seq: end.deviceSeq, id: end.id, pos: positionOf(end) })
}

async function refuseAppend(
  { ports }: ContentParts,
  connection: Connection,
  { ref, topic, device, reason }: { ref: number; topic: TopicId; device: DeviceId; reason: 'fork' | 'chain' },
): Promise<void> {
  // Its place is one that a pack stands for, or another append was faster: the end of the chain says where to go on.
  const end = reason === 'chain' ? await ports.log.chainHead(topic, device) : null
  if (end) connection.out.send({ type: 'GAP', topic, device, have: end.deviceSeq })
  connection.out.send(refusal(ref, reason === 'fork' ? 'fork' : 'gap'))
}

async function refuse(parts: ContentParts, connection: Connection, upload: Upload & { verdict: EnvelopeRefusal }): Promise<void> {
  const { ports } = parts
  const { ref, topic, verdict } = upload
  const { reason, at } = verdict
  if (reason === 'known' && at) {
    const row = await ports.log.chainAt(topic, at.device, at.seq)
    if (row) return connection.out.send({ type: 'ACK', ref, relaySeq: row.relaySeq })
  }
  if (reason === 'gap' && at) {
    const end = await ports.log.chainHead(topic, at.device)
    connection.out.send({ type: 'GAP', topic, device: at.device, have: end?.deviceSeq ?? 0 })
  }
  if (verdict.branch) return keepBranch(parts, connection, { ...upload, branch: verdict.branch })
  connection.out.send(refusal(ref, reason))
}

/** Both branches are evidence against the device: all readers are given both, and each decides by the same rule. */
async function keepBranch(parts: ContentParts, connection: Connection, upload: Upload & { branch: CheckedEnvelope }): Promise<void> {
  const { ports, hub, quota, branches, erasures } = parts
  const { ref, topic, branch } = upload
  const envelope = await erasures.formOf(topic, branch.id, upload.envelope)
  // A witness without a ref waits for no answer.
  const answer = (code: string): void => (ref === 0 ? undefined : connection.out.send(refusal(ref, code)))
  if (!(await quota.reserve(branch.device, envelope.length))) return answer('quota-exceeded')
  let frame: Bytes | null | 'full' = null
  try {
    frame = await branches.keep(topic, branch, envelope)
  } finally {
    quota.settle(branch.device, envelope.length, frame !== null && frame !== 'full')
  }
  if (frame === 'full') return answer('fork-full')
  answer('fork')
  if (frame === null) return
  ports.note?.('fork')
  ports.audit?.('fork', { actor: branch.device })
  const told = frame
  hub.fanOut(topic, connection, (other) => other.out.fleeting(told))
}

/** @throws RangeError for a row that this relay would never have stored */
function positionOf(row: RelayRow): number {
  const form = decodeEnvelope(row.bytes)
  if (!form.ok) throw new RangeError(`a stored envelope is ${form.reason}`)
  return form.value.header.pos
}

async function relayEphemeral(parts: ContentParts, connection: Connection, { topic, envelope }: FrameOf<'EPH'>): Promise<void> {
  const { ports, authority, hub, mayRead } = parts
  const newestPos = authority.foldOf(topic)?.head()?.pos
  if (newestPos === undefined || !mayRead(topic, connection)) return
  const verdict = await checkEphemeral({ suite: ports.suite, authority, topic, bytes: envelope, newestPos })
  if (!verdict.ok || verdict.value.device !== connection.device) return
  const encoded = encodeFrame({ type: 'EPH', topic, envelope })
  hub.fanOut(topic, connection, (other) => other.out.fleeting(encoded))
}

async function* readBulk(
  { ports, branches, leftHeads, compaction, mayRead }: ContentParts,
  reader: Reader,
  cursors: readonly TopicCursor[],
): AsyncGenerator<Bytes> {
  for (const cursor of cursors) {
    const { topic } = cursor
    if (!mayRead(topic, reader)) {
      yield encodeFrame(refusal(0, 'unknown-topic', topic))
      continue
    }
    const known = await isKnown(ports, cursor)
    if (!known) yield encodeFrame({ type: 'RESET', topic })
    let at = known ? cursor.relaySeq : 0
    // First: with these, envelopes behind them can be checked.
    yield* leftHeads.frames(topic)
    for await (const pack of compaction.packsAfter(topic, at)) if (mayRead(topic, reader)) yield pack
    for (;;) {
      // A removal in the middle of a long answer ends it.
      const rows = mayRead(topic, reader) ? await ports.log.read(topic, at, pageRows) : []
      for (const row of rows) yield encodeFrame({ type: 'ENTRY', topic, relaySeq: row.relaySeq, envelope: row.bytes })
      at = rows.at(-1)?.relaySeq ?? at
      if (rows.length < pageRows) break
    }
    yield* await branches.frames(topic)
    yield encodeFrame({ type: 'HEAD', topic, relaySeq: at })
  }
}
