/** The way from a blank device into a workspace: founding one, or asking to join one. Goes on over restarts. */
import { emptyBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes, ScopeId, UserId } from '@poruch/base'
import { createJoinRequest, parseInvitationLink, safetyNumber } from '@poruch/identity'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { Frame } from '@poruch/sync/wire'
import { phaseRecord, savePhase } from './account.ts'
import type { Account, StoredPhase } from './account.ts'
import { readAdmittedLog } from './admitted-log.ts'
import type { AdmittedLog } from './admitted-log.ts'
import { startRecord } from './log-base.ts'
import { ReplicaError } from './errors.ts'
import { makeFounding } from './founding.ts'
import type { ReplicaPorts, SessionIdentity } from './ports.ts'
import { collections, positionKey } from './records.ts'
import { answered, withRelay } from './relay-visit.ts'
import type { Keeping, OpenSession, Visit } from './relay-visit.ts'
import { founderIdentity, joinerIdentity, memberIdentity } from './session-identity.ts'

export type Creating = Extract<StoredPhase, { name: 'creating' }>
export type Requesting = Extract<StoredPhase, { name: 'requesting' }>

interface Way extends Visit {
  readonly account: Account
}

/**
 * Founds the workspace at the relay; when it resolves, log and first key are durable here and the stored phase is `member`.
 * A crash at any point is made good by calling it again with the stored phase. Once the founding may have reached the relay, only a
 * refusal ends the attempt: the setup link may be used up. A patient one waits for the relay from the beginning. @throws ReplicaError `refused` | `not-online`
 */
export async function found(way: Way, phase: Creating, options: { isPatient: boolean }): Promise<ScopeId> {
  const { ports, account } = way
  const progress: Progress = { phase }
  const attempt = async (identity: SessionIdentity): Promise<ScopeId> =>
    withRelay(way, { origin: phase.origin, identity, isPatient: () => options.isPatient || progress.phase.sent }, async (open) =>
      foundOver(ports, account, progress, open),
    )
  try {
    return await attempt(founderIdentity(ports, account, parseHex(phase.setupSecret) ?? emptyBytes))
  } catch (thrown) {
    // Ordered, its answer lost, and the relay knows the setup link no more: the founder comes back as a member.
    if (!progress.phase.sent || !(thrown instanceof ReplicaError) || thrown.code !== 'refused') throw thrown
    return attempt(memberIdentity(ports, account))
  }
}

interface Progress {
  phase: Creating
}

async function foundOver(ports: ReplicaPorts, account: Account, progress: Progress, { session, relayKey }: OpenSession): Promise<ScopeId> {
  const founding = progress.phase.founding ?? (await newFounding(ports, account, relayKey))
  const { scope } = founding
  // Durable before it is sent: afterwards the setup link is used up, and only these very entries lead in.
  progress.phase = { ...progress.phase, founding, sent: true }
  await savePhase(ports.store, progress.phase)
  const records = founding.records.map((record) => parseHex(record) ?? emptyBytes)
  const isOrdered = (frame: Frame): readonly Bytes[] | null => (frame.type === 'ORDERED' && frame.scope === scope ? frame.records : null)
  const ordered = await answered(session, isOrdered, () => session.send({ type: 'PROPOSE', ref: session.nextRef(), records })).catch(
    async (thrown: unknown) => {
      if (!(thrown instanceof ReplicaError) || thrown.code !== 'refused') throw thrown
      // Ordered in an earlier session, perhaps; if not, the first refusal is the one to tell.
      const askLog = (): boolean => session.send({ type: 'LOGSUB', scope, nextPos: 0, keyCursor: 0 })
      return answered(session, isOrdered, askLog).catch((again: unknown) => {
        throw again instanceof ReplicaError && again.code === 'refused' ? thrown : again
      })
    },
  )
  await ports.store.putRecords([
    ...ordered.map((value) => ({ collection: collections.log, key: positionKey(decodeEntry(decodeRecord(value).entry).pos), value })),
    { collection: collections.epochKeys, key: founding.epoch, value: parseHex(founding.key) },
    phaseRecord({ name: 'member', origin: progress.phase.origin, scope }),
  ])
  return scope
}

async function newFounding(ports: ReplicaPorts, account: Account, relayKey: Bytes): Promise<NonNullable<Creating['founding']>> {
  const { scope, records, epoch } = await makeFounding(ports, account, relayKey)
  return { scope, records: records.map(toHex), epoch: epoch.id, key: toHex(epoch.key) }
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
  const keeping: Keeping = {
    origin: phase.origin,
    identity,
    onRefused: (code) => {
      onState({ state: 'failed', code })
    },
    isPatient: () => true,
  }
  await withRelay(way, keeping, async ({ session }) => {
    const isToldIn = (frame: Frame): true | null => {
      if (frame.type !== 'JOINSTATE' || frame.user !== user) return null
      if (frame.state === 1) onState({ state: 'waiting', code: null })
      if (frame.state === 3) onState({ state: 'denied', code: null })
      return frame.state === 2 ? true : null
    }
    let log: AdmittedLog | null = null
    for (let isAsked = false; log === null; isAsked = true) {
      await answered(session, isToldIn, () => isAsked || session.send({ type: 'JOIN', ref: session.nextRef(), request }))
      log = await readAdmittedLog(ports, session, { scope: link.scope, user, device: account.device })
    }
    const { firstPos, records, start } = log
    await ports.store.putRecords([
      ...records.map((value, index) => ({ collection: collections.log, key: positionKey(firstPos + index), value })),
      startRecord(start),
      phaseRecord({ name: 'member', origin: phase.origin, scope: link.scope }),
    ])
  })
  return link.scope
}

/** What joiner and admin compare before the joiner is let in: over the workspace and the joiner's root. */
export async function joinNumber(ports: ReplicaPorts, scope: ScopeId, joiner: UserId): Promise<string> {
  return safetyNumber(ports.suite, scope as string as UserId, joiner)
}
