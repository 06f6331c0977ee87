/** The composition root of a tab: this device's vault and replica over the browser's storage and network. */
import { createLeader, openIndexedDbStore, openVault } from '@poruch/adapters-browser'
import type { Sealer, Vault, VaultCipher } from '@poruch/adapters-browser'
import { concatBytes, emptyBytes, encodeUtf8, parseHex, parseUtf8, systemClock, toHex } from '@poruch/base'
import { generateVaultKey, systemRandom, unwrapVaultKey, vaultRecordsKey, webCryptoSuite, wrapVaultKey } from '@poruch/crypto'
import type { AeadKey, Suite } from '@poruch/crypto'
import { openReplica } from '@poruch/replica'
import type { PeersPort, RelayPort, TabsPort } from '@poruch/replica'
import { makeNetworkTaps, makeTraceRecorder } from '@poruch/replica/devtools'
import type { LogStore } from '@poruch/sync'
import { noteClosedStorage, watchRoom } from './storage.ts'
import { watchIdle } from './auto-lock.ts'
import { shareFaults } from '../features/devtools/share-faults.ts'
import { openDevice } from './device.ts'
import type { Device, OpenTab, TabKey } from './device.ts'

/** One database per profile. */
const databaseName = 'poruch'
const nonceSizeBytes = 12
/** A first screen takes less; the log is read then, whether anybody looks or not. */
const maxShowMs = 500
/** As often as an unreachable relay is tried. */
const chunkRetryMs = 8000

/** Opens this device, or shows its lock. */
export async function boot(): Promise<Device> {
  // On its way while the vault is opened; whoever needs it waits for it, and says what went wrong.
  relayLine().catch(() => undefined)
  const vault = await openVault({ name: databaseName, cipher: vaultCipher, clock: systemClock })
  const device = await openDevice({
    vault,
    clock: systemClock,
    openTab: async (key) => openTab(vault, key),
    leave: () => {
      location.reload()
    },
  })
  watchIdle(device, systemClock)
  return device
}

const vaultCipher: VaultCipher = {
  generate: async () => (await generateVaultKey()).handle,
  wrap: async (handle, passphrase) => wrapVaultKey({ handle }, passphrase),
  unwrap: async (wrapped, passphrase) => (await unwrapVaultKey(wrapped, passphrase))?.handle ?? null,
}

/** Opens what this device holds. The network follows by itself, in one tab of the device at a time. */
async function openTab(vault: Vault, key: TabKey): Promise<OpenTab> {
  const suite = webCryptoSuite()
  const recordsKey = key.kind === 'older' ? { handle: key.handle } : await vaultRecordsKey(key)
  let isOpen = true
  const onClosed = (): void => {
    // By the browser, and not by this tab on its way out.
    if (isOpen) noteClosedStorage()
  }
  const store = watchRoom(await openIndexedDbStore({ name: databaseName, seal: makeSealer(suite, recordsKey), onClosed }))
  const tabs = openTabs()
  const taps = makeNetworkTaps({ clock: systemClock, random: systemRandom })
  const sharing = shareFaults(taps.faults, new BroadcastChannel(`${databaseName}-faults`))
  const replica = await openReplica({
    suite,
    random: systemRandom,
    clock: systemClock,
    store,
    olderKeys: { loadKey: vault.loadOlderKey },
    relay: taps.relay(relayPort),
    peers: taps.peers(peersPort(store)),
    tabs: tabs.port,
    whenShown,
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
  const look = (): void => {
    if (document.visibilityState === 'visible') leader.ask()
  }
  document.addEventListener('visibilitychange', look)
  // So does one that has something to send: a leader in the background may have been put to sleep since.
  replica.connection.subscribe(() => {
    if (replica.connection.read().unsent > 0) leader.ask()
  })
  const goodbye = (): void => {
    replica.goodbye()
  }
  window.addEventListener('pagehide', goodbye)
  leader.ask()
  return {
    replica,
    devtools: { faults: taps.faults, recorder: makeTraceRecorder({ taps, clock: systemClock, holdings: replica.holdings }) },
    close: async () => {
      isOpen = false
      document.removeEventListener('visibilitychange', look)
      window.removeEventListener('pagehide', goodbye)
      leader.close()
      await replica.close()
      tabs.close()
      sharing.close()
    },
  }
}

/** After the next frame, or where none comes, as in a tab in the background. */
async function whenShown(): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = systemClock.after(maxShowMs, resolve)
    requestAnimationFrame(() => {
      // Once it is painted.
      systemClock.after(0, () => {
        cancel()
        resolve()
      })
    })
  })
}

function makeSealer(suite: Suite, key: AeadKey): Sealer {
  return {
    seal: async (plain) => {
      const nonce = systemRandom.bytes(nonceSizeBytes)
      return concatBytes(nonce, await suite.seal(key, nonce, emptyBytes, plain))
    },
    open: async (sealed) =>
      sealed.length < nonceSizeBytes ? null : suite.open(key, sealed.slice(0, nonceSizeBytes), emptyBytes, sealed.slice(nonceSizeBytes)),
  }
}

/** The tabs of one profile hear each other; what they say is kept nowhere. */
function openTabs(): { readonly port: TabsPort; close(): void } {
  const channel = new BroadcastChannel(`${databaseName}-signs`)
  return {
    port: {
      post: (message) => channel.postMessage(message),
      onMessage: (listener) => {
        const hear = ({ data }: MessageEvent<unknown>): void => listener(data)
        channel.addEventListener('message', hear)
        return () => channel.removeEventListener('message', hear)
      },
    },
    close: () => channel.close(),
  }
}

/** A chunk of its own: what a first screen shows comes from this device. */
const relayLine = async () => import('@poruch/adapters-browser/relay')

const relayPort: RelayPort = {
  keep: ({ origin, identity, handlers, signal }) => {
    const keep = async (): Promise<void> => {
      const { connectRelay, keepRelay } = await relayLine()
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
    }
    const tryKeep = (): void => {
      handlers.onState({ name: 'connecting' })
      keep().catch(() => {
        // The chunk itself did not come: there is no network, and the service worker has not kept the files yet.
        handlers.onState({ name: 'offline' })
        const cancel = systemClock.after(chunkRetryMs, tryKeep)
        signal.addEventListener('abort', cancel, { once: true })
      })
    }
    tryKeep()
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
    const { fetchRelay } = await relayLine()
    const { peer } = await fetchRelay(origin, { signal })
    await store.putRecords([{ collection: 'relay-peers', key: origin, value: encodeUtf8(peer) }])
    return peer
  } catch (thrown) {
    const peer = remembered && parseUtf8(remembered)
    if (peer) return peer
    throw thrown
  }
}
