/** What a folded user's log holds, and the questions to it. */
import { toHex } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, UserId } from '@poruch/base'

export interface UserDevice {
  readonly device: DeviceId
  readonly hpke: Bytes
  readonly transport: Bytes
  readonly live: boolean
}

/** A user's log up to its head; a value that never changes. */
export interface UserLogState {
  readonly user: UserId
  readonly recoverySign: Bytes
  readonly recoveryHpke: Bytes
  readonly head: EntryId
  readonly seq: number
  /** All ever added, in that order. */
  readonly devices: readonly UserDevice[]
  /** Null until the first RotatePUK. */
  readonly puk: { readonly gen: number; readonly publicKey: Bytes } | null
}

/** The live device with this key, or null. */
export function liveDevice(state: UserLogState, device: DeviceId): UserDevice | null {
  return state.devices.find((candidate) => candidate.live && candidate.device === device) ?? null
}

/** The live device whose key this is, given as bytes. */
export function isLiveSigner(state: UserLogState, signer: Uint8Array): boolean {
  return liveDevice(state, toHex(signer) as DeviceId) !== null
}

/** The HPKE keys that the next generation of the per-user key must be sealed to, in order of their bytes. */
export function pukRecipients(state: UserLogState): readonly Bytes[] {
  const live = state.devices.filter((device) => device.live).map((device) => device.hpke)
  return [...live, state.recoveryHpke].toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1))
}
