/** Carries frames over one Hocuspocus socket: the document of this device's session, frames as stateless base64. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { makeEmitter, parseBase64, toBase64 } from '@poruch/base'
import type { Bytes, Clock, DeviceId } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { Doc } from 'yjs'
import { AdapterError, RelayRefusal } from './errors.ts'
import { carryLink, maxFrameBytes } from './frame-link.ts'

/** Hocuspocus closes what was silent for 60 s; a dead relay is noticed within this time and the next. */
export const keepAliveMs = 15_000
/** A relay that answers a probe later is taken for gone: after sleep or a change of network a new try is quicker than TCP. */
export const probeTimeoutMs = 3000
/** The same for probes that nobody waits for, and where the probe stands in line behind much else: a busy relay is not a dead one. */
export const calmProbeTimeoutMs = 10_000
const muchElseBytes = 64 * 1024
const neverMs = 24 * 3600 * 1000 // the provider's own watch needs awareness, which is not used here
const maxFrameText = 4 * Math.ceil(maxFrameBytes / 3) // base64 characters

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
    const wire = openWire(options)
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
    wire.onFrame(carried.deliver)
    wire.onEnd(end)
    wire.onReady(() => {
      resolve({ link: carried.link, probe: watch.probe })
    })
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

/** True when the network or this side ended it, not the relay. */
function isLoss(reason: string): boolean {
  return reason === 'offline' || reason === 'closed'
}

function openWire({ origin, device, token }: SocketOptions) {
  const ready = makeEmitter<void>()
  const ends = makeEmitter<string>()
  const frames = makeEmitter<Bytes>()
  const document = new Doc()
  const closedBy = ({ event }: { readonly event?: { readonly reason?: string } }): void => {
    ends.emit(codeOfReason(event?.reason ?? ''))
  }
  const socket = new HocuspocusProviderWebsocket({
    url: `${origin.replace(/^http/u, 'ws')}/collab`,
    maxAttempts: 1, // trying again is the business of keepRelay
    messageReconnectTimeout: neverMs,
    onDisconnect: closedBy,
    onMaxAttemptsFailed: () => {
      ends.emit('offline')
    },
  })
  const provider = new HocuspocusProvider({
    websocketProvider: socket,
    name: `session/${device}`,
    document,
    awareness: null,
    token,
    onAuthenticated: () => {
      ready.emit()
    },
    onAuthenticationFailed: ({ reason }) => {
      const code = codeOfReason(reason)
      ends.emit(code === 'offline' ? 'unauthorised' : code)
    },
    onClose: closedBy,
    onStateless: ({ payload }) => {
      const frame = payload.length <= maxFrameText ? parseBase64(payload) : null
      if (frame && frame.length > 0) frames.emit(frame)
      else ends.emit('bad-frame')
    },
  })
  provider.attach()
  let destroyed = false
  return {
    provider,
    bufferedBytes: () => socket.webSocket?.bufferedAmount ?? 0,
    onReady: ready.subscribe,
    onEnd: ends.subscribe,
    onFrame: frames.subscribe,
    destroy: (): void => {
      if (destroyed) return
      destroyed = true
      provider.destroy()
      socket.destroy()
      document.destroy()
    },
  }
}

function codeOfReason(text: string): string {
  return reasonCodes[text] ?? (/^[a-z][a-z0-9-]{0,63}$/u.test(text) ? text : 'offline')
}

/** Whatever the relay says is a sign of life; it is asked for one when it was silent. */
function watchLife(wire: Pick<ReturnType<typeof openWire>, 'provider' | 'bufferedBytes'>, clock: Clock, dead: () => void) {
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
