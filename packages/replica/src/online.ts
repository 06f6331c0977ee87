/** The network of a member's device: a session with the relay, and direct links. One tab of a device has it at a time. */
import { codeOf } from '@poruch/base'
import { ReplicaError } from './errors.ts'
import type { MemberDevice } from './member-device.ts'
import type { PeerLines } from './peer-lines.ts'
import type { PeerNetwork, RelayState } from './ports.ts'
import type { RelayLine } from './relay-line.ts'
import type { SharedRelayState } from './relay-state.ts'
import { askOver, withRelay } from './relay-visit.ts'
import { oweKeysAgain, seedLog, seedProofOf } from './seeding.ts'
import { memberIdentity, seederIdentity } from './session-identity.ts'

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
  let network: PeerNetwork | null = null
  let leading: AbortSignal | null = null
  return {
    isLeading: () => leading?.aborted === false,
    relayState: relayState.read,
    network: () => network,
    refresh: relayState.refresh,
    begin: (signal) => {
      leading = signal
      holdSession(device, { signal, onSession: line.onSession, onState: relayState.lead(signal) })
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

interface Holding {
  readonly signal: AbortSignal
  readonly onSession: RelayLine['onSession']
  onState(state: RelayState): void
}

/** A session as the member that this device is; where the relay knows nothing of that, it may have lost the log: it is brought back. */
function holdSession(device: MemberDevice, holding: Holding): void {
  const { ports, account, origin } = device
  const { signal, onSession } = holding
  const session = new AbortController()
  const end = (): void => session.abort()
  signal.addEventListener('abort', end, { once: true })
  let isTried = false
  const onState = (state: RelayState): void => {
    holding.onState(state)
    if (state.name !== 'refused' || state.code !== 'not-a-member' || isTried) return
    isTried = true
    bringBack(device, session.signal)
      .then(() => {
        signal.removeEventListener('abort', end)
        end()
        if (!signal.aborted) holdSession(device, holding)
      })
      .catch((thrown: unknown) => {
        isTried = false
        ports.log?.('log-not-brought-back', { code: codeOf(thrown) })
      })
  }
  ports.relay.keep({ origin, identity: memberIdentity(ports, account), signal: session.signal, handlers: { onSession, onState } })
}

/** @throws ReplicaError `refused` when the relay has it, and this device is no member's there */
async function bringBack({ ports, account, origin, log, exchange }: MemberDevice, signal: AbortSignal): Promise<void> {
  const proof = log.fold.member(account.user) && seedProofOf(log)
  if (!proof) throw new ReplicaError('not-member', 'nothing to bring back')
  const identity = seederIdentity(ports, account, proof)
  await withRelay({ ports, signal }, { origin, identity, isPatient: () => false }, async ({ session }) => seedLog(log, askOver(session)))
  await oweKeysAgain(ports, log, exchange)
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
