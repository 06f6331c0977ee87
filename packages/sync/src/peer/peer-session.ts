/** One session with a peer: compare, send what it lacks, take what it has, then both ways live. */
import { makeCell, makeEmitter } from '@poruch/base'
import type { Bytes, DeviceId, Emitter, TopicId, View } from '@poruch/base'
import { makeInbox } from '../engine/inbox.ts'
import type { Inbox } from '../engine/inbox.ts'
import { isControlFrame, logThrown, refuseFrame } from '../engine/session.ts'
import type { ControlFrame, ControlLine, HostedSession, SessionHost } from '../engine/session.ts'
import { decodeFrame, encodeFrame } from '../frame/codec.ts'
import { prevFromHex } from '../frame/prev.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { linkRetryMs, maxTopicsInFrame, refusedRetryMs, vectorDelayMs } from '../limits.ts'
import type { FrameLink } from '../ports.ts'
import { makeBranches } from './branches.ts'
import type { Branches } from './branches.ts'
import { makePump } from './pump.ts'
import type { Pump } from './pump.ts'
import { digestOf, rootOf } from './vectors.ts'
import type { TopicDigest } from './vectors.ts'

export interface PeerOptions {
  readonly link: FrameLink
  /** Whether the peer may read the topic now; asked for every frame, both ways. */
  mayRead(topic: TopicId): boolean
  /** The topics of this device. */
  topics(): Iterable<TopicId>
}

export interface PeerSessionState {
  readonly closed: string | null
}

export interface PeerSession extends ControlLine {
  readonly state: View<PeerSessionState>
  /** Stored envelopes of topics that the peer may read, and is not known to hold. */
  behindBy(): number
  close(reason?: string): void
}

type PeerFrame = FrameOf<'ENTRY' | 'EPH' | 'ROOT' | 'DIGESTS' | 'VECTOR' | 'GAP' | 'PACK' | 'CTX' | 'CTXWANT' | 'PLACES'>

interface Parts {
  readonly host: SessionHost
  readonly options: PeerOptions
  readonly pump: Pump
  /** How many rows a vector that was sent counted, per topic. */
  readonly told: Map<TopicId, number>
  /** The last gap asked for, per chain. */
  readonly asked: Map<string, number>
  readonly timed: Set<TopicId>
  /** Topics whose digests differ. */
  readonly differing: Set<TopicId>
  readonly branches: Branches
  readonly control: Emitter<ControlFrame>
  isRootTimed: boolean
  readonly isEnded: () => boolean
}

export function openPeerSession(host: SessionHost, options: PeerOptions): PeerSession & HostedSession {
  const { link } = options
  const { log } = host.core
  const state = makeCell<PeerSessionState>({ closed: null })
  const control = makeEmitter<ControlFrame>(logThrown(host))
  let lastRef = 0
  let incoming = 0
  const isEnded = (): boolean => state.read().closed !== null
  const pump = makePump({ host, link, mayRead: options.mayRead, isQuiet: () => incoming === 0 })
  const parts: Parts = {
    host,
    options,
    pump,
    control,
    told: new Map(),
    asked: new Map(),
    timed: new Set(),
    differing: new Set(),
    branches: makeBranches({ host, link, rewind: pump.rewind }),
    isRootTimed: false,
    isEnded,
  }
  const inbox = makeInbox<PeerFrame>(
    async (frame) => {
      incoming++
      try {
        await take(parts, frame)
      } finally {
        incoming--
        pump.run()
      }
    },
    (thrown) => log('frame-failed', { error: String(thrown) }),
  )
  const stopFrames = link.onFrame((bytes) => route(parts, inbox, bytes))
  const end = (reason: string): void => {
    if (isEnded()) return
    state.set({ closed: reason })
    host.leave(session)
    stopFrames()
    link.close(reason)
    host.noteDelivery(null)
  }
  const session: PeerSession & HostedSession = {
    state,
    nextRef: () => (lastRef = (lastRef % 0xffff_fffe) + 1),
    onControl: control.subscribe,
    sendControl: (frame) => link.send(encodeFrame(frame)),
    close: (reason = 'closed') => end(reason),
    end,
    isEnded,
    behindBy: () => behindBy(parts),
    holds: (topic, device, seq) => (pump.theirs(topic)?.get(device) ?? 0) >= seq,
    // A peer says so within a round trip, or not at all: nobody waits for it.
    firstRead: () => null,
    sendEphemeral: (topic, envelope) => {
      if (options.mayRead(topic)) link.send(encodeFrame({ type: 'EPH', topic, envelope }))
    },
    onMoved: (topic) => {
      if (!options.mayRead(topic)) return
      if (pump.theirs(topic)) pump.offer(topic)
      else if (!parts.told.has(topic)) tellLater(parts, topic, 0)
    },
    onForked: ({ topic }) => {
      if (options.mayRead(topic))
        parts.branches.tellEvidence(topic).catch((thrown: unknown) => log('evidence-not-sent', { error: String(thrown) }))
    },
    onAuthority: () => compareLater(parts),
    onDelivery: () => {},
  }
  link.onClose(end)
  compare(parts)
  return session
}

