/** One session with a relay: reads its order, gives it what it lacks, carries what is not sync's. */
import { makeCell, makeEmitter, parseId } from '@poruch/base'
import type { Bytes, Cell, Emitter, EnvelopeId, TopicId, View } from '@poruch/base'
import { makeInbox } from '../engine/inbox.ts'
import type { Inbox } from '../engine/inbox.ts'
import { isControlFrame, logThrown, refuseFrame } from '../engine/session.ts'
import type { ControlFrame, ControlLine, HostedSession, SessionHost } from '../engine/session.ts'
import type { Compact } from '../compaction/pack.ts'
import type { ForkPlace } from '../engine/topic.ts'
import { hintOf } from '../envelope/header.ts'
import { decodeFrame, encodeFrame } from '../frame/codec.ts'
import type { Frame, FrameOf } from '../frame/layouts.ts'
import { lateEntryMs, maxTopicsInFrame } from '../limits.ts'
import type { BulkReader, FrameLink } from '../ports.ts'
import type { RelayBook } from './book.ts'
import { makeCatchUp } from './catch-up.ts'
import type { CatchUp } from './catch-up.ts'
import { makeRelayPacks } from './relay-packs.ts'
import type { RelayPacks } from './relay-packs.ts'
import { makeUnsent } from './unsent.ts'
import type { Unsent } from './unsent.ts'
import { makeUploads } from './uploads.ts'
import { makeEntries } from './entries.ts'
import type { Entries } from './entries.ts'
import type { ChainRefusal } from './refusals.ts'
import type { UploadOptions, Uploads } from './uploads.ts'

export interface RelayOptions {
  /** Names the relay in the store's cursors: its key or address, the same over restarts. */
  readonly relay: string
  readonly link: FrameLink
  readonly bulk: BulkReader
  /** The topics to be kept in step; asked again on `authorityChanged`. */
  topics(): Iterable<TopicId>
}

export interface RelaySessionState {
  /** Every topic has been read to the end that the relay named. */
  readonly isCaughtUp: boolean
  /** Why catching up fails at the moment: a code of BulkReader or LogStore. */
  readonly fault: string | null
  /** Chains that the relay refuses for good; tried again when membership changes. */
  readonly refusals: readonly ChainRefusal[]
  readonly closed: string | null
}

export interface RelaySession extends ControlLine {
  readonly state: View<RelaySessionState>
  /** This device's envelopes that the relay has not acknowledged. */
  readonly unsent: View<number>
  addTopics(topics: Iterable<TopicId>): void
  /** Gives the relay a pack: `stored` once that is durable, else the code of its refusal, or `offline`. */
  offerPack(topic: TopicId, pack: Compact): Promise<string>
  /** Asks for the packs of a topic after one of them. */
  wantPacks(topic: TopicId, after: EnvelopeId | null): void
  /** Closes the link, too. Resolves when the cursors are on disk. */
  close(reason?: string): Promise<void>
}

/** What is judged in order. */
type LiveFrame = FrameOf<'ENTRY' | 'EPH' | 'PACK' | 'CTX'>

interface Parts {
  readonly host: SessionHost
  readonly book: RelayBook
  readonly link: FrameLink
  readonly uploads: Uploads
  readonly catchUp: CatchUp
  readonly entries: Entries
  readonly packs: RelayPacks
  readonly topics: Set<TopicId>
  readonly subscribed: Set<TopicId>
  readonly unread: Set<TopicId>
  /** Topics that the relay would not give. */
  readonly absent: Set<TopicId>
  readonly control: Emitter<ControlFrame>
  /** Some topics were read to their end, or are not to be had. */
  readonly reads: Emitter<void>
  readonly state: Cell<RelaySessionState>
  readonly unsent: Unsent
  readonly abort: AbortController
  readonly nextRef: () => number
}

