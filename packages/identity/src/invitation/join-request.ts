/** Bytes of a join request: a stranger's signed wish to become a member by one invitation. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, InvitationId, ScopeId, UserId } from '@poruch/base'
import { maxJoinRequestBytes, maxSealedNameBytes, maxUserEntries, maxUserEntryBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { asBytes, asId, asList, asMap, asSized, checkVersion, signatureSizeBytes } from '../shape.ts'

export const joinDomain = 'poruch/join v1'
export const joinLinkDomain = 'poruch/join-link v1'

export interface JoinRequest {
  readonly scope: ScopeId
  readonly invitation: InvitationId
  /** The joiner's whole user log. */
  readonly userLog: readonly Bytes[]
  readonly device: DeviceId
  /** Opened with the invitation's secret only. */
  readonly sealedName: Bytes
  readonly deviceSig: Bytes
  readonly invitationSig: Bytes
}

type Unsigned = Omit<JoinRequest, 'deviceSig' | 'invitationSig'>

function fields(request: Unsigned): [number, CborValue][] {
  return [
    [1, 1],
    [2, idToBytes(request.scope)],
    [3, idToBytes(request.invitation)],
    [4, request.userLog],
    [5, idToBytes(request.device)],
    [6, request.sealedName],
  ]
}

/** What the joiner's device signs. */
export function joinDeviceBytes(request: Unsigned): Bytes {
  return encodeCbor(new Map(fields(request)))
}

/** What the invitation's key signs. */
export function joinLinkBytes(request: Omit<JoinRequest, 'invitationSig'>): Bytes {
  return encodeCbor(new Map([...fields(request), [7, request.deviceSig]]))
}

export function encodeJoinRequest(request: JoinRequest): Bytes {
  return encodeCbor(new Map([...fields(request), [7, request.deviceSig], [8, request.invitationSig]]))
}

/** @throws IdentityError */
export function decodeJoinRequest(bytes: Uint8Array): JoinRequest {
  const map = asMap(decodeCbor(bytes, maxJoinRequestBytes), 8)
  checkVersion(map)
  return {
    scope: asId(map.get(2)),
    invitation: asId(map.get(3)),
    userLog: asList(map.get(4), maxUserEntries).map((entry) => asBytes(entry, maxUserEntryBytes)),
    device: asId(map.get(5)),
    sealedName: asBytes(map.get(6), maxSealedNameBytes),
    deviceSig: asSized(map.get(7), signatureSizeBytes),
    invitationSig: asSized(map.get(8), signatureSizeBytes),
  }
}

/** Additional data of the sealed name. */
export function joinNameContext(user: UserId, device: DeviceId): Bytes {
  return concatBytes(idToBytes(user), idToBytes(device))
}
