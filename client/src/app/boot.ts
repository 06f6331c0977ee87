/** The composition root of a tab: this device's replica over the browser's storage and network. */
import { createLeader, fetchRelay, keepRelay, connectRelay, openIndexedDbStore, openKeyStore } from '@poruch/adapters-browser'
import type { KeyStore, Sealer } from '@poruch/adapters-browser'
import { concatBytes, emptyBytes, encodeUtf8, parseHex, parseUtf8, systemClock, toHex } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import type { AeadKey, Suite } from '@poruch/crypto'
import { openReplica } from '@poruch/replica'
import type { PeersPort, RelayPort, Replica } from '@poruch/replica'
import type { LogStore } from '@poruch/sync'

/** One database per profile. */
const databaseName = 'poruch'
const nonceSizeBytes = 12

/** Opens what this device holds. The network follows by itself, in one tab of the device at a time. */
export async function boot(): Promise<Replica> {
  const suite = webCryptoSuite()
  const keys = await openKeyStore({ name: databaseName })
  const store = await openIndexedDbStore({ name: databaseName, seal: await openSealer(suite, keys) })
  const replica = await openReplica({
    suite,
    random: systemRandom,
    clock: systemClock,
    store,
    olderKeys: keys,
    relay: relayPort,
    peers: peersPort(store),
    log: (event, detail) => {
      // Codes and counts only; see the port.
      console.debug(`poruch: ${event}`, detail ?? '')
    },
  })
  const leader = createLeader({
    name: databaseName,
    clock: systemClock,
    random: systemRandom,
    onLead: (signal) => {
      replica.goOnline(signal)
    },
  })
  // A tab that is looked at wants a leader that answers.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') leader.ask()
  })
  leader.ask()
  return replica
}

/** Records at rest: under a key that this browser keeps and never hands out. */
async function openSealer(suite: Suite, keys: KeyStore): Promise<Sealer> {
  const name = 'at-rest'
  const present = await keys.loadKey(name)
  const key: AeadKey = { handle: present ?? (await keys.saveKey(name, (await suite.generateAeadKey()).handle)) }
  return {
    seal: async (plain) => {
      const nonce = systemRandom.bytes(nonceSizeBytes)
      return concatBytes(nonce, await suite.seal(key, nonce, emptyBytes, plain))
    },
    open: async (sealed) =>
      sealed.length < nonceSizeBytes ? null : suite.open(key, sealed.slice(0, nonceSizeBytes), emptyBytes, sealed.slice(nonceSizeBytes)),
  }
}

const relayPort: RelayPort = {
  keep: ({ origin, identity, handlers, signal }) => {
    keepRelay({
      clock: systemClock,
      random: systemRandom,
      signal,
      connect: async ({ signal: attempt }) =>
        connectRelay({ origin, device: identity.device, authenticate: identity, clock: systemClock, signal: attempt }),
      onState: (state) => {
        if (state.kind === 'refused') handlers.onState({ name: 'refused', code: state.code })
        else handlers.onState({ name: state.kind })
        if (state.kind === 'connected') handlers.onSession(state.connection)
      },
    })
  },
}

/** libp2p is large and comes as a chunk of its own, after the first screen. */
function peersPort(store: LogStore): PeersPort {
  return {
    open: async ({ origin, transportSeed, allow, onLink, signal }) => {
      const peerId = await relayPeerId(store, origin, signal)
      const { openPeerNode } = await import('@poruch/adapters-browser/peers')
      const node = await openPeerNode({
        transportSeed,
        relay: { origin, peerId },
        allow: (key) => allow(toHex(key)),
        iceServers: [],
        onLink: (key, link) => {
          onLink(toHex(key), link)
        },
        clock: systemClock,
        random: systemRandom,
        signal,
      })
      return {
        setWanted: (transportKeys) => {
          node.setWanted(transportKeys.flatMap((key) => parseHex(key) ?? []))
        },
        roundTripMs: (transportKey) => node.linked.read().find(({ key }) => key === transportKey)?.roundTripMs ?? null,
      }
    },
  }
}

/** The relay's name among peers; remembered, so that a tab opened while the relay is away finds it when it is back. */
async function relayPeerId(store: LogStore, origin: string, signal: AbortSignal): Promise<string> {
  const remembered = await store.getRecord('relay-peers', origin)
  try {
    const { peer } = await fetchRelay(origin, { signal })
    await store.putRecords([{ collection: 'relay-peers', key: origin, value: encodeUtf8(peer) }])
    return peer
  } catch (thrown) {
    const peer = remembered && parseUtf8(remembered)
    if (peer) return peer
    throw thrown
  }
}