export function openRelaySession(host: SessionHost, book: RelayBook, options: RelayOptions): RelaySession & HostedSession {
  const { link } = options
  book.begin()
  const parts = partsOf(host, book, options)
  const { state, control, uploads, catchUp, unsent } = parts
  const inbox = makeInbox<LiveFrame>(
    async (frame) => takeLive(parts, frame),
    (thrown) => host.core.log('frame-failed', { error: String(thrown) }),
  )
  const stopFrames = link.onFrame((bytes) => route(parts, inbox, bytes))
  const end = (reason: string): void => {
    if (state.read().closed !== null) return
    parts.abort.abort()
    book.end()
    setState(parts, { closed: reason, isCaughtUp: false })
    host.leave(session)
    stopFrames()
    link.close(reason)
  }
  const session: RelaySession & HostedSession = {
    state,
    unsent: unsent.count,
    addTopics: (topics) => addTopics(parts, topics),
    offerPack: parts.packs.offer,
    wantPacks: parts.packs.want,
    nextRef: parts.nextRef,
    onControl: control.subscribe,
    sendControl: (frame) => link.send(encodeFrame(frame)),
    close: async (reason = 'closed') => {
      end(reason)
      await book.save()
    },
    end,
    isEnded: () => state.read().closed !== null,
    holds: (topic, device, seq) => (book.placeOf(topic)?.holds.get(device) ?? 0) >= seq,
    firstRead: (topic) => (parts.unread.has(topic) ? wasRead(parts, topic) : null),
    sendEphemeral: (topic, envelope) => void link.send(encodeFrame({ type: 'EPH', topic, envelope })),
    onMoved: (topic) => {
      if (!parts.topics.has(topic)) return
      unsent.recount(topic)
      uploads.offerNews(topic)
    },
    onForked: (fork) => {
      tellFork(parts, fork).catch((thrown: unknown) => host.core.log('evidence-not-sent', { error: String(thrown) }))
    },
    onAuthority: () => {
      addTopics(parts, options.topics())
      uploads.forgetRefusals()
      parts.packs.retry()
      catchUp.want(parts.absent)
    },
    onDelivery: (topic) => {
      if (topic !== null && parts.topics.has(topic)) unsent.recount(topic)
    },
  }
  link.onClose(end)
  addTopics(parts, options.topics())
  if (parts.topics.size === 0) setState(parts, { isCaughtUp: true })
  return session
}

function partsOf(host: SessionHost, book: RelayBook, options: RelayOptions): Parts {
  const { link, bulk } = options
  const abort = new AbortController()
  let lastRef = 0
  const nextRef = (): number => (lastRef = (lastRef % 0xffff_fffe) + 1)
  const packs = makeRelayPacks({ host, link, nextRef, onHolds: book.raise, onStandsFor: book.cover })
  const uploads = makeUploads({ host, book, link, nextRef, offerPack: packs.offer, onAcked: (acked) => noteAck(parts, acked) })
  uploads.refusals.subscribe(() => setState(parts, { refusals: uploads.refusals.read() }))
  const catchUp = makeCatchUp({
    core: host.core,
    book,
    bulk,
    signal: abort.signal,
    takeEntry: async (topic, relaySeq, envelope) => parts.entries.take(topic, relaySeq, envelope),
    takePack: async (frame) => packs.take(frame),
    takeContext: async (frame) => takeContext(parts, frame),
    takeReset: (topic) => takeReset(parts, topic),
    onRead: (topics) => onRead(parts, topics),
    onAbsent: (topics) => onAbsent(parts, topics),
    onFault: (fault) => setState(parts, { fault }),
  })
  const parts: Parts = {
    host,
    book,
    link,
    abort,
    uploads,
    catchUp,
    entries: makeEntries({ host, book, catchUp, signal: abort.signal }),
    packs,
    nextRef,
    unsent: makeUnsent(host, book),
    state: makeCell<RelaySessionState>({ isCaughtUp: false, fault: null, refusals: [], closed: null }),
    control: makeEmitter<ControlFrame>(logThrown(host)),
    reads: makeEmitter<void>(logThrown(host)),
    topics: new Set(),
    subscribed: new Set(),
    unread: new Set(),
    absent: new Set(),
  }
  return parts
}

