/** The Yjs documents of this device: filled from opened envelopes, written under one clientID per session. */
import { idToBytes, LeanMap, makeByteWriter, makeEmitter } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { arrayNameOf, checkUpdate, parseMessageId, placesOfTuples, skeletonOf, tuplesInUpdate } from '@poruch/model'
import type { TuplePlace, TupleSchema } from '@poruch/model'
import type { Applier, LogStore, Opened } from '@poruch/sync'
import * as Y from 'yjs'

/** What marks a transaction as coming from the log, so that it is not written there again. */
const fromLog = Symbol('from the log')

export interface WritingSession {
  /** The counter behind this session's clientID, as the envelope states it. */
  readonly n: number
  /** The lamport number for what is written now: at most that of the envelope to come. */
  lamport(): number
  /** A number for a message that this device never uses twice in the topic. */
  nextMessageNumber(): number
}

/** Where content was erased: in the order of messages it stands by its lamport number and device. */
export interface ErasedPlace {
  readonly device: DeviceId
  readonly seq: number
  readonly lamport: number
  /** Tuples that are gone, as far as they are shown. */
  readonly count: number
  readonly eraser: DeviceId | null
}

export interface Documents extends Applier {
  /** The topic's document, empty until its log has been read. A cut replaces it by a new one. */
  get(topic: TopicId): Y.Doc
  /** Hears the topic after its document was written, filled or replaced. */
  onChanged(listener: (topic: TopicId) => void): () => void
  /** What was erased of the topic, in order. */
  erasedOf(topic: TopicId): readonly ErasedPlace[]
  /** The seq of the envelope that holds a message of this device, or null while it is in none. */
  seqOf(topic: TopicId, messageId: string): number | null
  /** The envelope that holds a message of any device, or null where the log has not brought it. */
  envelopeOf(topic: TopicId, messageId: string): { readonly device: DeviceId; readonly seq: number } | null
  /**
   * Runs a command at once, under this session's clientID, and answers the update that it made.
   * The caller writes it to the log, and has the topic rebuilt when that failed.
   */
  edit(topic: TopicId, command: (doc: Y.Doc, session: WritingSession) => void): Promise<{ readonly n: number; readonly update: Bytes }>
}

interface OwnSession extends WritingSession {
  readonly clientId: number
  /** How many messages were numbered so far. */
  messages(): number
}

interface Open {
  readonly doc: Y.Doc
  /** ClientIDs that each device has used here. */
  readonly clients: LeanMap<DeviceId, Set<number>>
  /** Of this device's messages: message id → seq. Null before somebody asks: of a thousand chats one is looked at. */
  seqs: Map<string, number> | null
  /** By clientID, which envelope brought the clocks up to `to`, in order: a command's own update stands beyond them until it is in the log. */
  readonly brought: LeanMap<number, { readonly to: number; readonly seq: number }[]>
  /** What this tab's commands have made in here: it comes back from the log as the very same bytes, and need not be read again. */
  made: WeakMap<Uint8Array, Made> | null
  /** In no order. */
  readonly erased: ErasedPlace[]
  /** The largest lamport number of an envelope in here. */
  lamport: number
  /** Opened by the first command. */
  session: Promise<OwnSession> | null
}

/** What is known of one command's update. */
interface Made {
  readonly clientId: number
  /** Null when it only deletes. */
  readonly span: Span | null
  readonly messageIds: readonly string[]
}

interface Span {
  readonly from: number
  readonly to: number
}

export interface DocumentsOptions {
  readonly suite: VerifySuite
  readonly store: LogStore
  readonly device: DeviceId
  /** The schema and the field of the lamport number of a topic's tuples. */
  shapeOf(topic: TopicId): { readonly schema: TupleSchema; readonly lamportField: number }
  readonly checkUpdate?: typeof checkUpdate
  /** An opened ephemeral message. */
  onEphemeral: Applier['ephemeral']
}

/** Message numbers hold the session's counter above these bits. */
const messagesPerSession = 2 ** 32
/** Tombstones shown for one envelope: who erased it says how many tuples it held, and may lie. */
const maxTombstones = 32

