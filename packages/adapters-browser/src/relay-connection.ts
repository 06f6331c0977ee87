/** One connection to one relay: session, socket for frames, HTTP for bulk. It ends once and is not renewed: see keep-relay. */
import type { Bytes } from '@poruch/base'
import type { BulkReader, FrameLink } from '@poruch/sync'
import { makeBulkReader } from './relay-bulk.ts'
import { requestTimeoutMs, withTimeout } from './relay-http.ts'
import { openSession } from './relay-session.ts'
import type { SessionOptions } from './relay-session.ts'
import { openRelaySocket } from './relay-socket.ts'

export interface RelayConnection {
  readonly link: FrameLink
  readonly bulk: BulkReader
  /** Of the relay's sequencer, as it proved to hold by name only: whoever knows it already compares. */
  readonly relayKey: Bytes
  /** Asks for a sign of life; without one the link closes with `offline`. */
  probe(): void
  close(): void
}

/**
 * Proves the device, opens the socket, and resolves when frames can be sent. Frames that come before `link.onFrame` are kept, bounded.
 * The signal ends the attempt, and later the connection. Works in browsers and in Node 24.
 * @throws AdapterError `offline` | `bad-answer` | `relay-changed`; RelayRefusal with the relay's code
 */
export async function connectRelay(options: SessionOptions): Promise<RelayConnection> {
  const { origin, device, clock } = options
  const session = await openSession(options)
  let { token } = session
  const ending = new AbortController()
  const lasting = AbortSignal.any([options.signal, ending.signal])
  const socket = await withTimeout({ clock, signal: lasting, timeoutMs: requestTimeoutMs }, (limited) =>
    openRelaySocket({ origin, device, token, clock, signal: limited }),
  )
  socket.link.onClose(() => {
    ending.abort()
  })
  const bulk = makeBulkReader({
    origin,
    token: () => token,
    renew: async ({ signal }) => {
      ;({ token } = await openSession({ ...options, signal: AbortSignal.any([signal, lasting]) }))
      return token
    },
  })
  return {
    link: socket.link,
    bulk,
    relayKey: session.relayKey,
    probe: socket.probe,
    close: () => {
      socket.link.close('closed')
    },
  }
}
