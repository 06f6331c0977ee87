/** Gives a relay what it lacks: any member's envelopes, in the order of their chains. */
import type { DeviceId, EnvelopeId, TopicId, View } from '@poruch/base'
import type { Compact } from '../compaction/pack.ts'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import { prevToHex } from '../frame/prev.ts'
import { foreignUploadDelayMs, linkRetryMs, maxAppendsInFlight, maxLinkBufferedBytes, refusedRetryMs } from '../limits.ts'
import type { FrameLink, Head, LogRow } from '../ports.ts'
import type { RelayBook } from './book.ts'
import { makeRefusals } from './refusals.ts'
import type { ChainRefusal, Refusals } from './refusals.ts'

export interface Uploads {
  readonly refusals: View<readonly ChainRefusal[]>
  /** The topic was read to its end: whatever is missing there is sent. */
  offer(topic: TopicId): void
  /** The topic's log has grown: the own is sent at once, what others wrote a little later, unless it comes from the relay meanwhile. */
  offerNews(topic: TopicId): void
  /** Sends what can be sent. */
  pump(): void
  /** True when the ref is of an upload. */
  onAck(ref: number, relaySeq: number): boolean
  onRefuse(ref: number, code: string): boolean
  /** The relay names what it holds of a chain. */
  onGap(topic: TopicId, device: DeviceId, have: number): void
  /** A chain may be another branch than the one that was sent, after `have`. */
  branch(topic: TopicId, device: DeviceId, have: number): void
  /** Nothing is known of what the relay holds. */
  restart(topic: TopicId): void
  /** What was refused is offered again. */
  forgetRefusals(): void
}

export interface UploadOptions {
  readonly host: SessionHost
  readonly book: RelayBook
  readonly link: FrameLink
  nextRef(): number
  /** Gives the relay a pack that it may lack: as `offerPack` of the session. */
  offerPack(topic: TopicId, pack: Compact): Promise<string>
  onAcked(acked: { readonly topic: TopicId; readonly relaySeq: number; readonly id: EnvelopeId }): void
}

interface InFlight {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
  /** Its chain begins again with it: the relay has lost what packs stand for. */
  readonly isBase: boolean
  /** Sent before its chain was refused: its answer says nothing new. */
  isStale: boolean
}

interface Parts extends UploadOptions {
  /** Topics to be looked through, for chains of everyone or the own alone. */
  readonly offered: Map<TopicId, 'all' | 'own'>
  /** How far each chain was sent, by topic and device. */
  readonly sent: Map<TopicId, Map<DeviceId, number>>
  readonly inFlight: Map<number, InFlight>
  readonly delayed: Set<TopicId>
  /** Topics of which the relay was given the packs. */
  readonly packsGiven: Set<TopicId>
  readonly refusals: Refusals
  readonly pump: () => void
  /** Runs and pumps later, unless the link has closed meanwhile. */
  readonly later: (delayMs: number, run: () => void) => void
}

export function makeUploads(options: UploadOptions): Uploads {
  const { clock, log } = options.host.core
  let isRunning = false
  let isAgain = false
  let isEnded = false
  options.link.onClose(() => {
    isEnded = true
  })
  const later: Parts['later'] = (delayMs, run) => {
    clock.after(delayMs, () => {
      if (isEnded) return
      run()
      pump()
    })
  }
  const run = async (): Promise<void> => {
    try {
      while (isAgain && !isEnded) {
        isAgain = false
        await sendAll(parts)
      }
    } catch (thrown) {
      log('upload-failed', { error: String(thrown) })
      later(refusedRetryMs, () => {})
    }
    isRunning = false
  }
  const pump = (): void => {
    isAgain = true
    if (isRunning) return
    isRunning = true
    void run()
  }
  const collections = {
    offered: new Map(),
    sent: new Map(),
    inFlight: new Map(),
    delayed: new Set<TopicId>(),
    packsGiven: new Set<TopicId>(),
  }
  const parts: Parts = { ...options, ...collections, refusals: makeRefusals(), pump, later }
  return actionsOf(parts)
}

