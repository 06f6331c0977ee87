/** Who may connect: challenges, proofs, tokens. */
import { concatBytes, equalBytes, idFromBytes, idToBytes, makeByteReader, toHex } from '@poruch/base'
import type { Bytes, Clock, DeviceId, InvitationId, Judged } from '@poruch/base'
import { makeBuckets } from './bucket.ts'
import {
  maxAccountSessionsAtOnce,
  accountSessionRefillMs,
  challengeLifeMs,
  maxDeviceSessionsAtOnce,
  deviceSessionRefillMs,
  maxChallenges,
  maxPacedNames,
  maxRecoveriesAtOnce,
  maxTokens,
  recoveryRefillMs,
  tokenLifeMs,
} from './limits.ts'
import type { CorePorts, OpenedSession } from './ports.ts'
import type { Recovery, Scopes } from './scopes.ts'
import { seedProofBytes } from './seeding.ts'

const kinds = { device: 1, invitation: 2, setup: 3, recovery: 4, seed: 5 } as const
const maxProofBytes = 96
const maxRequestBytes = 512

export interface Session {
  readonly device: DeviceId
  readonly invitation: InvitationId | null
  readonly setup: boolean
  readonly recovery: Recovery | null
  /** It brings back a log that this relay lost. */
  readonly seeds: boolean
  /** Until then it may connect; while connected it has no end. */
  readonly madeAtMs: number
  connected: boolean
}

export interface Sessions {
  challenge(): Bytes
  open(request: Bytes): Promise<Judged<OpenedSession>>
  /** The session of a good token, or null. */
  find(token: Uint8Array): Session | null
}

interface SessionRequest {
  readonly challenge: Bytes
  readonly kind: number
  readonly device: DeviceId
  readonly proof: Bytes
  readonly sig: Bytes
}

export interface SessionsParts {
  readonly ports: CorePorts
  readonly scopes: Scopes
  /** Null when the invitation may be answered, or why not. */
  invitationFault(id: InvitationId, device: DeviceId): string | null
  /** Null when the proof lets in a device that brings back what this relay lost, or why not. */
  seedFault(proof: Bytes): Promise<string | null>
}