function behindBy({ host, options, pump }: Parts): number {
  let count = 0
  for (const topic of new Set(options.topics())) {
    if (!options.mayRead(topic)) continue
    const theirs = pump.theirs(topic)
    for (const { device, seq } of host.topicOf(topic).state.read().heads) count += Math.max(0, seq - (theirs?.get(device) ?? 0))
  }
  return count
}

function route(parts: Parts, inbox: Inbox<PeerFrame>, bytes: Bytes): void {
  const { link } = parts.options
  const decoded = decodeFrame(bytes)
  if (!decoded.ok) return refuseFrame(link, decoded.reason)
  const frame = decoded.value
  if (isControlFrame(frame)) return parts.control.emit(frame)
  switch (frame.type) {
    case 'ENTRY':
    case 'EPH':
    case 'ROOT':
    case 'DIGESTS':
    case 'VECTOR':
    case 'GAP':
    case 'PACK':
    case 'CTX':
    case 'CTXWANT':
    case 'PLACES':
      // What does not fit is pushed again once the peer hears what arrived.
      if (!inbox.push(frame) && frame.type === 'ENTRY') tellLater(parts, frame.topic, refusedRetryMs)
      return
    case 'SUB':
    case 'HEAD':
    case 'RESET':
    case 'APPEND':
    case 'COMPACT':
    case 'PACKWANT':
    case 'BASE':
      refuseFrame(link, 'wrong-way')
  }
}

/** Membership changes come in runs: they are compared once. */
function compareLater(parts: Parts): void {
  if (parts.isRootTimed) return
  parts.isRootTimed = true
  parts.host.core.clock.after(linkRetryMs, () => {
    parts.isRootTimed = false
    if (!parts.isEnded()) compare(parts)
  })
}

function compare(parts: Parts): void {
  sendRoot(parts).catch((thrown: unknown) => parts.host.core.log('root-not-sent', { error: String(thrown) }))
}

async function digests({ host, options }: Parts): Promise<TopicDigest[]> {
  const readable = [...new Set(options.topics())].filter((topic) => options.mayRead(topic))
  const result: TopicDigest[] = []
  for (const topic of readable) result.push({ topic, digest: await digestOf(host.core.suite, await host.topicOf(topic).heads()) })
  return result
}

async function sendRoot(parts: Parts): Promise<void> {
  const all = await digests(parts)
  for (const { topic } of all) await parts.branches.tellEvidence(topic)
  const root = await rootOf(parts.host.core.suite, all)
  if (!parts.isEnded()) parts.options.link.send(encodeFrame({ type: 'ROOT', root, topicCount: all.length }))
}

async function take(parts: Parts, frame: PeerFrame): Promise<void> {
  if (parts.isEnded()) return
  switch (frame.type) {
    case 'ROOT':
      return takeRoot(parts, frame)
    case 'DIGESTS':
      for (const each of frame.digests) await takeDigest(parts, each)
      return
    case 'EPH':
      return isAllowed(parts, frame.topic) ? parts.host.takeEphemeral(frame.topic, frame.envelope) : undefined
    case 'VECTOR':
      return isAllowed(parts, frame.topic) ? takeVector(parts, frame) : undefined
    case 'GAP':
      return isAllowed(parts, frame.topic) ? parts.pump.rewind(frame.topic, frame.device, frame.have) : undefined
    case 'ENTRY':
      return isAllowed(parts, frame.topic) ? takeEntry(parts, frame) : undefined
    case 'PACK':
      return isAllowed(parts, frame.topic) ? takePack(parts, frame) : undefined
    case 'CTX':
      return isAllowed(parts, frame.topic) ? takeEntry(parts, frame) : undefined
    case 'CTXWANT':
      return isAllowed(parts, frame.topic) ? parts.branches.tellContext(frame) : undefined
    case 'PLACES':
      return isAllowed(parts, frame.topic) ? parts.branches.take(frame) : undefined
  }
}

/** A frame of a topic that the peer may not read, or that is not of this device, is as if it had not come. */
function isAllowed({ host, options }: Parts, topic: TopicId): boolean {
  const topics = options.topics()
  const allowed = options.mayRead(topic) && (topics instanceof Set ? topics.has(topic) : [...topics].includes(topic))
  if (!allowed) host.core.log('peer-frame-ignored', { topic })
  return allowed
}

async function takeRoot(parts: Parts, frame: FrameOf<'ROOT'>): Promise<void> {
  const { host, options } = parts
  const all = await digests(parts)
  if ((await rootOf(host.core.suite, all)) === frame.root) {
    for (const { topic } of all) await takeEqual(parts, topic)
    return
  }
  for (let start = 0; start < all.length; start += maxTopicsInFrame) {
    options.link.send(encodeFrame({ type: 'DIGESTS', digests: all.slice(start, start + maxTopicsInFrame) }))
  }
}

