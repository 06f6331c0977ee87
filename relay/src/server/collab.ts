/** `/collab`: device sessions over Hocuspocus, one document per session, frames as stateless messages. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Hocuspocus } from '@hocuspocus/server'
import type { Connection, onAuthenticatePayload } from '@hocuspocus/server'
import { parseBase64Url } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import { WebSocket, WebSocketServer } from 'ws'
import type { CoreLink, RelayCore, Sink } from '../core/ports.ts'
import { bytesOfText, textOfBytes } from './base64-text.ts'
import { makeFrameBundle } from './frame-bundle.ts'
import type { Note } from './log-lines.ts'

/** A frame of 1 MiB as base64, and Hocuspocus' own few bytes. */
const maxMessageBytes = 1_450_000
/** design/sync.md: above it a reader is slow. */
const maxBufferedBytes = 1024 * 1024
/** Frames that the core has not taken up yet; above it the socket is not read. */
const maxPendingFrames = 8
/** From the upgrade to a good token; design: a session is opened before. */
const authPatienceMs = 10_000
/** How long the other side may take to agree to a close. */
const closeGraceMs = 2_000
/** Of y-protocols: asks for a state and brings none. */
const syncStep1 = 0

export interface Collab {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends all sockets. */
  close(): void
}

interface SocketContext {
  readonly socket: WebSocket
  /** Cancels the end of those who never say who they are. */
  readonly greeted: () => void
  token?: Bytes
}

export interface CollabParts {
  readonly core: RelayCore
  readonly clock: Clock
  readonly note: Note
}

/** Refused on purpose: without a message, so that Hocuspocus does not print it. */
class Refusal extends Error {
  readonly reason: string
  readonly code = 4400

  constructor(reason: string) {
    super('')
    this.reason = reason
  }
}

export function openCollab({ core, clock, note }: CollabParts): Collab {
  const links = new WeakMap<Connection, CoreLink | 'refused'>()
  const linkOf = (connection: Connection, context: SocketContext): CoreLink | null => {
    const known = links.get(connection) ?? takeUp(core, connection, context)
    links.set(connection, known)
    return known === 'refused' ? null : known
  }
  const hocuspocus = new Hocuspocus<SocketContext>({
    quiet: true,
    timeout: 60_000,
    unloadImmediately: true,
    maxUnauthenticatedQueueSize: 64 * 1024,
    maxUnauthenticatedQueueMessages: 16,
    maxPendingDocuments: 1,
    onAuthenticate: async (payload) => authenticate(core, payload),
    connected: async ({ connection, context }) => {
      context.greeted()
      linkOf(connection, context)
    },
    // Nothing is thrown here: the connection is read-only, and Hocuspocus prints what a hook throws.
    beforeSync: async ({ type, payload, context }) => {
      if (type !== syncStep1 && payload.some((byte) => byte !== 0)) endSocket(context.socket, 4400, 'no-documents')
    },
    beforeHandleAwareness: async ({ states, connection }) => {
      states.clear()
      if (connection) endSocket((connection.context as SocketContext).socket, 4400, 'no-awareness')
    },
    onStateless: async ({ connection, payload }) => {
      const context = connection.context as SocketContext
      const link = linkOf(connection, context)
      if (link) receive(link, context.socket, payload)
    },
    onDisconnect: async ({ context }) => endSocket(context.socket, 4400, 'closed'),
  })
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false })
  return {
    upgrade: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (webSocket) => serve(hocuspocus, webSocket, { clock, note }))
    },
    close: () => {
      for (const client of server.clients) endSocket(client, 1001, 'relay-stops')
      server.close()
    },
  }
}

/** Hocuspocus gets no header and no address: it needs none. */
function serve(hocuspocus: Hocuspocus<SocketContext>, socket: WebSocket, { clock, note }: Pick<CollabParts, 'clock' | 'note'>): void {
  const greeted = clock.after(authPatienceMs, () => endSocket(socket, 4401, 'unauthorised'))
  const client = hocuspocus.handleConnection(socket, new Request('http://relay/collab'), { socket, greeted })
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) client.handleMessage(new Uint8Array(data))
    else endSocket(socket, 4400, 'bad-message')
  })
  socket.on('close', greeted)
  socket.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString('utf8') }))
  socket.on('error', (fault) => note('socket-failed', { error: fault.name }))
}

async function authenticate(core: RelayCore, payload: onAuthenticatePayload<SocketContext>): Promise<{ token: Bytes }> {
  const token = payload.token.length === 43 ? parseBase64Url(payload.token) : null
  const device = token && core.deviceOf(token)
  if (!token || !device || payload.documentName !== `session/${device}`) throw new Refusal('unauthorised')
  payload.connectionConfig.readOnly = true
  return { token }
}

function takeUp(core: RelayCore, connection: Connection, { socket, token }: SocketContext): CoreLink | 'refused' {
  const bundle = makeFrameBundle((text) => {
    if (socket.readyState === WebSocket.OPEN) connection.sendStateless(text)
  })
  const sink: Sink = {
    send: (frame) => {
      if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount + bundle.waiting > maxBufferedBytes) return false
      bundle.add(textOf(frame))
      return true
    },
    close: (code, reason) => {
      bundle.flush()
      endSocket(socket, code, reason)
    },
  }
  const link = token ? core.connect(token, sink) : null
  if (!link) {
    endSocket(socket, 4401, 'unauthorised')
    return 'refused'
  }
  socket.once('close', () => link.closed())
  return link
}

const texts = new WeakMap<Bytes, string>()

/** A fan-out sends the same bytes to many: their text is made once. */
function textOf(frame: Bytes): string {
  const known = texts.get(frame)
  if (known !== undefined) return known
  const text = textOfBytes(frame)
  texts.set(frame, text)
  return text
}

const pending = new WeakMap<WebSocket, number>()

/** Stops reading the socket while the core has too much to judge. */
function receive(link: CoreLink, socket: WebSocket, payload: string): void {
  const frame = bytesOfText(payload)
  if (!frame) return endSocket(socket, 4400, 'bad-message')
  const count = (pending.get(socket) ?? 0) + 1
  pending.set(socket, count)
  if (count > maxPendingFrames) socket.pause()
  void link.receive(frame).finally(() => {
    const left = (pending.get(socket) ?? 1) - 1
    pending.set(socket, left)
    if (left <= maxPendingFrames && socket.isPaused) socket.resume()
  })
}

/** Closes, and does not wait long for the other side to agree. */
function endSocket(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED) return
  if (socket.isPaused) socket.resume()
  if (socket.readyState === WebSocket.OPEN) socket.close(code, reason)
  setTimeout(() => socket.terminate(), closeGraceMs).unref()
}