export function makeSessions({ ports, scopes, invitationFault, seedFault }: SessionsParts): Sessions {
  const { suite, clock, random, sequencerKey, setup } = ports
  const challenges = new Map<string, number>()
  const tokens = new Map<string, Session>()
  const spend = (challenge: Bytes): boolean => {
    const madeAt = challenges.get(toHex(challenge))
    challenges.delete(toHex(challenge))
    return madeAt !== undefined && isWithin(clock, madeAt, challengeLifeMs)
  }
  const isTooMany = makeSessionLimit(ports, scopes)
  const faultOf = async (request: SessionRequest): Promise<string | null> => {
    if (request.kind === kinds.device) return scopes.ofDevice(request.device).length > 0 ? null : 'not-a-member'
    if (request.kind === kinds.setup) {
      if (!setup || !equalBytes(setup, request.proof)) return 'bad-setup'
      return scopes.size === 0 || scopes.ofDevice(request.device).length > 0 ? null : 'setup-used'
    }
    if (request.kind === kinds.seed) return request.proof.length === seedProofBytes ? seedFault(request.proof) : 'bad-request'
    if (request.proof.length !== maxProofBytes) return 'bad-request'
    if (request.kind === kinds.recovery) return recoveryFault(request)
    const invitation = idFromBytes<'invitation'>(request.proof.slice(0, 32))
    const message = concatBytes(request.challenge, idToBytes(request.device))
    if (!(await suite.verify(idToBytes(invitation), 'poruch/session-link v1', message, request.proof.slice(32)))) return 'bad-signature'
    return invitationFault(invitation, request.device)
  }
  const recoveries = makeBuckets({ clock, size: maxRecoveriesAtOnce, refillMs: recoveryRefillMs, maxNames: maxPacedNames })
  /** Only who holds the key learns whether it is a member's: for others every key gives the same answer. */
  const recoveryFault = async ({ challenge, device, proof }: SessionRequest): Promise<string | null> => {
    const message = concatBytes(challenge, idToBytes(device))
    if (!(await suite.verify(proof.slice(0, 32), 'poruch/session-recovery v1', message, proof.slice(32)))) return 'bad-signature'
    const recovery = scopes.recovers(toHex(proof.slice(0, 32)))
    if (!recovery) return 'recovery-unknown'
    return recoveries.of(recovery.user).take() ? null : 'too-many-requests'
  }
  return {
    challenge: () => {
      const challenge = random.bytes(32)
      challenges.set(toHex(challenge), clock.now())
      dropOldest(challenges, maxChallenges, () => true)
      return challenge
    },
    open: async (bytes) => {
      const request = parseRequest(bytes)
      if (!request) return { ok: false, reason: 'bad-request' }
      if (!spend(request.challenge)) return { ok: false, reason: 'bad-challenge' }
      const message = concatBytes(request.challenge, Uint8Array.of(request.kind), sequencerKey.publicKey)
      if (!(await suite.verify(idToBytes(request.device), 'poruch/session v1', message, request.sig)))
        return { ok: false, reason: 'bad-signature' }
      // After the signature: nobody can use up what another device may open.
      if (isTooMany(request.device)) return { ok: false, reason: 'too-many-requests' }
      const fault = await faultOf(request)
      if (fault) return { ok: false, reason: fault }
      const token = random.bytes(32)
      const invitation = request.kind === kinds.invitation ? idFromBytes<'invitation'>(request.proof.slice(0, 32)) : null
      tokens.set(toHex(token), {
        device: request.device,
        invitation,
        setup: request.kind === kinds.setup,
        recovery: request.kind === kinds.recovery ? scopes.recovers(toHex(request.proof.slice(0, 32))) : null,
        seeds: request.kind === kinds.seed,
        madeAtMs: clock.now(),
        connected: false,
      })
      dropOldest(tokens, maxTokens, (session) => !session.connected)
      return { ok: true, value: { token, sequencer: sequencerKey.publicKey, device: request.device } }
    },
    find: (token) => {
      const name = toHex(token)
      const session = tokens.get(name)
      if (!session) return null
      if (session.connected || isWithin(clock, session.madeAtMs, tokenLifeMs)) return session
      tokens.delete(name)
      return null
    },
  }
}

/** By a clock that jumps, in either direction, what was granted for minutes is not good for years. */
function isWithin(clock: Clock, madeAtMs: number, lifeMs: number): boolean {
  return Math.abs(clock.now() - madeAtMs) < lifeMs
}

function makeSessionLimit({ clock }: CorePorts, scopes: Scopes): (device: DeviceId) => boolean {
  const devices = makeBuckets({ clock, size: maxDeviceSessionsAtOnce, refillMs: deviceSessionRefillMs, maxNames: maxPacedNames })
  const accounts = makeBuckets({ clock, size: maxAccountSessionsAtOnce, refillMs: accountSessionRefillMs, maxNames: maxPacedNames })
  return (device) => {
    const user = scopes.userOf(device)
    return !devices.of(device).take() || (user !== null && !accounts.of(user).take())
  }
}

function parseRequest(bytes: Bytes): SessionRequest | null {
  if (bytes.length > maxRequestBytes) return null
  try {
    const reader = makeByteReader(bytes)
    const challenge = reader.raw(32)
    const kind = reader.u8()
    const device = idFromBytes<'device'>(reader.raw(32))
    const proof = reader.bytes16(seedProofBytes)
    const sig = reader.raw(64)
    reader.end()
    const isKnown = kind === kinds.device ? proof.length === 0 : Object.values<number>(kinds).includes(kind)
    return isKnown ? { challenge, kind, device, proof, sig } : null
  } catch {
    return null
  }
}

/** Maps keep the order of insertion: the first that may go is the oldest. */
function dropOldest<Value>(map: Map<string, Value>, size: number, mayGo: (value: Value) => boolean): void {
  if (map.size <= size) return
  for (const [key, value] of map) {
    if (!mayGo(value)) continue
    map.delete(key)
    return
  }
}