function actionsOf(parts: Parts): Uploads {
  const { offered, inFlight, refusals, book, pump } = parts
  return {
    pump,
    refusals: refusals.listed,
    offer: (topic) => offer(parts, topic, 'all'),
    offerNews: (topic) => {
      offer(parts, topic, 'own')
      if (parts.delayed.has(topic)) return
      parts.delayed.add(topic)
      // Spread out, so that the first upload spares the others theirs.
      const [chance = 0] = parts.host.core.random.bytes(1)
      parts.later(foreignUploadDelayMs * (1 + chance / 128), () => {
        parts.delayed.delete(topic)
        offered.set(topic, 'all')
      })
    },
    onAck: (ref, relaySeq) => {
      const row = inFlight.get(ref)
      if (!row) return false
      inFlight.delete(ref)
      refusals.forget(row.topic, row.device)
      book.raise(row.topic, row.device, row.seq)
      parts.onAcked({ topic: row.topic, relaySeq, id: row.id })
      if (row.isBase) offered.set(row.topic, 'all')
      pump()
      return true
    },
    onRefuse: (ref, code) => {
      const row = inFlight.get(ref)
      if (!row) return false
      inFlight.delete(ref)
      // Kept beside its order, and given to whoever reads: it has it.
      if (code === 'fork') book.raise(row.topic, row.device, row.seq)
      else if (!row.isStale) refuse(parts, row, code)
      pump()
      return true
    },
    onGap: (topic, device, have) => {
      if (!book.placeOf(topic) || refusals.explains(topic, device, have) || isOnItsWay(parts, topic, device, have + 1)) return
      book.lower(topic, device, have)
      refusals.forget(topic, device)
      stepBack(parts, topic, device, have)
      pump()
    },
    branch: (topic, device, have) => {
      if (!book.placeOf(topic)) return
      book.lower(topic, device, Math.min(have, book.placeOf(topic)?.holds.get(device) ?? 0))
      refusals.forget(topic, device)
      stepBack(parts, topic, device, have)
      pump()
    },
    restart: (topic) => {
      parts.sent.delete(topic)
      parts.packsGiven.delete(topic)
      for (const row of inFlight.values()) if (row.topic === topic) row.isStale = true
    },
    forgetRefusals: () => {
      for (const topic of refusals.forgetAll()) offered.set(topic, 'all')
      pump()
    },
  }
}

function offer({ offered, pump }: Parts, topic: TopicId, whose: 'all' | 'own'): void {
  if (offered.get(topic) !== 'all') offered.set(topic, whose)
  pump()
}

function refuse(parts: Parts, row: InFlight, code: string): void {
  const { topic, device, seq } = row
  const answer = parts.refusals.add({ topic, device, seq, code })
  if (answer.kind === 'rewind') parts.book.lower(topic, device, 0)
  else parts.host.core.log('upload-refused', { topic, device, seq, code })
  stepBack(parts, topic, device, answer.kind === 'rewind' || row.isBase ? 0 : seq - 1)
  if (code === 'head-differs')
    tellContext(parts, row).catch((thrown: unknown) => parts.host.core.log('context-not-sent', { error: String(thrown) }))
  if (answer.kind !== 'rest') return
  parts.later(answer.delayMs, () => {
    parts.refusals.wake(topic, device)
    parts.offered.set(topic, 'all')
  })
}

/** The relay does not know a stretch of the log that owners have left: it learns of the entry, and is asked again later. */
async function tellContext({ host, link }: Parts, { topic, device, seq }: InFlight): Promise<void> {
  const frame = await host.topicOf(topic).contextOf(device, seq)
  if (frame) link.send(encodeFrame(frame))
}

function isOnItsWay({ inFlight }: Parts, topic: TopicId, device: DeviceId, seq: number): boolean {
  return [...inFlight.values()].some((row) => row.topic === topic && row.device === device && row.seq === seq && !row.isStale)
}

