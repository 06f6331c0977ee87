/** Decides who dials whom and when: the peer with the higher key at once, the other one only if that does not work. */
import { compareBytes, toHex } from '@poruch/base'
import type { Bytes, Clock, Random } from '@poruch/base'
import { makeBackOff } from '../back-off.ts'
import type { BackOff } from '../back-off.ts'

export const firstRedialMs = 500
/** The longest wait between two tries: a peer that comes back is found within it. */
export const maxRedialMs = 15_000
/** How long the peer with the lower key leaves the dialling to the other one. */
export const lowerWaitsMs = 4000
/** A link that stood this long starts the waits over. */
export const steadyLinkMs = 10_000
/** One browser keeps no more direct peers than this; the rest is reached through the relay. */
export const maxWantedPeers = 64

export interface DialPlan {
  /** Replaces the list of transport keys to hold links with; of more than {@link maxWantedPeers} the first are taken. */
  setWanted(keys: readonly Bytes[]): void
  /** A first link with this peer stands. */
  linked(key: Bytes): void
  /** The last link with this peer is gone. */
  unlinked(key: Bytes): void
  /** Trying is worth it again (the relay is back, the network changed). */
  wake(): void
  close(): void
}

export interface DialPlanOptions {
  /** This device's transport key. */
  readonly self: Bytes
  readonly clock: Clock
  readonly random: Random
  /** False while no relay could introduce anyone; dialling then waits for `wake`. */
  readonly canDial: () => boolean
  /** Whether a link with this peer stands already, by its own dialling. */
  readonly isLinked: (key: Bytes) => boolean
  /** One try; `linked` is called from elsewhere when it led to a link. */
  readonly dial: (key: Bytes) => Promise<void>
}

interface Wanted {
  readonly key: Bytes
  readonly higher: boolean
  readonly backOff: BackOff
  state: 'waiting' | 'dialling' | 'linked'
  cancel: () => void
}

const nothing = (): void => undefined

export function makeDialPlan(options: DialPlanOptions): DialPlan {
  const { self } = options
  const wanted = new Map<string, Wanted>()
  const dialler = makeDialler(options, (peer) => wanted.get(toHex(peer.key)) === peer)
  return {
    setWanted: (keys) => {
      const named = new Map(keys.filter((key) => compareBytes(key, self) !== 0).map((key) => [toHex(key), key]))
      const next = new Map([...named].slice(0, maxWantedPeers))
      for (const [name, peer] of wanted) {
        if (next.has(name)) continue
        peer.cancel()
        wanted.delete(name)
      }
      for (const [name, key] of next) if (!wanted.has(name)) wanted.set(name, dialler.begin(key))
    },
    linked: (key) => {
      const peer = wanted.get(toHex(key))
      if (peer) dialler.rest(peer)
    },
    unlinked: (key) => {
      const peer = wanted.get(toHex(key))
      if (peer) dialler.again(peer)
    },
    wake: () => {
      for (const peer of wanted.values()) {
        if (peer.state !== 'waiting') continue
        peer.backOff.reset()
        dialler.again(peer)
      }
    },
    close: () => {
      for (const peer of wanted.values()) peer.cancel()
      wanted.clear()
    },
  }
}

/** The timers and tries of single peers. A peer that `isWanted` does not know any more is left alone. */
function makeDialler(options: DialPlanOptions, isWanted: (peer: Wanted) => boolean) {
  const { self, clock, random } = options
  const wait = (peer: Wanted, delayMs: number): void => {
    peer.cancel()
    peer.state = 'waiting'
    peer.cancel = clock.after(delayMs, () => {
      dial(peer)
    })
  }
  const dial = (peer: Wanted): void => {
    peer.cancel = nothing
    if (!options.canDial()) return
    peer.state = 'dialling'
    const tried = (): void => {
      if (peer.state === 'dialling' && isWanted(peer)) wait(peer, peer.backOff.next())
    }
    options.dial(peer.key).then(tried, tried)
  }
  const rest = (peer: Wanted): void => {
    peer.cancel()
    peer.state = 'linked'
    peer.cancel = clock.after(steadyLinkMs, peer.backOff.reset)
  }
  const headStart = (peer: Wanted): number => (peer.higher ? 0 : lowerWaitsMs)
  return {
    rest,
    begin: (key: Bytes): Wanted => {
      const backOff = makeBackOff({ firstMs: firstRedialMs, maxMs: maxRedialMs, random })
      const peer: Wanted = { key, higher: compareBytes(self, key) > 0, backOff, state: 'waiting', cancel: nothing }
      if (options.isLinked(key)) rest(peer)
      else wait(peer, headStart(peer))
      return peer
    },
    again: (peer: Wanted): void => {
      wait(peer, peer.backOff.next() + headStart(peer))
    },
  }
}
