/** Who may do what in a user's log. */
import type { VerifySuite } from '@poruch/crypto/verify'
import { equalBytes, idToBytes } from '@poruch/base'
import type { Judged } from '@poruch/base'
import type { UserEntry } from './entry.ts'
import type { UserOp } from './ops.ts'
import { isLiveSigner, pukRecipients } from './state.ts'
import type { UserLogState } from './state.ts'
import { deviceDomain, deviceStatement, recoveryDomain, recoveryStatement, transportDomain, transportStatement } from './statements.ts'

export type UserLogReason =
  | 'bad-bytes'
  | 'no-entries'
  | 'too-many-entries'
  | 'bad-chain'
  | 'bad-signature'
  | 'no-root'
  | 'second-root'
  | 'wrong-signer'
  | 'device-known'
  | 'device-not-live'
  | 'no-consent'
  | 'key-reused'
  | 'too-many-devices'
  | 'bad-generation'
  | 'wrong-recipients'
  | 'bad-wrap'

type Outcome = Judged<UserLogState, UserLogReason>
type OpOf<Kind extends UserOp['kind']> = Extract<UserOp, { kind: Kind }>

function refuse(reason: UserLogReason): { readonly ok: false; readonly reason: UserLogReason } {
  return { ok: false, reason }
}

/** The state after the entry, its `head` and `seq` apart. The entry's own signature and chain have been checked. */
export async function applyUserOp(suite: VerifySuite, state: UserLogState, entry: UserEntry): Promise<Outcome> {
  const { op } = entry
  const byRecovery = equalBytes(entry.signer, state.recoverySign)
  if (!byRecovery && !isLiveSigner(state, entry.signer)) return refuse('wrong-signer')
  switch (op.kind) {
    case 'root':
      return refuse('second-root')
    case 'add-device':
      return addDevice(suite, state, op)
    case 'revoke-device':
      return replaceDevice(state, op.device, { live: false })
    case 'renew-device':
      if (!equalBytes(entry.signer, idToBytes(op.device))) return refuse('wrong-signer')
      return hpkeKeyUsed(state, op.hpke) ? refuse('key-reused') : replaceDevice(state, op.device, { hpke: op.hpke })
    case 'rotate-puk':
      return rotatePuk(state, op)
    case 'replace-recovery':
      return byRecovery ? replaceRecovery(suite, state, op) : refuse('wrong-signer')
  }
}

async function addDevice(suite: VerifySuite, state: UserLogState, op: OpOf<'add-device'>): Promise<Outcome> {
  const signKey = idToBytes(op.device)
  if (state.devices.some((known) => known.device === op.device)) return refuse('device-known')
  if (equalBytes(signKey, state.recoverySign) || equalBytes(signKey, op.transport) || hpkeKeyUsed(state, op.hpke))
    return refuse('key-reused')
  const [transport, device] = await Promise.all([
    suite.verify(op.transport, transportDomain, transportStatement(state.user, op.device), op.transportSig),
    suite.verify(signKey, deviceDomain, deviceStatement({ ...op, user: state.user, prev: state.head }), op.deviceSig),
  ])
  if (!transport || !device) return refuse('no-consent')
  const added = { device: op.device, hpke: op.hpke, transport: op.transport, live: true }
  return { ok: true, value: { ...state, devices: [...state.devices, added] } }
}

function replaceDevice(state: UserLogState, device: string, change: { live?: false; hpke?: UserLogState['recoveryHpke'] }): Outcome {
  if (!state.devices.some((known) => known.device === device && known.live)) return refuse('device-not-live')
  return {
    ok: true,
    value: { ...state, devices: state.devices.map((known) => (known.device === device ? { ...known, ...change } : known)) },
  }
}

function rotatePuk(state: UserLogState, op: OpOf<'rotate-puk'>): Outcome {
  const gen = state.puk ? state.puk.gen + 1 : 0
  if (op.gen !== gen) return refuse('bad-generation')
  if ((op.prevWrapped.length === 0) !== (gen === 0)) return refuse('bad-wrap')
  const wanted = pukRecipients(state)
  const exact =
    wanted.length === op.seals.length && wanted.every((key, index) => equalBytes(key, op.seals[index]?.recipient ?? new Uint8Array()))
  if (!exact) return refuse('wrong-recipients')
  return { ok: true, value: { ...state, puk: { gen, publicKey: op.publicKey } } }
}

async function replaceRecovery(suite: VerifySuite, state: UserLogState, op: OpOf<'replace-recovery'>): Promise<Outcome> {
  const { recoverySign, recoveryHpke } = op
  if (isDeviceKey(state, recoverySign) || hpkeKeyUsed(state, recoveryHpke)) return refuse('key-reused')
  const statement = recoveryStatement(state.user, state.head, { sign: recoverySign, hpke: recoveryHpke })
  if (!(await suite.verify(recoverySign, recoveryDomain, statement, op.newSig))) return refuse('no-consent')
  return { ok: true, value: { ...state, recoverySign, recoveryHpke } }
}

function isDeviceKey(state: UserLogState, key: Uint8Array): boolean {
  return state.devices.some((known) => equalBytes(idToBytes(known.device), key))
}

/** One key for two holders would make "sealed to exactly the live devices" mean nothing. */
function hpkeKeyUsed(state: UserLogState, key: Uint8Array): boolean {
  return equalBytes(key, state.recoveryHpke) || state.devices.some((known) => equalBytes(known.hpke, key))
}