function setState({ state }: Parts, change: Partial<RelaySessionState>): void {
  const next = { ...state.read(), ...change }
  if (Object.entries(state.read()).some(([name, value]) => next[name as keyof RelaySessionState] !== value)) state.set(next)
}

function addTopics(parts: Parts, topics: Iterable<TopicId>): void {
  const { host, catchUp, unread } = parts
  const added = [...topics].filter((topic) => !parts.topics.has(topic))
  if (added.length === 0) return
  for (const topic of added) {
    parts.topics.add(topic)
    unread.add(topic)
  }
  setState(parts, { isCaughtUp: false })
  countAll(parts, added).catch((thrown: unknown) => host.core.log('topic-not-read', { error: String(thrown) }))
  catchUp.want(added)
}

async function wasRead({ unread, reads, state }: Parts, topic: TopicId): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (unread.has(topic) && state.read().closed === null && state.read().fault === null) return
      stopReads()
      stopState()
      resolve()
    }
    const stopReads = reads.subscribe(look)
    const stopState = state.subscribe(look)
  })
}

async function countAll({ host, book, unsent }: Parts, topics: readonly TopicId[]): Promise<void> {
  for (const topic of topics) {
    await book.load(topic)
    await host.topicOf(topic).heads()
    unsent.recount(topic)
  }
}

function route(parts: Parts, inbox: Inbox<LiveFrame>, bytes: Bytes): void {
  const decoded = decodeFrame(bytes)
  if (!decoded.ok) return refuseFrame(parts.link, decoded.reason)
  const frame: Frame = decoded.value
  if (isControlFrame(frame)) {
    if (frame.type === 'ACK' && (parts.uploads.onAck(frame.ref, frame.relaySeq) || parts.packs.onAck(frame.ref))) return
    if (frame.type === 'REFUSE' && isAnswer(parts, frame)) return
    return parts.control.emit(frame)
  }
  switch (frame.type) {
    case 'ENTRY':
      if (!inbox.push(frame)) behindBy(parts, frame.topic, frame.relaySeq)
      return
    case 'EPH':
    case 'PACK':
    case 'CTX':
      inbox.push(frame)
      return
    case 'HEAD':
      return behindBy(parts, frame.topic, frame.relaySeq)
    case 'RESET':
      if (!parts.topics.has(frame.topic)) return
      takeReset(parts, frame.topic)
      return parts.catchUp.want([frame.topic])
    case 'GAP':
      return parts.uploads.onGap(frame.topic, frame.device, frame.have)
    case 'SUB':
    case 'APPEND':
    case 'COMPACT':
    case 'PACKWANT':
    case 'BASE':
    case 'ROOT':
    case 'DIGESTS':
    case 'VECTOR':
    case 'CTXWANT':
    case 'PLACES':
      refuseFrame(parts.link, 'wrong-way')
  }
}

function isAnswer(parts: Parts, frame: FrameOf<'REFUSE'>): boolean {
  const { ref, code } = frame
  return parts.uploads.onRefuse(ref, code) || parts.packs.onRefuse(ref, code) || isRefusedTopic(parts, frame)
}

/** A SUB was refused for one topic, which the detail names. */
function isRefusedTopic(parts: Parts, { ref, detail }: FrameOf<'REFUSE'>): boolean {
  const topic = parseId<'topic'>(detail)
  if (ref !== 0 || topic === null || !parts.topics.has(topic)) return false
  onAbsent(parts, [topic])
  parts.catchUp.wantLater([topic])
  return true
}

function behindBy({ topics, book, catchUp }: Parts, topic: TopicId, relaySeq: number): void {
  const place = book.placeOf(topic)
  if (!place || !topics.has(topic) || relaySeq <= place.seen) return
  place.behind = Math.max(place.behind, relaySeq)
  if (place.busy === 0) catchUp.want([topic])
}