export function makeDocuments(options: DocumentsOptions): Documents {
  const { suite, store, device } = options
  const open = new Map<TopicId, Open>()
  const changed = makeEmitter<TopicId>()

  const openOf = (topic: TopicId): Open => {
    const known = open.get(topic)
    if (known) return known
    const fresh: Open = {
      // Its own guid would be 16 calls for randomness, of a thousand documents at the start.
      doc: new Y.Doc({ guid: topic }),
      clients: new LeanMap(),
      seqs: null,
      brought: new LeanMap(),
      made: null,
      erased: [],
      lamport: 0,
      session: null,
    }
    open.set(topic, fresh)
    return fresh
  }

  const openSession = async (topic: TopicId, at: Open): Promise<OwnSession> => {
    const n = (await store.nextCount(`client/${topic}`)) % 2 ** 16
    const clientId = await clientIdOf(suite, { device, topic, n })
    let messages = 0
    const nextMessageNumber = (): number => n * messagesPerSession + messages++
    return { n, clientId, lamport: () => at.lamport + 1, nextMessageNumber, messages: () => messages }
  }

  /** The document as it is once its session is open: a rebuild meanwhile has made another one. */
  const openForWriting = async (topic: TopicId): Promise<{ at: Open; session: OwnSession }> => {
    for (;;) {
      const at = openOf(topic)
      at.session ??= openSession(topic, at)
      const session = await at.session.catch((thrown: unknown) => {
        at.session = null
        throw thrown
      })
      if (open.get(topic) === at) return { at, session }
    }
  }

  /** Takes note of an envelope whose content is in the document. */
  const note = (at: Open, { topic, lamport, seq }: Opened, { clientId, span, messageIds }: Made): void => {
    at.lamport = Math.max(at.lamport, lamport)
    if (span && span.to > confirmedOf(at, clientId)) {
      const brought = at.brought.get(clientId) ?? []
      brought.push({ to: span.to, seq })
      at.brought.set(clientId, brought)
    }
    for (const id of messageIds) at.seqs?.set(id, seq)
    changed.emit(topic)
  }

  /** What this very tab wrote comes back to it from the log. */
  const takeOwn = (at: Open, opened: Opened, made: Made): Awaited<ReturnType<Applier['apply']>> => {
    // The one before it was taken back: no other replica can have it, so it must not stand here alone.
    if (made.span && made.span.from > confirmedOf(at, made.clientId)) return { ok: false, reason: 'missing-dependency' }
    note(at, opened, made)
    return { ok: true }
  }

  const apply: Applier['apply'] = async (opened) => {
    const at = openOf(opened.topic)
    const made = opened.device === device ? madeHere(at, opened.updates) : null
    if (made) return takeOwn(at, opened, made)
    const clientId = await clientIdOf(suite, opened)
    const update = opened.updates.length === 1 ? opened.updates[0] : Y.mergeUpdates([...opened.updates])
    if (!update) return { ok: false, reason: 'no-update' }
    const clients = clientsOf(at, opened.device)
    const span = spanOf(update, clientId)
    const place = (): void =>
      note(at, opened, { clientId, span, messageIds: at.seqs && opened.device === device ? messageIdsIn(update) : [] })
    // A repeated update is nothing.
    if (span && span.to <= Y.getState(at.doc.store, clientId)) {
      // The one before it was taken back: no other replica can have it, so it must not stand here alone.
      if (span.from > confirmedOf(at, clientId)) return { ok: false, reason: 'missing-dependency' }
      place()
      return { ok: true }
    }
    const shape = options.shapeOf(opened.topic)
    const judged = (options.checkUpdate ?? checkUpdate)(at.doc, update, {
      clientId,
      device: opened.device,
      ownClients: clients,
      lamports: { from: lastLamport(at.doc, opened.device, shape.lamportField), to: opened.lamport },
      schema: shape.schema,
      isErased: opened.isErased === true,
    })
    if (!judged.ok) return judged
    clients.add(clientId)
    if (opened.isErased && span) at.erased.push(erasedPlaceOf(opened, span))
    Y.applyUpdate(at.doc, update, fromLog)
    place()
    return { ok: true }
  }

  return {
    get: (topic) => openOf(topic).doc,
    onChanged: changed.subscribe,
    seqOf: (topic, messageId) => {
      const at = openOf(topic)
      at.seqs ??= seqsIn(at, device)
      return at.seqs.get(messageId) ?? null
    },
    erasedOf: (topic) => openOf(topic).erased.toSorted((a, b) => a.lamport - b.lamport || (a.device < b.device ? -1 : 1)),
    envelopeOf: (topic, messageId) => {
      const at = openOf(topic)
      const author = parseMessageId(messageId)?.device
      if (!author) return null
      for (const place of placesOfTuples(at.doc, author)) {
        if (place.id !== messageId) continue
        const seq = seqAt(at, place)
        return seq === null ? null : { device: author, seq }
      }
      return null
    },
    apply,
    rebuild: async (topic, all) => {
      open.delete(topic)
      for (const opened of all) await apply(opened)
      changed.emit(topic)
    },
    skeleton: (_topic, updates) => {
      const [only] = updates
      const one = updates.length === 1 ? only : updates.length > 1 ? Y.mergeUpdates([...updates]) : null
      return one ? skeletonOf(one) : null
    },
    merge: (topic, updates) => {
      const at = openOf(topic)
      const known = madeHere(at, updates)
      const one = new Uint8Array(Y.mergeUpdates([...updates]))
      if (known) noteMade(at, one, known)
      return one
    },
    ephemeral: options.onEphemeral,
    edit: async (topic, command) => {
      const { at, session } = await openForWriting(topic)
      const updates: Uint8Array[] = []
      const collect = (update: Uint8Array): void => {
        updates.push(update)
      }
      const { clientId } = session
      at.doc.clientID = clientId
      clientsOf(at, device).add(clientId)
      const [from, messages] = [Y.getState(at.doc.store, clientId), session.messages()]
      at.doc.on('update', collect)
      try {
        at.doc.transact(() => {
          command(at.doc, session)
        })
      } finally {
        at.doc.off('update', collect)
      }
      changed.emit(topic)
      const update = new Uint8Array(Y.mergeUpdates(updates))
      const to = Y.getState(at.doc.store, clientId)
      const messageIds = session.messages() > messages ? messageIdsIn(update) : []
      noteMade(at, update, { clientId, span: to > from ? { from, to } : null, messageIds })
      return { n: session.n, update }
    },
  }
}

