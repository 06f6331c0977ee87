/** The Yjs documents of this device: filled from opened envelopes, written under one clientID per session. */
import { idToBytes, makeByteWriter, makeEmitter } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { arrayNameOf, checkUpdate, tuplesInUpdate } from '@poruch/model'
import type { TupleSchema } from '@poruch/model'
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

export interface Documents extends Applier {
  /** The topic's document, empty until its log has been read. A cut replaces it by a new one. */
  get(topic: TopicId): Y.Doc
  /** Hears the topic after its document was written, filled or replaced. */
  onChanged(listener: (topic: TopicId) => void): () => void
  /** The seq of the envelope that holds a message of this device, or null while it is in none. */
  seqOf(topic: TopicId, messageId: string): number | null
  /**
   * Runs a command at once, under this session's clientID, and answers the update that it made.
   * The caller writes it to the log, and has the topic rebuilt when that failed.
   */
  edit(topic: TopicId, command: (doc: Y.Doc, session: WritingSession) => void): Promise<{ readonly n: number; readonly update: Bytes }>
}

interface Open {
  readonly doc: Y.Doc
  /** ClientIDs that each device has used here. */
  readonly clients: Map<DeviceId, Set<number>>
  /** Of this device's messages: message id → seq. */
  readonly seqs: Map<string, number>
  /** By clientID, how far the log has brought what is in here: a command's own update stands beyond it until it is in the log. */
  readonly confirmed: Map<number, number>
  /** The largest lamport number of an envelope in here. */
  lamport: number
  /** Opened by the first command. */
  session: Promise<WritingSession & { readonly clientId: number }> | null
}

export interface DocumentsOptions {
  readonly suite: VerifySuite
  readonly store: LogStore
  readonly device: DeviceId
  /** The schema and the field of the lamport number of a topic's tuples. */
  shapeOf(topic: TopicId): { readonly schema: TupleSchema; readonly lamportField: number }
  /** An opened ephemeral message. */
  onEphemeral: Applier['ephemeral']
}

/** Message numbers hold the session's counter above these bits. */
const messagesPerSession = 2 ** 32

export function makeDocuments(options: DocumentsOptions): Documents {
  const { suite, store, device } = options
  const open = new Map<TopicId, Open>()
  const changed = makeEmitter<TopicId>()

  const openOf = (topic: TopicId): Open => {
    const known = open.get(topic)
    if (known) return known
    const fresh: Open = { doc: new Y.Doc(), clients: new Map(), seqs: new Map(), confirmed: new Map(), lamport: 0, session: null }
    open.set(topic, fresh)
    return fresh
  }

  const openSession = async (topic: TopicId, at: Open): Promise<WritingSession & { readonly clientId: number }> => {
    const n = (await store.nextCount(`client/${topic}`)) % 2 ** 16
    const clientId = await clientIdOf(suite, { device, topic, n })
    let messages = 0
    return { n, clientId, lamport: () => at.lamport + 1, nextMessageNumber: () => n * messagesPerSession + messages++ }
  }

  /** The document as it is once its session is open: a rebuild meanwhile has made another one. */
  const openForWriting = async (topic: TopicId): Promise<{ at: Open; session: WritingSession & { readonly clientId: number } }> => {
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

  const apply: Applier['apply'] = async (opened) => {
    const at = openOf(opened.topic)
    const clientId = await clientIdOf(suite, opened)
    const update = opened.updates.length === 1 ? opened.updates[0] : Y.mergeUpdates([...opened.updates])
    if (!update) return { ok: false, reason: 'no-update' }
    const clients = clientsOf(at, opened.device)
    const span = spanOf(update, clientId)
    const place = (): void => {
      at.lamport = Math.max(at.lamport, opened.lamport)
      if (span) at.confirmed.set(clientId, Math.max(span.to, at.confirmed.get(clientId) ?? 0))
      if (opened.device === device) for (const id of messageIdsIn(update)) at.seqs.set(id, opened.seq)
      changed.emit(opened.topic)
    }
    // What this very tab wrote comes back to it from the log, and a repeated update is nothing.
    if (span && span.to <= Y.getState(at.doc.store, clientId)) {
      // The one before it was taken back: no other replica can have it, so it must not stand here alone.
      if (span.from > (at.confirmed.get(clientId) ?? 0)) return { ok: false, reason: 'missing-dependency' }
      place()
      return { ok: true }
    }
    const shape = options.shapeOf(opened.topic)
    const judged = checkUpdate(at.doc, update, {
      clientId,
      device: opened.device,
      ownClients: clients,
      lamports: { from: lastLamport(at.doc, opened.device, shape.lamportField), to: opened.lamport },
      schema: shape.schema,
    })
    if (!judged.ok) return judged
    clients.add(clientId)
    Y.applyUpdate(at.doc, update, fromLog)
    place()
    return { ok: true }
  }

  return {
    get: (topic) => openOf(topic).doc,
    onChanged: changed.subscribe,
    seqOf: (topic, messageId) => openOf(topic).seqs.get(messageId) ?? null,
    apply,
    rebuild: async (topic, all) => {
      open.delete(topic)
      for (const opened of all) await apply(opened)
      changed.emit(topic)
    },
    ephemeral: options.onEphemeral,
    edit: async (topic, command) => {
      const { at, session } = await openForWriting(topic)
      const updates: Uint8Array[] = []
      const collect = (update: Uint8Array): void => {
        updates.push(update)
      }
      at.doc.clientID = session.clientId
      clientsOf(at, device).add(session.clientId)
      at.doc.on('update', collect)
      try {
        at.doc.transact(() => {
          command(at.doc, session)
        })
      } finally {
        at.doc.off('update', collect)
      }
      changed.emit(topic)
      return { n: session.n, update: new Uint8Array(Y.mergeUpdates(updates)) }
    },
  }
}

/** The first 53 bits of hash("yjs", device | topic | u16 n); see docs/PROTOCOL.md, "Documents". */
async function clientIdOf(suite: VerifySuite, of: Pick<Opened, 'device' | 'topic' | 'n'>): Promise<number> {
  const hash = await suite.hash('yjs', makeByteWriter().raw(idToBytes(of.device)).raw(idToBytes(of.topic)).u16(of.n).done())
  let id = 0
  for (const byte of hash.subarray(0, 6)) id = id * 256 + byte
  return id * 32 + ((hash[6] ?? 0) >> 3)
}

function clientsOf(at: Open, device: DeviceId): Set<number> {
  const known = at.clients.get(device)
  if (known) return known
  const fresh = new Set<number>()
  at.clients.set(device, fresh)
  return fresh
}

/** The clocks of an update of this client alone, or null for any other: that is then refused by the guard. */
function spanOf(update: Uint8Array, clientId: number): { readonly from: number; readonly to: number } | null {
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
