/** The bytes that keys sign about each other inside a user's log. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, UserId } from '@poruch/base'
import { u32Bytes } from '../shape.ts'

export const deviceDomain = 'poruch/device v1'
export const transportDomain = 'poruch/transport v1'
export const recoveryDomain = 'poruch/recovery v1'

/** Signed by the transport key: no transport key can be claimed for another device. */
export function transportStatement(user: UserId, device: DeviceId): Bytes {
  return concatBytes(idToBytes(user), idToBytes(device))
}

export interface DeviceClaim {
  readonly user: UserId
  readonly prev: EntryId
  readonly device: DeviceId
  readonly hpke: Bytes
  readonly transport: Bytes
  readonly transportSig: Bytes
}

/** Signed by the new device: no device can be added without its consent. */
export function deviceStatement(claim: DeviceClaim): Bytes {
  return concatBytes(idToBytes(claim.user), idToBytes(claim.prev), idToBytes(claim.device), claim.hpke, claim.transport, claim.transportSig)
}

/** Signed by the new recovery key. */
export function recoveryStatement(user: UserId, prev: EntryId, keys: { sign: Uint8Array; hpke: Uint8Array }): Bytes {
  return concatBytes(idToBytes(user), idToBytes(prev), keys.sign, keys.hpke)
}

/** Additional data of everything sealed for a generation of the per-user key. */
export function pukContext(user: UserId, gen: number): Bytes {
  return concatBytes(idToBytes(user), u32Bytes(gen))
}
