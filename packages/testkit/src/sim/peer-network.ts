/** The direct network between devices: who dials whom, and which lines stand. */
import { toHex } from '@poruch/base'
import type { Clock } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { PeersPort } from '@poruch/replica'
import type { FrameLink } from '@poruch/sync'
import type { Chance } from './chance.ts'
import type { Line, Side } from './line.ts'

export interface PeerNetwork {
  /** The port of one run of a device. `name` is that of the device in the simulated network. */
  port(name: string): PeersPort
  /** The device has crashed: it hears nothing any more. */
  leave(name: string): void
  /** Paths have changed: lost ones go, and those that are possible again are dialled. */
  review(): void
  /** Loses every line. */
  dropAll(): void
  lines(): readonly PeerLine[]
}

export interface PeerLine {
  readonly line: Line
  readonly left: string
  readonly right: string
}

export interface PeerNetworkOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly suite: Suite
  reaches(one: string, other: string): boolean
  makeLine(left: string, right: string): Line
}

interface Endpoint {
  readonly name: string
  readonly key: string
  wanted: ReadonlySet<string>
  allow(key: string): boolean
  onLink(key: string, link: FrameLink): void
}

/** From the wish to the open link: signalling, ICE. */
const minDialMs = 50
const maxDialMs = 800
/** Until a failed or lost link is tried again. */
const redialMs = 2500

export function makePeerNetwork(options: PeerNetworkOptions): PeerNetwork {
  const { clock, chance, suite } = options
  const endpoints = new Map<string, Endpoint>()
  const lines = new Map<string, PeerLine>()
  const dialling = new Set<string>()
  const isWanted = (a: Endpoint, b: Endpoint): boolean => a.wanted.has(b.key) || b.wanted.has(a.key)

  const dialLater = (a: Endpoint, b: Endpoint, delayMs: number): void => {
    const name = pairName(a.name, b.name)
    if (dialling.has(name) || lines.has(name) || !isWanted(a, b)) return
    dialling.add(name)
    clock.after(delayMs, () => {
      dialling.delete(name)
      if (endpoints.get(a.name) !== a || endpoints.get(b.name) !== b || lines.has(name) || !isWanted(a, b)) return
      // Without a path nothing is tried: `review` says when there is one.
      if (!options.reaches(a.name, b.name)) return
      if (a.allow(b.key) && b.allow(a.key)) open(a, b, name)
      else dialLater(a, b, redialMs)
    })
  }
  const open = (a: Endpoint, b: Endpoint, name: string): void => {
    const line = options.makeLine(a.name, b.name)
    const peerLine: PeerLine = { line, left: a.name, right: b.name }
    lines.set(name, peerLine)
    const gone = (): void => {
      if (lines.get(name) !== peerLine) return
      lines.delete(name)
      const [left, right] = [endpoints.get(a.name), endpoints.get(b.name)]
      if (left && right) dialLater(left, right, redialMs)
    }
    line.left.onClose(gone)
    line.right.onClose(gone)
    a.onLink(b.key, line.left)
    b.onLink(a.key, line.right)
  }
  const dialAll = (a: Endpoint): void => {
    for (const b of endpoints.values()) if (b !== a) dialLater(a, b, chance.between(minDialMs, maxDialMs))
  }
  const closeStrangers = (a: Endpoint): void => {
    for (const { line, left, right } of lines.values()) {
      const [own, otherName] = left === a.name ? [line.left, right] : [line.right, left]
      const other = endpoints.get(otherName)
      if ((left === a.name || right === a.name) && other && !a.allow(other.key)) own.close('not-a-member')
    }
  }
  const lose = (name: string, { line, left }: PeerLine, deaf?: string): void => {
    lines.delete(name)
    line.lose(deaf === undefined ? undefined : sideOf(deaf, left))
  }
  return {
    port: (name) => ({
      open: async ({ transportSeed, allow, onLink, signal }) => {
        const key = toHex((await suite.signingKeyFromSeed(transportSeed)).publicKey)
        const endpoint: Endpoint = { name, key, wanted: new Set(), allow, onLink }
        endpoints.set(name, endpoint)
        signal.addEventListener('abort', () => {
          if (endpoints.get(name) === endpoint) endpoints.delete(name)
        })
        return {
          setWanted: (keys) => {
            endpoint.wanted = new Set(keys)
            if (endpoints.get(name) !== endpoint) return
            closeStrangers(endpoint)
            dialAll(endpoint)
          },
          roundTripMs: () => null,
        }
      },
    }),
    leave: (name) => {
      endpoints.delete(name)
      for (const [pair, peerLine] of lines) if (peerLine.left === name || peerLine.right === name) lose(pair, peerLine, name)
    },
    review: () => {
      for (const [pair, peerLine] of lines) if (!options.reaches(peerLine.left, peerLine.right)) lose(pair, peerLine)
      for (const endpoint of endpoints.values()) dialAll(endpoint)
    },
    dropAll: () => {
      for (const [pair, peerLine] of lines) lose(pair, peerLine)
      for (const endpoint of endpoints.values()) dialAll(endpoint)
    },
    lines: () => [...lines.values()],
  }
}

function pairName(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`
}

function sideOf(name: string, left: string): Side {
  return name === left ? 'left' : 'right'
}
