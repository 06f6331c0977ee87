/** A direct network for tests: two devices are linked while both want it. */
import { toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { makeLinkPair } from '@poruch/testkit/memory'
import type { LinkPair } from '@poruch/testkit/memory'
import type { PeersPort } from '../ports.ts'

interface Node {
  readonly key: string
  wanted: readonly string[]
  readonly links: Map<string, () => void>
  allow(key: string): boolean
  onLink: Parameters<PeersPort['open']>[0]['onLink']
}

export interface PeerAir {
  readonly port: PeersPort
  /** False: no direct links at all. */
  set(open: boolean): void
  /** Links all nodes, wanted and allowed or not: what a patched client may do. */
  force(): void
  /** Sends a frame to both ends of all links, as if it came from the other. */
  inject(frame: Bytes): void
}

export function makePeerAir(suite: Suite): PeerAir {
  const nodes = new Map<string, Node>()
  const pairs = new Set<LinkPair>()
  let isOpen = true
  const cut = (node: Node, keep: (key: string) => boolean): void => {
    for (const [key, close] of node.links) if (!keep(key)) close()
  }
  const match = (): void => {
    for (const node of nodes.values()) cut(node, (key) => isOpen && node.wanted.includes(key) && nodes.has(key))
    if (!isOpen) return
    for (const a of nodes.values()) {
      for (const b of nodes.values()) {
        if (a.key >= b.key || a.links.has(b.key) || !a.wanted.includes(b.key) || !b.wanted.includes(a.key)) continue
        if (a.allow(b.key) && b.allow(a.key)) link(pairs, a, b)
      }
    }
  }
  return {
    set: (open) => {
      isOpen = open
      match()
    },
    force: () => {
      for (const a of nodes.values()) for (const b of nodes.values()) if (a.key < b.key && !a.links.has(b.key)) link(pairs, a, b)
    },
    inject: (frame) => {
      for (const { left, right } of pairs) {
        left.send(frame)
        right.send(frame)
      }
    },
    port: {
      open: async ({ transportSeed, allow, onLink, signal }) => {
        const key = toHex((await suite.signingKeyFromSeed(transportSeed)).publicKey)
        const node: Node = { key, wanted: [], links: new Map(), allow, onLink }
        nodes.set(key, node)
        signal.addEventListener('abort', () => {
          if (nodes.get(key) === node) nodes.delete(key)
          cut(node, () => false)
        })
        return {
          setWanted: (keys) => {
            node.wanted = keys
            match()
          },
          roundTripMs: () => null,
        }
      },
    },
  }
}

function link(pairs: Set<LinkPair>, a: Node, b: Node): void {
  const pair = makeLinkPair()
  pairs.add(pair)
  const close = (): void => pair.left.close('cut')
  a.links.set(b.key, close)
  b.links.set(a.key, close)
  pair.left.onClose(() => {
    pairs.delete(pair)
    a.links.delete(b.key)
    b.links.delete(a.key)
  })
  a.onLink(b.key, pair.left)
  b.onLink(a.key, pair.right)
}
