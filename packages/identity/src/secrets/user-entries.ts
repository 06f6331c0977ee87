/** Writes entries of one's own user log. */
import { toHex } from '@poruch/base'
import type { Bytes, DeviceId, Random } from '@poruch/base'
import type { HpkeKey, SigningKey, SignSuite, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import { keySizeBytes } from '../shape.ts'
import { encodeUserEntry, unsignedUserEntry, userEntryDomain } from '../user-log/entry.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { RevocationCut, UserOp } from '../user-log/ops.ts'
import type { UserLogState } from '../user-log/state.ts'
import {
  deviceDomain,
  deviceStatement,
  recoveryDomain,
  recoveryStatement,
  transportDomain,
  transportStatement,
} from '../user-log/statements.ts'
import type { RecoveryKeys } from './recovery.ts'

export interface DeviceKeys {
  readonly device: SigningKey
  readonly hpke: HpkeKey
  /** 32 raw bytes: libp2p's noise needs the key itself. */
  readonly transportSeed: Bytes
  /** What the two pairs were made of: to be kept under a key of the device's own, and nowhere else. */
  readonly seeds: DeviceSeeds
}

/** 32 bytes each. */
export interface DeviceSeeds {
  readonly device: Bytes
  readonly hpke: Bytes
}

export function deviceIdOf(key: Pick<SigningKey, 'publicKey'>): DeviceId {
  return toHex(key.publicKey) as DeviceId
}

export async function generateDeviceKeys(suite: Suite, random: Random): Promise<DeviceKeys> {
  const seeds = { device: random.bytes(keySizeBytes), hpke: random.bytes(keySizeBytes) }
  const [device, hpke] = await Promise.all([suite.signingKeyFromSeed(seeds.device), suite.hpkeKeyFromSeed(seeds.hpke)])
  return { device, hpke, seeds, transportSeed: random.bytes(keySizeBytes) }
}

export interface Extended {
  /** The new entry. */
  readonly bytes: Bytes
  readonly state: UserLogState
}

/** Signs an operation as the next entry after `state` (null: the root). @throws IdentityError `bad-shape` when the log's rules refuse it */
export async function extendUserLog(
  suite: SignSuite,
  state: UserLogState | null,
  { op, signer }: { op: UserOp; signer: SigningKey },
): Promise<Extended> {
  const unsigned = { seq: state ? state.seq + 1 : 0, prev: state?.head ?? null, op, signer: signer.publicKey }
  const sig = await suite.sign(signer, userEntryDomain, unsignedUserEntry(unsigned))
  const bytes = encodeUserEntry({ ...unsigned, sig })
  const judged = await foldUserLog(suite, [bytes], state)
  if (!judged.ok) throw new IdentityError('bad-shape', `the user log refuses ${op.kind}: ${judged.reason}`)
  return { bytes, state: judged.value.state }
}

/** AddDevice with the consent of the new device and of its transport key. It fits this very head only. */
export async function addDeviceOp(suite: SignSuite, state: UserLogState, keys: DeviceKeys): Promise<UserOp> {
  const transport = await suite.signingKeyFromSeed(keys.transportSeed)
  const device = deviceIdOf(keys.device)
  const transportSig = await suite.sign(transport, transportDomain, transportStatement(state.user, device))
  const claim = { device, hpke: keys.hpke.publicKey, transport: transport.publicKey, transportSig }
  const deviceSig = await suite.sign(keys.device, deviceDomain, deviceStatement({ ...claim, user: state.user, prev: state.head }))
  return { kind: 'add-device', ...claim, deviceSig }
}

export function revokeDeviceOp(device: DeviceId, cuts: readonly RevocationCut[]): UserOp {
  return { kind: 'revoke-device', device, cuts: cuts.toSorted((a, b) => (a.scope < b.scope ? -1 : 1)) }
}

export async function replaceRecoveryOp(suite: SignSuite, state: UserLogState, next: RecoveryKeys): Promise<UserOp> {
  const keys = { sign: next.sign.publicKey, hpke: next.hpke.publicKey }
  const newSig = await suite.sign(next.sign, recoveryDomain, recoveryStatement(state.user, state.head, keys))
  return { kind: 'replace-recovery', recoverySign: keys.sign, recoveryHpke: keys.hpke, newSig }
}
