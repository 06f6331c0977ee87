/** The network of a member's device: a session with the relay, and direct links. One tab of a device has it at a time. */
import type { MemberDevice } from './member-device.ts'
import type { PeerLines } from './peer-lines.ts'
import type { PeerNetwork, RelayState } from './ports.ts'
import type { RelayLine } from './relay-line.ts'
import type { SharedRelayState } from './relay-state.ts'
import { memberIdentity } from './session-identity.ts'

export interface Online {
  /** Holds session and direct links until the signal aborts. */
  begin(signal: AbortSignal): void
  isLeading(): boolean
  relayState(): RelayState
  network(): PeerNetwork | null
  /** Takes in what the leading tab has said of the relay. */
  refresh(): Promise<void>
}

export interface OnlineOptions {
  readonly line: RelayLine
  readonly peers: PeerLines
  readonly relayState: SharedRelayState
  onChange(): void
}

export function makeOnline(device: MemberDevice, { line, peers, relayState, onChange }: OnlineOptions): Online {
  const { ports, account, origin } = device
  let network: PeerNetwork | null = null
  let leading: AbortSignal | null = null
  return {
    isLeading: () => leading?.aborted === false,
    relayState: relayState.read,
    network: () => network,
    refresh: relayState.refresh,
    begin: (signal) => {
      leading = signal
      const handlers = { onSession: line.onSession, onState: relayState.lead(signal) }
      ports.relay.keep({ origin, identity: memberIdentity(ports, account), signal, handlers })
      void openNetwork(device, peers, signal).then((opened) => {
        if (signal.aborted) return
        network = opened
        network?.setWanted(peers.wanted())
      })
      signal.addEventListener('abort', () => {
        network = null
        onChange()
      })
    },
  }
}

async function openNetwork({ ports, account, origin }: MemberDevice, peers: PeerLines, signal: AbortSignal): Promise<PeerNetwork | null> {
  try {
    const { transportSeed } = account
    return (await ports.peers?.open({ origin, transportSeed, allow: peers.allows, onLink: peers.take, signal })) ?? null
  } catch (thrown) {
    ports.log?.('no-direct-network', { error: String(thrown) })
    return null
  }
}