async function takeLive(parts: Parts, frame: LiveFrame): Promise<void> {
  if (!parts.topics.has(frame.topic)) return
  if (frame.type === 'PACK') return parts.packs.take(frame)
  if (frame.type === 'CTX') return takeContext(parts, frame)
  if (frame.type === 'EPH') return parts.host.takeEphemeral(frame.topic, frame.envelope)
  const place = parts.book.placeOf(frame.topic)
  if (!place || frame.relaySeq !== place.seen + 1 || place.busy > 0) return behindBy(parts, frame.topic, frame.relaySeq)
  place.busy++
  try {
    await parts.entries.take(frame.topic, frame.relaySeq, frame.envelope)
  } catch (thrown) {
    // The disk failed: the cursor stays, so that the entry comes again.
    parts.catchUp.wantLater([frame.topic])
    throw thrown
  } finally {
    place.busy--
    // A HEAD that came meanwhile was only noted.
    if (place.busy === 0 && place.behind > place.seen) parts.catchUp.want([frame.topic])
    parts.uploads.pump()
  }
}

/** What the relay keeps beside its order. */
async function takeContext({ host }: Parts, frame: FrameOf<'CTX'>): Promise<void> {
  await host.topicOf(frame.topic).receiveContext(frame)
}

/** The branch that stands here is given to the relay from the fork on, and it keeps what it does not have. */
async function tellFork({ host, link, uploads, topics }: Parts, { topic, device, seq }: ForkPlace): Promise<void> {
  if (!topics.has(topic)) return
  for (const frame of await host.topicOf(topic).evidence()) link.send(encodeFrame(frame))
  uploads.branch(topic, device, seq - 1)
}

function takeReset({ book, uploads, host }: Parts, topic: TopicId): void {
  host.core.log('relay-reset', { topic })
  book.reset(topic)
  uploads.restart(topic)
}

function noteAck(parts: Parts, { topic, relaySeq, id }: Parameters<UploadOptions['onAcked']>[0]): void {
  const place = parts.book.placeOf(topic)
  if (!place || relaySeq <= place.seen) return
  place.acked.set(relaySeq, id)
  parts.book.advance(topic, place.seen, null)
  expectUpTo(parts, topic, relaySeq)
}

/** What comes before an own place is on its way, or waits here for its turn: it is fetched once nothing moves any more. */
function expectUpTo(parts: Parts, topic: TopicId, relaySeq: number): void {
  const { book, host, catchUp, abort } = parts
  const { seen = relaySeq } = book.placeOf(topic) ?? {}
  if (seen >= relaySeq) return
  host.core.clock.after(lateEntryMs, () => {
    const place = book.placeOf(topic)
    if (!place || abort.signal.aborted || place.seen >= relaySeq) return
    if (place.seen > seen || place.busy > 0) return expectUpTo(parts, topic, relaySeq)
    place.behind = Math.max(place.behind, relaySeq)
    catchUp.want([topic])
  })
}

function onAbsent(parts: Parts, topics: readonly TopicId[]): void {
  for (const topic of topics) {
    parts.unread.delete(topic)
    parts.subscribed.delete(topic)
    parts.absent.add(topic)
  }
  parts.reads.emit()
  if (parts.unread.size === 0) setState(parts, { isCaughtUp: true })
}

/** Read to the end: from here on entries come by themselves, and what the relay lacks is known. */
function onRead(parts: Parts, topics: readonly TopicId[]): void {
  const { book, link, subscribed, unread, uploads } = parts
  const fresh = topics.filter((topic) => !subscribed.has(topic))
  for (let start = 0; start < fresh.length; start += maxTopicsInFrame) {
    const some = fresh.slice(start, start + maxTopicsInFrame)
    const cursors = some.map((topic) => {
      const read = book.placeOf(topic)?.read
      return { topic, relaySeq: read?.seq ?? 0, idPrefix: hintOf(read?.id ?? null) }
    })
    if (!link.send(encodeFrame({ type: 'SUB', topics: cursors }))) return parts.catchUp.wantLater(topics)
    for (const topic of some) subscribed.add(topic)
  }
  for (const topic of topics) {
    unread.delete(topic)
    parts.absent.delete(topic)
    uploads.offer(topic)
  }
  parts.reads.emit()
  if (unread.size === 0) setState(parts, { isCaughtUp: true })
}