async function takeEqual({ host, pump }: Parts, topic: TopicId): Promise<void> {
  const heads = await host.topicOf(topic).heads()
  pump.setTheirs(topic, new Map(heads.map((head) => [head.device, head.seq])))
  host.noteDelivery(topic)
}

async function takeDigest(parts: Parts, { topic, digest }: TopicDigest): Promise<void> {
  if (!isAllowed(parts, topic)) return
  const own = await digestOf(parts.host.core.suite, await parts.host.topicOf(topic).heads())
  if (own === digest) return takeEqual(parts, topic)
  parts.differing.add(topic)
  await tell(parts, topic)
}

/** Sends this device's vector of a topic: both an answer and an acknowledgement. */
async function tell({ host, options, told, isEnded }: Parts, topic: TopicId): Promise<void> {
  const heads = await host.topicOf(topic).heads()
  if (isEnded() || !options.mayRead(topic)) return
  told.set(topic, countOf(heads))
  options.link.send(encodeFrame({ type: 'VECTOR', topic, heads: heads.map(({ device, seq }) => ({ device, seq })) }))
}

function countOf(heads: readonly { readonly seq: number }[]): number {
  return heads.reduce((sum, head) => sum + head.seq, 0)
}

function tellLater(parts: Parts, topic: TopicId, delayMs: number): void {
  if (parts.timed.has(topic)) return
  parts.timed.add(topic)
  parts.host.core.clock.after(delayMs, () => {
    parts.timed.delete(topic)
    if (!parts.isEnded()) tell(parts, topic).catch((thrown: unknown) => parts.host.core.log('vector-not-sent', { error: String(thrown) }))
  })
}

async function takeVector(parts: Parts, { topic, heads }: FrameOf<'VECTOR'>): Promise<void> {
  const { host, pump, told } = parts
  const theirs = new Map(heads.map(({ device, seq }) => [device, seq]))
  const mine = await host.topicOf(topic).heads()
  const have = new Map<DeviceId, number>(mine.map(({ device, seq }) => [device, seq]))
  const lacksHere = [...theirs].some(([device, seq]) => seq > (have.get(device) ?? 0))
  pump.setTheirs(topic, theirs)
  host.noteDelivery(topic)
  // Told again only what is new, so that two peers never answer each other for ever.
  const isNews = told.get(topic) !== countOf(mine)
  const isEqual = !lacksHere && mine.every(({ device, seq }) => theirs.get(device) === seq)
  // The same numbers under another digest: a chain has another branch there.
  if (isEqual && parts.differing.delete(topic)) await parts.branches.askAll(topic, mine)
  if ((lacksHere || !told.has(topic)) && isNews) await tell(parts, topic)
}

async function takeEntry(parts: Parts, frame: FrameOf<'ENTRY'> | FrameOf<'CTX'>): Promise<void> {
  const { topic } = frame
  const { host, pump, asked, options } = parts
  const received =
    frame.type === 'CTX' ? await host.topicOf(topic).receiveContext(frame) : await host.topicOf(topic).receive(frame.envelope, 'peer')
  if (received.kind === 'stored' || received.kind === 'known') {
    pump.raise(topic, received.device, received.seq)
    host.noteDelivery(topic)
    tellLater(parts, topic, vectorDelayMs)
  } else if (received.kind === 'fork') tellLater(parts, topic, vectorDelayMs)
  else if (received.kind === 'refused' && received.reason === 'prev-differs' && received.at)
    await parts.branches.ask(topic, received.at.device)
  else if (received.kind === 'refused' && received.reason === 'head-differs' && received.at)
    parts.branches.askContext(topic, received.at.device, received.at.seq)
  else if (received.kind === 'dropped') tellLater(parts, topic, refusedRetryMs)
  else if (received.kind === 'waiting' && received.gap) {
    const { device, have } = received.gap
    if (asked.get(`${topic} ${device}`) === have) return
    asked.set(`${topic} ${device}`, have)
    options.link.send(encodeFrame({ type: 'GAP', topic, device, have }))
  }
}

/** Whatever comes of it, the peer is told what is held here: it sends on from there. */
async function takePack(parts: Parts, { topic, prev, envelope }: FrameOf<'PACK'>): Promise<void> {
  const { host, pump } = parts
  const received = await host.topicOf(topic).takePack({ prev: prevFromHex(prev), bytes: envelope })
  if (received.kind !== 'kept') return
  for (const { device, seq } of received.ends) pump.raise(topic, device, seq)
  host.notePack(topic, received.id)
  host.noteDelivery(topic)
  tellLater(parts, topic, vectorDelayMs)
}
