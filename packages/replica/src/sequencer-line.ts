/** The way to whoever orders the log: the relay's session, a direct link to a member's device, or this device itself. */
import { makeEmitter } from '@poruch/base'
import type { DeviceId, UserId } from '@poruch/base'
import type { Frame } from '@poruch/sync/wire'
import { makeRequests } from './control.ts'
import type { Requests, Session } from './control.ts'
import { ReplicaError } from './errors.ts'
import type { Steward } from './steward.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface SequencerLine extends Pick<Requests, 'connected' | 'request' | 'onConnected'> {
  /** A direct link to this device of a member is there, until it closes. */
  attachPeer(device: DeviceId, session: Session): void
  /** The member whose device orders the log and is not linked; null otherwise. */
  absent(): UserId | null
}

export interface SequencerLineOptions {
  readonly relay: Requests
  readonly steward: Steward
  readonly account: { readonly device: DeviceId }
  readonly log: WorkspaceLog
}

export function makeSequencerLine({ relay, steward, account, log }: SequencerLineOptions): SequencerLine {
  const peers = new Map<DeviceId, Requests>()
  const connections = makeEmitter<void>()
  relay.onConnected(connections.emit)
  /** Null for this device itself. */
  const present = (): Requests | null => {
    const other = steward.device()
    if (!other) return relay
    return other.device === account.device ? null : (peers.get(other.device) ?? nobody)
  }
  const askMyself = async (frame: Frame): Promise<Frame> => {
    if (frame.type !== 'PROPOSE') throw new ReplicaError('refused', 'not for a device', { reason: 'unexpected-frame' })
    const outcome = await steward.order(frame.records)
    if (outcome.kind === 'refused') throw new ReplicaError('refused', outcome.reason, { reason: outcome.reason })
    if (outcome.kind === 'moved') return { type: 'MOVED', ref: frame.ref, scope: log.scope, pos: outcome.pos, id: outcome.id }
    // The entries themselves are the answer, as a relay's.
    return new Promise<never>(() => {})
  }
  return {
    get connected() {
      return present()?.connected ?? true
    },
    request: (make) => present()?.request(make) ?? { answer: askMyself(make(0)), forget: () => {} },
    onConnected: connections.subscribe,
    attachPeer: (device, session) => {
      const requests = makeRequests()
      peers.set(device, requests)
      session.onClose(() => {
        if (peers.get(device) === requests) peers.delete(device)
      })
      requests.attach(session)
      connections.emit()
    },
    absent: () => {
      const other = steward.device()
      return other && other.device !== account.device && !peers.has(other.device) ? other.user : null
    },
  }
}

/** Of a device that is not linked. */
const nobody: Requests = makeRequests()