/** The chain goes on after `to`; what is on its way of it counts no more. */
function stepBack({ sent, inFlight, offered }: Parts, topic: TopicId, device: DeviceId, to: number): void {
  sentOf(sent, topic).set(device, to)
  for (const row of inFlight.values()) if (row.topic === topic && row.device === device) row.isStale = true
  offered.set(topic, 'all')
}

function sentOf(sent: Parts['sent'], topic: TopicId): Map<DeviceId, number> {
  const devices = sent.get(topic) ?? new Map<DeviceId, number>()
  sent.set(topic, devices)
  return devices
}

async function sendAll(parts: Parts): Promise<void> {
  const { offered, book, host } = parts
  for (const [topic, whose] of offered) {
    const place = book.placeOf(topic)
    // While entries come in, what the relay holds is not known well enough.
    if (!place || place.busy > 0) continue
    offered.delete(topic)
    const heads = await host.topicOf(topic).heads()
    for (const head of heads) {
      if (whose === 'own' && head.device !== host.core.signer.device) continue
      if (await sendChain(parts, topic, head)) continue
      offered.set(topic, whose)
      return
    }
  }
}

/** False when the link or the window is full. */
async function sendChain(parts: Parts, topic: TopicId, head: Head): Promise<boolean> {
  const { book, refusals, host } = parts
  const sent = sentOf(parts.sent, topic)
  // What follows a base is sent once the relay has that.
  while (!refusals.isStopped(topic, head.device) && !isBaseOnItsWay(parts, topic, head.device)) {
    const from = Math.max(book.placeOf(topic)?.holds.get(head.device) ?? 0, sent.get(head.device) ?? 0) + 1
    const rows = from > head.seq ? [] : await host.topicOf(topic).stored(head.device, from, maxAppendsInFlight)
    if (rows.length === 0) return from > head.seq || sendBase(parts, topic, { device: head.device, from })
    for (const row of rows) if (!sendRow(parts, topic, row)) return false
  }
  return true
}

function isBaseOnItsWay({ inFlight }: Parts, topic: TopicId, device: DeviceId): boolean {
  return [...inFlight.values()].some((row) => row.isBase && row.topic === topic && row.device === device && !row.isStale)
}

/** The relay lacks what is only in packs here: it is given these, then the envelope that goes on behind them. */
async function sendBase(parts: Parts, topic: TopicId, { device, from }: { device: DeviceId; from: number }): Promise<boolean> {
  const { host, packsGiven } = parts
  const base = await host.topicOf(topic).baseOf(device, from)
  if (!base) return true
  if (!packsGiven.has(topic)) {
    packsGiven.add(topic)
    for (const pack of await host.topicOf(topic).packs()) {
      const outcome = await parts.offerPack(topic, pack)
      if (outcome === 'stored') continue
      host.core.log('pack-not-given', { topic, outcome })
      // Where its order has another one there, asking again gives the same answer.
      if (outcome !== 'stale-prev') packsGiven.delete(topic)
    }
  }
  return sendRow(parts, topic, base, true)
}

// oxlint-disable-next-line max-params -- one frame and how it is sent
function sendRow(parts: Parts, topic: TopicId, row: LogRow, isBase = false): boolean {
  const { link, inFlight } = parts
  if (inFlight.size >= maxAppendsInFlight) return false
  const ref = parts.nextRef()
  const isFull = link.bufferedBytes() > maxLinkBufferedBytes
  const upload = { ref, topic, envelope: row.bytes }
  const frame = isBase ? ({ type: 'BASE', prev: prevToHex(row.prev), ...upload } as const) : ({ type: 'APPEND', ...upload } as const)
  if (isFull || !link.send(encodeFrame(frame))) {
    parts.later(linkRetryMs, () => {})
    return false
  }
  inFlight.set(ref, { topic, device: row.device, seq: row.seq, id: row.id, isBase, isStale: false })
  sentOf(parts.sent, topic).set(row.device, row.seq)
  return true
}
