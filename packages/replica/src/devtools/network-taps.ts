/** Stands between this tab's device and its network: makes it worse when asked to, and tells whoever listens what passes. */
import { copyBytes, makeCell, makeEmitter } from '@poruch/base'
import type { Bytes, Cell, Clock, Random } from '@poruch/base'
import type { BulkReader, FrameLink } from '@poruch/sync'
import type { PeersPort, RelayPort } from '../ports.ts'

export interface Faults {
  readonly offline: boolean
  readonly slow: boolean
  readonly lossy: boolean
}

export interface TapEvent {
  /** `from>to`: `me`, `relay`, `bulk`, or the first characters of a peer's transport key. */
  readonly path: string
  /** Null when a line was opened (`open`) or closed. */
  readonly frame: Bytes | null
  readonly note: 'open' | 'closed' | null
}

export interface NetworkTaps {
  readonly faults: Cell<Faults>
  onEvent(listener: (event: TapEvent) => void): () => void
  relay(port: RelayPort): RelayPort
  peers(port: PeersPort): PeersPort
}

export const noFaults: Faults = { offline: false, slow: false, lossy: false }
/** One way: a satellite's. */
const slowDelayMs = 400
const lossRate = 0.1
const peerNameCharacters = 8
const byteValues = 256

interface Tap {
  readonly clock: Clock
  readonly random: Random
  readonly faults: Cell<Faults>
  tell(event: TapEvent): void
}

export function makeNetworkTaps({ clock, random }: { readonly clock: Clock; readonly random: Random }): NetworkTaps {
  const events = makeEmitter<TapEvent>()
  const tap: Tap = { clock, random, faults: makeCell(noFaults), tell: (event) => events.emit(event) }
  return {
    faults: tap.faults,
    onEvent: events.subscribe,
    relay: (port) => ({
      keep: (options) => {
        keepWhileOnline(tap, port, options)
      },
    }),
    peers: (port) => ({
      open: async (options) => {
        const network = await port.open({
          ...options,
          onLink: (key, link) => {
            if (tap.faults.read().offline) link.close('offline')
            else options.onLink(key, tapLink(tap, link, key.slice(0, peerNameCharacters)))
          },
        })
        let wanted: readonly string[] = []
        const settle = (): void => {
          network.setWanted(tap.faults.read().offline ? [] : wanted)
        }
        options.signal.addEventListener('abort', tap.faults.subscribe(settle), { once: true })
        return {
          ...network,
          setWanted: (keys) => {
            wanted = keys
            settle()
          },
        }
      },
    }),
  }
}

/** Offline is a relay that is not asked. */
function keepWhileOnline(tap: Tap, port: RelayPort, options: Parameters<RelayPort['keep']>[0]): void {
  const { handlers, signal } = options
  let session: AbortController | null = null
  const follow = (): void => {
    if (tap.faults.read().offline) {
      session?.abort()
      session = null
      handlers.onState({ name: 'offline' })
    } else if (!session) {
      session = new AbortController()
      port.keep({
        ...options,
        signal: session.signal,
        handlers: {
          onState: handlers.onState,
          onSession: (opened) => {
            handlers.onSession({ ...opened, link: tapLink(tap, opened.link, 'relay'), bulk: tapBulk(tap, opened.bulk) })
          },
        },
      })
    }
  }
  const stop = tap.faults.subscribe(follow)
  signal.addEventListener(
    'abort',
    () => {
      stop()
      session?.abort()
    },
    { once: true },
  )
  if (!signal.aborted) follow()
}

function tapLink(tap: Tap, link: FrameLink, name: string): FrameLink {
  tap.tell({ path: `${name}>me`, frame: null, note: 'open' })
  const out = makeWay(tap, (frame: Bytes) => void link.send(frame))
  const stop = tap.faults.subscribe(() => {
    if (tap.faults.read().offline) link.close('offline')
  })
  link.onClose(() => {
    stop()
    tap.tell({ path: `${name}>me`, frame: null, note: 'closed' })
  })
  return {
    ...link,
    send: (frame) => {
      tap.tell({ path: `me>${name}`, frame, note: null })
      return out.isClear() ? link.send(frame) : out.pass(copyBytes(frame))
    },
    onFrame: (listener) => {
      const into = makeWay(tap, listener)
      return link.onFrame((frame) => {
        tap.tell({ path: `${name}>me`, frame, note: null })
        if (into.isClear()) listener(frame)
        else into.pass(copyBytes(frame))
      })
    },
  }
}

/** A way that keeps the order, loses some frames when it is lossy, and takes its time when it is slow. */
function makeWay({ clock, random, faults }: Tap, arrive: (frame: Bytes) => void) {
  let underWay = 0
  return {
    isClear: () => underWay === 0 && !faults.read().slow && !faults.read().lossy,
    pass: (frame: Bytes): boolean => {
      const { slow, lossy } = faults.read()
      if (lossy && (random.bytes(1)[0] ?? 0) < lossRate * byteValues) return true
      underWay++
      // What is sent after the switch was turned back must not overtake what is under way.
      clock.after(slow || underWay > 1 ? slowDelayMs : 0, () => {
        underWay--
        arrive(frame)
      })
      return true
    },
  }
}

function tapBulk(tap: Tap, bulk: BulkReader): BulkReader {
  return {
    sync: async (request, onFrame, options) => {
      tap.tell({ path: 'me>bulk', frame: request, note: null })
      if (tap.faults.read().slow) await new Promise<void>((resolve) => void tap.clock.after(slowDelayMs, resolve))
      await bulk.sync(
        request,
        async (frame) => {
          tap.tell({ path: 'bulk>me', frame, note: null })
          await onFrame(frame)
        },
        options,
      )
    },
  }
}
