/** What a relay keeps of the user whose words are known: the workspace's log, and the keys that lie there for them. */
import { equalBytes } from '@poruch/base'
import type { Bytes, EpochId, UserId } from '@poruch/base'
import { openPuk, openSealedKey, unwrapPreviousKeys } from '@poruch/identity'
import type { RecoveryKeys } from '@poruch/identity'
import { makeScopeFold, userLogIn, verifyDirectEpoch, verifySealedKey } from '@poruch/identity/fold'
import type { ScopeFold, UserLogState, VerifiedDirectEpoch } from '@poruch/identity/fold'
import type { Frame } from '@poruch/sync/wire'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { answered } from './relay-visit.ts'
import type { OpenSession } from './relay-visit.ts'

export interface FoundAccount {
  readonly fold: ScopeFold
  readonly user: UserId
  readonly records: readonly Bytes[]
  /** As the workspace has pinned it. */
  readonly userLog: readonly Bytes[]
  readonly state: UserLogState
  /** Epoch keys that the user's own keys open. */
  readonly keys: readonly { readonly epoch: EpochId; readonly key: Bytes }[]
  /** Of the user's 1:1 chats, as they were good before the recovery. */
  readonly directEpochs: readonly { readonly record: Bytes; readonly epoch: VerifiedDirectEpoch }[]
}

/** Rounds without anything new after which a relay that announces more is not waited for. */
const maxIdleRounds = 8

interface Kept {
  readonly records: Bytes[]
  readonly sealed: Bytes[]
  readonly directs: Bytes[]
}

/** Everything is judged as from anybody. @throws ReplicaError `unknown-words` | `refused` | `not-online` */
export async function readAccount(ports: ReplicaPorts, open: OpenSession, recovery: RecoveryKeys): Promise<FoundAccount> {
  const { suite } = ports
  const { scope, kept } = await readAll(open)
  const fold = makeScopeFold({ suite, scope })
  const judged = await fold.apply(kept.records)
  if (!judged.ok) throw new ReplicaError('refused', 'the relay sends a log that is not good', { reason: judged.reason })
  const sequencer = fold.sequencer()
  if (!sequencer || !equalBytes(sequencer, open.relayKey))
    throw new ReplicaError('refused', 'another relay orders this workspace', { reason: 'relay-changed' })
  const isOwn = (log: UserLogState | null): boolean => log !== null && equalBytes(log.recoverySign, recovery.sign.publicKey)
  const user = fold.members().find((member) => isOwn(fold.userLog(member.user)))?.user
  const state = user && fold.userLog(user)
  if (!user || !state) throw new ReplicaError('unknown-words', 'no member has these recovery keys')
  const userLog = userLogIn(fold, kept.records, user)
  const pukSeeds = await openPuk({ suite, user, userLog, keys: [recovery.hpke] })
  const keys = await openKeys(ports, fold, { sealed: kept.sealed, user, pukSeeds })
  return { fold, user, records: kept.records, userLog, state, keys, directEpochs: await goodDirects(ports, fold, kept.directs) }
}

async function readAll({ session }: OpenSession): Promise<{ scope: ScopeFold['scope']; kept: Kept }> {
  const kept: Kept = { records: [], sealed: [], directs: [] }
  const stop = session.onFrame((frame) => {
    if (frame.type === 'ORDERED') kept.records.push(...frame.records)
    if (frame.type === 'KEY') (frame.kind === 1 ? kept.sealed : kept.directs).push(frame.record)
  })
  const askScopes = async (): Promise<Extract<Frame, { type: 'SCOPES' }>['scopes']> =>
    answered(
      session,
      (frame) => (frame.type === 'SCOPES' ? frame.scopes : null),
      () => session.send({ type: 'MEMBEROF', ref: session.nextRef() }),
    )
  try {
    // A relay of this version keeps one workspace.
    const scope = (await askScopes())[0]?.scope
    if (!scope) throw new ReplicaError('unknown-words', 'the relay names no workspace of this user')
    session.send({ type: 'LOGSUB', scope, nextPos: 0, keyCursor: 0 })
    for (let idle = 0; ;) {
      const before = kept.records.length + kept.sealed.length + kept.directs.length
      // Its answer comes after all that was to be sent.
      const end = (await askScopes()).find((one) => one.scope === scope)?.nextPos ?? 0
      if (kept.records.length >= end) return { scope, kept }
      if (kept.records.length + kept.sealed.length + kept.directs.length === before) idle++
      if (idle > maxIdleRounds) throw new ReplicaError('not-online', 'the relay does not send the log')
    }
  } finally {
    stop()
  }
}

async function openKeys(
  { suite }: ReplicaPorts,
  fold: ScopeFold,
  own: { sealed: readonly Bytes[]; user: UserId; pukSeeds: Awaited<ReturnType<typeof openPuk>> },
): Promise<FoundAccount['keys']> {
  const epochs = fold.epochs()
  const found = new Map<EpochId, Bytes>()
  for (const bytes of own.sealed.toReversed()) {
    const judged = await verifySealedKey(suite, fold, { bytes, stored: true })
    if (!judged.ok || judged.value.user !== own.user || found.has(judged.value.epoch)) continue
    const epoch = epochs.find(({ id }) => id === judged.value.epoch)
    const { pukSeeds } = own
    const key = epoch && (await openSealedKey({ suite, pukSeeds, sealed: judged.value, keyCommitment: epoch.keyCommitment }))
    if (!epoch || !key) continue
    const earlier = await unwrapPreviousKeys({ suite, scope: fold.scope, epochs, gen: epoch.gen, key })
    for (const { id, gen } of epochs) {
      const opened = earlier.get(gen)
      if (opened) found.set(id, opened)
    }
  }
  return [...found].map(([epoch, key]) => ({ epoch, key }))
}

async function goodDirects({ suite }: ReplicaPorts, fold: ScopeFold, records: readonly Bytes[]): Promise<FoundAccount['directEpochs']> {
  const judged = await Promise.all(
    records.map(async (record) => ({ record, epoch: await verifyDirectEpoch(suite, fold, { bytes: record }) })),
  )
  return judged.flatMap(({ record, epoch }) => (epoch.ok ? [{ record, epoch: epoch.value }] : []))
}
