/** The way from a blank device into a workspace: founding one, or asking to join one. Goes on over restarts. */
import { parseHex, toHex } from '@poruch/base'
import type { Bytes, ScopeId, UserId } from '@poruch/base'
import { createJoinRequest, parseInvitationLink, safetyNumber } from '@poruch/identity'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { Account, StoredPhase } from './account.ts'
import { sessionOver } from './control.ts'
import type { Session } from './control.ts'
import { ReplicaError } from './errors.ts'
import { makeFounding } from './founding.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, positionKey } from './records.ts'
import { founderIdentity, joinerIdentity, memberIdentity } from './session-identity.ts'

export type Creating = Extract<StoredPhase, { name: 'creating' }>
export type Requesting = Extract<StoredPhase, { name: 'requesting' }>

interface Way {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly signal: AbortSignal
}

/**
 * Founds the workspace at the relay; when it resolves, log and first key are durable here and the stored phase is `member`.
 * A crash at any point is made good by calling it again with the stored phase. @throws ReplicaError `refused` | `not-online`
 */
export async function found(way: Way, phase: Creating): Promise<ScopeId> {
  const { ports, account } = way
  const setupSecret = parseHex(phase.setupSecret) ?? new Uint8Array(0)
  let founding = phase.founding
  const asMember = founding !== null && phase.sent
  const identity = asMember ? memberIdentity(ports, account) : founderIdentity(ports, account, setupSecret)
  return withRelay(way, { origin: phase.origin, identity }, async ({ session, relayKey }) => {
    if (founding === null) {
      const made = await makeFounding(ports, account, relayKey)
      founding = { scope: made.scope, records: made.records.map(toHex), epoch: made.epoch.id, key: toHex(made.epoch.key) }
    }
    const { scope } = founding
    // Durable before it is sent: afterwards the setup link is used up, and only these very entries lead in.
    await storePhase(ports, { ...phase, founding, sent: true })
    const records = founding.records.map((record) => parseHex(record) ?? new Uint8Array(0))
    const ordered = await answered(
      session,
      (frame) => (frame.type === 'ORDERED' && frame.scope === scope ? frame.records : null),
      () => {
        const ref = session.nextRef()
        if (asMember) session.send({ type: 'LOGSUB', scope, nextPos: 0, keyCursor: 0 })
        else session.send({ type: 'PROPOSE', ref, records })
      },
    )
    await ports.store.putRecords([
      ...ordered.map((value) => ({ collection: collections.log, key: positionKey(decodeEntry(decodeRecord(value).entry).pos), value })),
      { collection: collections.epochKeys, key: founding.epoch, value: parseHex(founding.key) },
      {
        collection: collections.account,
        key: 'phase',
        value: jsonBytes({ name: 'member', origin: phase.origin, scope } satisfies StoredPhase),
      },
    ])
    return scope
  })
}

export type JoinState = { readonly state: 'sending' | 'waiting' | 'denied' | 'failed'; readonly code: string | null }

/** Asks to join and waits, over any number of sessions, until somebody decides. Resolves when admitted. */
export async function join(way: Way, phase: Requesting, onState: (state: JoinState) => void): Promise<ScopeId> {
  const { ports, account } = way
  const link = parseInvitationLink(phase.link)
  if (!link) throw new ReplicaError('bad-link', 'not an invitation')
  const { suite, random } = ports
  const { user, userLog, signingKey: device } = account
  const request = await createJoinRequest({ suite, random, link, user, userLog, device, displayName: phase.displayName })
  const identity = joinerIdentity(ports, account, link.secret)
  onState({ state: 'sending', code: null })
  const session = { origin: phase.origin, identity, onRefused: (code: string) => onState({ state: 'failed', code }) }
  await withRelay(way, session, async ({ session }) => {
    await answered(
      session,
      (frame) => {
        if (frame.type === 'REFUSE') onState({ state: 'failed', code: frame.code })
        if (frame.type !== 'JOINSTATE' || frame.user !== user) return null
        if (frame.state === 1) onState({ state: 'waiting', code: null })
        if (frame.state === 3) onState({ state: 'denied', code: null })
        return frame.state === 2 ? true : null
      },
      () => session.send({ type: 'JOIN', ref: session.nextRef(), request }),
    )
    await storePhase(ports, { name: 'member', origin: phase.origin, scope: link.scope })
  })
  return link.scope
}

/** What joiner and admin compare before the joiner is let in: over the workspace and the joiner's root. */
export async function joinNumber(ports: ReplicaPorts, scope: ScopeId, joiner: UserId): Promise<string> {
  return safetyNumber(ports.suite, scope as string as UserId, joiner)
}

async function storePhase({ store }: ReplicaPorts, phase: StoredPhase): Promise<void> {
  await store.putRecords([{ collection: collections.account, key: 'phase', value: jsonBytes(phase) }])
}

interface OpenSession {
  readonly session: Session
  readonly relayKey: Bytes
}

/**
 * Keeps sessions with the relay until `act` has succeeded on one. A session that ends in the middle is followed by another.
 * Without `onRefused`, a refusal or an unreachable relay ends the attempt: the person waits in front of it.
 */
async function withRelay<T>(
  { ports, signal }: Way,
  options: { origin: string; identity: ReturnType<typeof memberIdentity>; onRefused?: (code: string) => void },
  act: (open: OpenSession) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const stop = (): void => {
    abort.abort()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      abort.signal.addEventListener('abort', () => reject(new ReplicaError('closed', 'stopped')), { once: true })
      const fail = (error: ReplicaError): void => {
        if (options.onRefused && error.code !== 'not-online') options.onRefused(error.reason ?? error.code)
        if (!options.onRefused) reject(error)
      }
      ports.relay.keep({
        origin: options.origin,
        identity: options.identity,
        signal: abort.signal,
        handlers: {
          onState: (state) => {
            if (state.name === 'refused') fail(new ReplicaError('refused', state.code, { reason: state.code }))
            if (state.name === 'offline') fail(new ReplicaError('not-online', 'the relay cannot be reached'))
          },
          onSession: ({ link, relayKey }) => {
            act({ session: sessionOver(link), relayKey }).then(resolve, (thrown: unknown) => {
              if (thrown instanceof ReplicaError) fail(thrown)
              else reject(thrown)
            })
          },
        },
      })
    })
  } finally {
    signal.removeEventListener('abort', stop)
    abort.abort()
  }
}

type SessionFrame = Parameters<Parameters<Session['onFrame']>[0]>[0]

/** Sends something and waits for the first frame of the session that `pick` takes. @throws ReplicaError `refused` | `not-online` */
async function answered<T>(session: Session, pick: (frame: SessionFrame) => T | null, send: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = session.onFrame((frame) => {
      const picked = pick(frame)
      if (picked !== null) {
        stop()
        resolve(picked)
      } else if (frame.type === 'REFUSE') {
        stop()
        reject(new ReplicaError('refused', frame.code, { reason: frame.code }))
      }
    })
    session.onClose(() => {
      reject(new ReplicaError('not-online', 'the session ended'))
    })
    send()
  })
}