/** Message id → seq of those of this device that the log has brought. */
function seqsIn(at: Open, device: DeviceId): Map<string, number> {
  const seqs = new Map<string, number>()
  for (const place of placesOfTuples(at.doc, device)) {
    const seq = seqAt(at, place)
    if (typeof place.id === 'string' && seq !== null) seqs.set(place.id, seq)
  }
  return seqs
}

/** How far the log has brought what this clientID wrote. */
function confirmedOf({ brought }: Open, clientId: number): number {
  return brought.get(clientId)?.at(-1)?.to ?? 0
}

function noteMade(at: Open, update: Uint8Array, made: Made): void {
  at.made ??= new WeakMap()
  at.made.set(update, made)
}

/** The envelope that brought what stands there, or null where none has. O(log n). */
function seqAt({ brought }: Open, { client, clock }: Pick<TuplePlace, 'client' | 'clock'>): number | null {
  const all = brought.get(client) ?? []
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((all[middle]?.to ?? 0) > clock) high = middle
    else low = middle + 1
  }
  return all[low]?.seq ?? null
}

/** The first 53 bits of hash("yjs", device | topic | u16 n); see docs/PROTOCOL.md, "Documents". */
async function clientIdOf(suite: VerifySuite, of: Pick<Opened, 'device' | 'topic' | 'n'>): Promise<number> {
  const hash = await suite.hash('yjs', makeByteWriter().raw(idToBytes(of.device)).raw(idToBytes(of.topic)).u16(of.n).done())
  let id = 0
  for (const byte of hash.subarray(0, 6)) id = id * 256 + byte
  return id * 32 + ((hash[6] ?? 0) >> 3)
}

function erasedPlaceOf({ device, seq, lamport, eraser }: Opened, span: Span): ErasedPlace {
  return { device, seq, lamport, count: Math.min(span.to - span.from, maxTombstones), eraser: eraser ?? null }
}

/** What is known of these updates together, or null unless all of them were made by commands in this very document. */
function madeHere({ made }: Open, updates: readonly Bytes[]): Made | null {
  const parts = updates.map((update) => made?.get(update))
  const [first] = parts
  if (!first || !parts.every((part) => part !== undefined)) return null
  if (parts.length === 1) return first
  const spans = parts.flatMap(({ span }) => span ?? [])
  const span = spans[0] ? { from: spans[0].from, to: spans.at(-1)?.to ?? 0 } : null
  return { clientId: first.clientId, span, messageIds: parts.flatMap(({ messageIds }) => messageIds) }
}

function clientsOf(at: Open, device: DeviceId): Set<number> {
  const known = at.clients.get(device)
  if (known) return known
  const fresh = new Set<number>()
  at.clients.set(device, fresh)
  return fresh
}

/** The clocks of an update of this client alone, or null for any other: that is then refused by the guard. */
function spanOf(update: Uint8Array, clientId: number): Span | null {
  try {
    const { structs } = Y.decodeUpdate(update)
    const [first] = structs
    const last = structs.at(-1)
    if (!first || !last || structs.some(({ id }) => id.client !== clientId)) return null
    return { from: first.id.clock, to: last.id.clock + last.length }
  } catch {
    return null
  }
}

/** The second field of each tuple: a message's id, in documents that hold messages. */
function messageIdsIn(update: Uint8Array): string[] {
  return tuplesInUpdate(update).flatMap((tuple) => (Array.isArray(tuple) && typeof tuple[1] === 'string' ? [tuple[1]] : []))
}

/** A device's tuples never go back in order: each begins where its last one stood. */
function lastLamport(doc: Y.Doc, device: DeviceId, field: number): number {
  const array = doc.getArray<unknown>(arrayNameOf(device))
  const last = array.length === 0 ? null : array.get(array.length - 1)
  const lamport = Array.isArray(last) ? (last as unknown[])[field] : 0
  return typeof lamport === 'number' ? lamport : 0
}
