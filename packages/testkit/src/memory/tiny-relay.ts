/** The least that a relay is: an order per topic, checked by the relay's own copy of membership; no disk, no sockets. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { SyncError } from '@poruch/sync'
import type { BulkReader, EnvelopeAuthority, FrameLink } from '@poruch/sync'
import { checkEnvelope, decodeFrame, decodeSyncRequest, encodeFrame } from '@poruch/sync/wire'
import type { ChainIndex, FrameOf, TopicCursor } from '@poruch/sync/wire'
import { makeLinkPair } from './frame-link.ts'
import type { LinkPair } from './frame-link.ts'

export interface TinyRow {
  readonly id: EnvelopeId
  readonly device: DeviceId
  readonly seq: number
  readonly pos: number
  readonly bytes: Bytes
}

export interface TinyRelay {
  /** One device's session: hand `pair.left` and `bulk` to `attachRelay`. */
  connect(): { readonly pair: LinkPair; readonly bulk: BulkReader }
  rows(topic: TopicId): readonly TinyRow[]
  /** Every APPEND that came in, by its code; `stored` and `known` are acknowledged. */
  readonly answers: string[]
  /** Loses everything, as a relay without a backup does, and its sessions with it. */
  forget(): void
  /** Bulk reading fails with `offline` while this is set. */
  setOffline(isOffline: boolean): void
  /** Fan-out skips the next `count` entries: they must be fetched. */
  dropNext(count: number): void
  /** Bulk requests so far. */
  bulkCount(): number
}

export function makeTinyRelay(suite: VerifySuite, authority: EnvelopeAuthority): TinyRelay {
  const topics = new Map<TopicId, TinyRow[]>()
  const sessions = new Map<FrameLink, Set<TopicId>>()
  const answers: string[] = []
  let isOffline = false
  let toDrop = 0
  let bulks = 0
  let queue: Promise<void> = Promise.resolve()
  const rowsOf = (topic: TopicId): TinyRow[] => {
    const rows = topics.get(topic) ?? []
    topics.set(topic, rows)
    return rows
  }
  const forks = new Map<TopicId, TinyRow[]>()
  const besideOf = (topic: TopicId): TinyRow[] => {
    const rows = forks.get(topic) ?? []
    forks.set(topic, rows)
    return rows
  }
  const append = async (link: FrameLink, frame: Pick<FrameOf<'APPEND'>, 'topic' | 'envelope' | 'ref'>): Promise<void> => {
    const { topic, envelope, ref } = frame
    const rows = rowsOf(topic)
    const beside = besideOf(topic)
    const chain: ChainIndex = {
      beside: (device, seq) => beside.filter((row) => row.device === device && row.seq === seq),
      at: async (device, seq) => Promise.resolve(rows.find((row) => row.device === device && row.seq === seq) ?? null),
    }
    const verdict = await checkEnvelope({ suite, authority, topic, bytes: envelope, chain })
    const ack = (relaySeq: number, answer: string): void => {
      answers.push(answer)
      link.send(encodeFrame({ type: 'ACK', ref, relaySeq }))
    }
    const refuse = (code: string): void => {
      answers.push(code)
      link.send(encodeFrame({ type: 'REFUSE', ref, code, detail: '' }))
    }
    if (!verdict.ok && verdict.branch) {
      const { id, device, header, prev, head, epoch } = verdict.branch
      const frame = encodeFrame({ type: 'CTX', topic, prev: prev ?? '00'.repeat(32), head, epoch, envelope })
      if (!beside.some((row) => row.id === id)) {
        beside.push({ id, device, seq: header.seq, pos: header.pos, bytes: frame })
        for (const [other, subscribed] of sessions) if (other !== link && subscribed.has(topic)) other.send(frame)
      }
      return refuse('fork')
    }
    if (!verdict.ok) {
      const index = rows.findIndex((row) => row.id === verdict.at?.id)
      return verdict.reason === 'known' ? ack(index + 1, 'known') : refuse(verdict.reason === 'gap' ? 'chain' : verdict.reason)
    }
    const { id, device, header, standing, awaits } = verdict.value
    if (standing === 'void' && awaits.length === 0) return refuse('void')
    const relaySeq = rows.push({ id, device, seq: header.seq, pos: header.pos, bytes: envelope })
    ack(relaySeq, 'stored')
    if (toDrop > 0) return void toDrop--
    const entry = encodeFrame({ type: 'ENTRY', topic, relaySeq, envelope })
    for (const [other, subscribed] of sessions) if (other !== link && subscribed.has(topic)) other.send(entry)
  }
  const isBefore = (cursor: TopicCursor): boolean =>
    cursor.relaySeq === 0 || rowsOf(cursor.topic)[cursor.relaySeq - 1]?.id.slice(0, 8) === cursor.idPrefix
  const onFrame = (link: FrameLink, bytes: Bytes): void => {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return
    const { value } = frame
    if (value.type === 'APPEND') queue = queue.then(async () => append(link, value))
    else if (value.type === 'CTX') queue = queue.then(async () => append(link, { ...value, ref: 0 }))
    else if (value.type === 'EPH') {
      for (const [other, subscribed] of sessions) if (other !== link && subscribed.has(value.topic)) other.send(bytes)
    } else if (value.type === 'SUB') {
      for (const cursor of value.topics) {
        sessions.get(link)?.add(cursor.topic)
        if (!isBefore(cursor)) link.send(encodeFrame({ type: 'RESET', topic: cursor.topic }))
        else link.send(encodeFrame({ type: 'HEAD', topic: cursor.topic, relaySeq: rowsOf(cursor.topic).length }))
      }
    }
  }
  const bulk: BulkReader = {
    sync: async (request, take) => {
      await Promise.resolve()
      bulks++
      if (isOffline) throw new SyncError('offline', 'the relay is away')
      for (const cursor of decodeSyncRequest(request) ?? []) {
        const { topic } = cursor
        if (!isBefore(cursor)) await take(encodeFrame({ type: 'RESET', topic }))
        const rows = rowsOf(topic)
        for (let index = isBefore(cursor) ? cursor.relaySeq : 0; index < rows.length; index++) {
          const row = rows[index]
          if (row) await take(encodeFrame({ type: 'ENTRY', topic, relaySeq: index + 1, envelope: row.bytes }))
        }
        for (const fork of besideOf(topic)) await take(fork.bytes)
        await take(encodeFrame({ type: 'HEAD', topic, relaySeq: rows.length }))
      }
    },
  }
  return {
    answers,
    rows: rowsOf,
    connect: () => {
      const pair = makeLinkPair()
      sessions.set(pair.right, new Set())
      pair.right.onFrame((bytes) => onFrame(pair.right, bytes))
      pair.right.onClose(() => sessions.delete(pair.right))
      return { pair, bulk }
    },
    forget: () => {
      topics.clear()
      forks.clear()
      for (const link of sessions.keys()) link.close('relay-gone')
    },
    setOffline: (next) => {
      isOffline = next
    },
    dropNext: (count) => {
      toDrop = count
    },
    bulkCount: () => bulks,
  }
}
