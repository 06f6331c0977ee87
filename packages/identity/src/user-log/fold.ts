/** Folds a user's log: which devices live, where to seal to. Holds no secret. */
import type { VerifySuite } from '@poruch/crypto/verify'
import { equalBytes, idFromBytes } from '@poruch/base'
import type { DeviceId, EntryId, Judged, UserId } from '@poruch/base'
import { maxLiveDevices, maxUserEntries } from '../bounds.ts'
import { withoutSignature } from '../cbor.ts'
import { parsed } from '../parse.ts'
import { decodeUserEntry, userEntryDomain, userEntryId } from './entry.ts'
import type { UserEntry } from './entry.ts'
import type { RevocationCut } from './ops.ts'
import { applyUserOp } from './rules.ts'
import type { UserLogReason } from './rules.ts'
import type { UserLogState } from './state.ts'

export interface Revocation {
  readonly device: DeviceId
  readonly cuts: readonly RevocationCut[]
}

/** What the entries of one step did, beside the state that they led to. */
export interface UserLogStep {
  readonly state: UserLogState
  /** Ids of the entries, in order. */
  readonly ids: readonly EntryId[]
  readonly revoked: readonly Revocation[]
}

/**
 * Judges entries that follow `from` (null: from the root on). Reasons: `bad-bytes`, `no-entries`, `too-many-entries`, `bad-chain`,
 * `bad-signature` and those of the operations. Cost: one to three signatures per entry.
 */
export async function foldUserLog(
  suite: VerifySuite,
  entries: readonly Uint8Array[],
  from: UserLogState | null = null,
): Promise<Judged<UserLogStep, UserLogReason>> {
  if (entries.length === 0) return { ok: false, reason: 'no-entries' }
  if (entries.length > maxUserEntries) return { ok: false, reason: 'too-many-entries' }
  let state = from
  const ids: EntryId[] = []
  const revoked: Revocation[] = []
  for (const bytes of entries) {
    const step = await applyUserEntry(suite, state, bytes)
    if (!step.ok) return step
    state = step.value.state
    ids.push(state.head)
    revoked.push(...step.value.revoked)
  }
  return state ? { ok: true, value: { state, ids, revoked } } : { ok: false, reason: 'no-entries' }
}

type Step = Judged<{ state: UserLogState; revoked: readonly Revocation[] }, UserLogReason>

async function applyUserEntry(suite: VerifySuite, from: UserLogState | null, bytes: Uint8Array): Promise<Step> {
  const entry = parsed(decodeUserEntry, bytes)
  if (!entry) return { ok: false, reason: 'bad-bytes' }
  if (entry.seq !== (from ? from.seq + 1 : 0) || entry.prev !== (from?.head ?? null)) return { ok: false, reason: 'bad-chain' }
  if (!(await suite.verify(entry.signer, userEntryDomain, withoutSignature(bytes), entry.sig)))
    return { ok: false, reason: 'bad-signature' }
  const head = await userEntryId(suite, bytes)
  if (!from) return rootState(suite, entry, head)
  const judged = await applyUserOp(suite, from, entry)
  if (!judged.ok) return judged
  if (judged.value.devices.filter((device) => device.live).length > maxLiveDevices) return { ok: false, reason: 'too-many-devices' }
  const state = { ...judged.value, head, seq: entry.seq }
  return {
    ok: true,
    value: { state, revoked: entry.op.kind === 'revoke-device' ? [{ device: entry.op.device, cuts: entry.op.cuts }] : [] },
  }
}

async function rootState(suite: VerifySuite, entry: UserEntry, head: EntryId): Promise<Step> {
  const { op } = entry
  if (op.kind !== 'root') return { ok: false, reason: 'no-root' }
  if (!equalBytes(op.recoverySign, entry.signer)) return { ok: false, reason: 'wrong-signer' }
  const user = await userIdOf(suite, op)
  const keys = { recoverySign: op.recoverySign, recoveryHpke: op.recoveryHpke }
  return { ok: true, value: { state: { user, ...keys, head, seq: 0, devices: [], puk: null }, revoked: [] } }
}

/** The id of the user whose log begins with these keys. */
export async function userIdOf(suite: VerifySuite, keys: { recoverySign: Uint8Array; recoveryHpke: Uint8Array }): Promise<UserId> {
  return idFromBytes(await suite.hash('poruch/user v1', keys.recoverySign, keys.recoveryHpke))
}
