/** Carries frames over one Hocuspocus socket: the document of this device's session, frames as stateless base64. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { toBase64 } from '@poruch/base'
import type { Bytes, Clock, DeviceId } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { parseFrameText } from '@poruch/sync/wire'
import { Doc } from 'yjs'
import { AdapterError, RelayRefusal } from './errors.ts'
import { carryLink } from './frame-link.ts'

/** Hocuspocus closes what was silent for 60 s; a dead relay is noticed within this time and the next. */
export const keepAliveMs = 15_000
/** A relay that answers a probe later is taken for gone: after sleep or a change of network a new try is quicker than TCP. */
export const probeTimeoutMs = 3000
/** The same for probes that nobody waits for, and where the probe stands in line behind much else: a busy relay is not a dead one. */
export const calmProbeTimeoutMs = 10_000
const muchElseBytes = 64 * 1024
const neverMs = 24 * 3600 * 1000 // the provider's own watch needs awareness, which is not used here

/** What Hocuspocus itself says when it closes, as codes; the relay's own reasons are codes already. */
const reasonCodes: Readonly<Record<string, string>> = {
  Unauthorized: 'unauthorised',
  'permission-denied': 'unauthorised',
  Forbidden: 'forbidden',
  'Message Too Big': 'frame-too-large',
}

export interface RelaySocket {
  readonly link: FrameLink
  /** Asks for a sign of life; without one the link closes with `offline`. */
  probe(): void
}

export interface SocketOptions {
  readonly origin: string
  readonly device: DeviceId
  readonly token: string
  readonly clock: Clock
  /** Ends the attempt, and the socket later. */
  readonly signal: AbortSignal
}

/** Resolves when the relay took the token. @throws AdapterError `offline`; RelayRefusal when it did not */
export function openRelaySocket(options: SocketOptions): Promise<RelaySocket> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    const wire = openWire(options, {
      ready: () => {
        resolve({ link: carried.link, probe: watch.probe })
      },
      frame: (frame) => {
        carried.deliver(frame)
      },
      end: (reason) => {
        end(reason)
      },
    })
    const carried = carryLink({
      send: (frame) => {
        wire.provider.sendStateless(toBase64(frame))
      },
      bufferedBytes: wire.bufferedBytes,
      close: wire.destroy,
    })
    const end = (reason: string): void => {
      carried.ended(reason)
      wire.destroy()
      reject(isLoss(reason) ? new AdapterError('offline', 'the socket closed') : new RelayRefusal(reason, 'the relay refused the socket'))
    }
    const aborted = (): void => {
      end('closed')
    }
    const watch = watchLife(wire, options.clock, () => {
      end('offline')
    })
    carried.link.onClose(() => {
      watch.stop()
      signal.removeEventListener('abort', aborted)
    })
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

/** True when the network or this side ended it, not the relay. */
function isLoss(reason: string): boolean {
  return reason === 'offline' || reason === 'closed'
}

interface WireEvents {
  ready(): void
  frame(frame: Bytes): void
  /** May come more than once. */
  end(reason: string): void
}

type Wire = ReturnType<typeof openWire>

/** One socket with one document, which stays empty. */
function openWire({ origin, device, token }: SocketOptions, events: WireEvents) {
  const document = new Doc()
  const closedBy = ({ event }: { readonly event?: { readonly reason?: string } }): void => {
    events.end(codeOfReason(event?.reason ?? ''))
  }
  const socket = new HocuspocusProviderWebsocket({
    url: `${origin.replace(/^http/u, 'ws')}/collab`,
    maxAttempts: 1, // trying again is the business of keepRelay
    messageReconnectTimeout: neverMs,
    onDisconnect: closedBy,
    onMaxAttemptsFailed: () => {
      events.end('offline')
    },
  })
  const provider = new HocuspocusProvider({
    websocketProvider: socket,
    name: `session/${device}`,
    document,
    awareness: null,
    token,
    onAuthenticated: events.ready,
    onAuthenticationFailed: ({ reason }) => {
      const code = codeOfReason(reason)
      events.end(code === 'offline' ? 'unauthorised' : code)
    },
    onClose: closedBy,
    onStateless: ({ payload }) => {
      takePayload(payload, events)
    },
  })
  provider.attach()
  const destroy = once(() => {
    provider.destroy()
    socket.destroy()
    document.destroy()
  })
  return { provider, bufferedBytes: () => socket.webSocket?.bufferedAmount ?? 0, destroy }
}

function takePayload(payload: string, events: WireEvents): void {
  const frames = parseFrameText(payload)
  if (frames) for (const frame of frames) events.frame(frame)
  else events.end('bad-frame')
}

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (ran) return
    ran = true
    run()
  }
}

function codeOfReason(text: string): string {
  return reasonCodes[text] ?? (/^[a-z][a-z0-9-]{0,63}$/u.test(text) ? text : 'offline')
}

/** Whatever the relay says is a sign of life; it is asked for one when it was silent. */
function watchLife(wire: Wire, clock: Clock, dead: () => void) {
  let stopped = false
  let cancelProbe: (() => void) | null = null
  const probe = (timeoutMs: number): void => {
    if (stopped) return
    cancelProbe?.()
    cancelProbe = clock.after(wire.bufferedBytes() > muchElseBytes ? calmProbeTimeoutMs : timeoutMs, dead)
    wire.provider.forceSync()
  }
  let cancelNext = clock.after(keepAliveMs, next)
  function next(): void {
    if (!cancelProbe) probe(calmProbeTimeoutMs)
    cancelNext = clock.after(keepAliveMs, next)
  }
  wire.provider.on('message', () => {
    cancelProbe?.()
    cancelProbe = null
  })
  return {
    probe: () => {
      probe(probeTimeoutMs)
    },
    stop: (): void => {
      stopped = true
      cancelNext()
      cancelProbe?.()
    },
  }
}
