/** The operations of a user's log as arrays. See docs/PROTOCOL.md, "User log". */
import { idToBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId, ScopeId } from '@poruch/base'
import { maxLiveDevices, maxRevokedScopes } from '../bounds.ts'
import type { CborValue } from '../cbor.ts'
import { IdentityError } from '../errors.ts'
import {
  asId,
  asList,
  asOptional,
  asSized,
  asTuple,
  asUint,
  checkSorted,
  hashSizeBytes,
  keySizeBytes,
  maxU32,
  signatureSizeBytes,
} from '../shape.ts'

/** nonce 12 | a 32-byte secret | tag 16. */
export const wrappedSecretSizeBytes = 60
/** A 32-byte secret sealed by HPKE. */
export const sealedSecretSizeBytes = 48

export interface PukSeal {
  readonly recipient: Bytes
  readonly enc: Bytes
  readonly ct: Bytes
}

export interface RevocationCut {
  readonly scope: ScopeId
  readonly cutRoot: Bytes
}

export type UserOp =
  | { readonly kind: 'root'; readonly recoverySign: Bytes; readonly recoveryHpke: Bytes }
  | {
      readonly kind: 'add-device'
      readonly device: DeviceId
      readonly hpke: Bytes
      readonly transport: Bytes
      readonly transportSig: Bytes
      readonly deviceSig: Bytes
    }
  | { readonly kind: 'revoke-device'; readonly device: DeviceId; readonly cuts: readonly RevocationCut[] }
  | { readonly kind: 'renew-device'; readonly device: DeviceId; readonly hpke: Bytes }
  | {
      readonly kind: 'rotate-puk'
      readonly gen: number
      readonly publicKey: Bytes
      readonly seals: readonly PukSeal[]
      readonly prevWrapped: Bytes
    }
  | { readonly kind: 'replace-recovery'; readonly recoverySign: Bytes; readonly recoveryHpke: Bytes; readonly newSig: Bytes }

export function userOpToCbor(op: UserOp): CborValue {
  switch (op.kind) {
    case 'root':
      return [0, op.recoverySign, op.recoveryHpke]
    case 'add-device':
      return [1, idToBytes(op.device), op.hpke, op.transport, op.transportSig, op.deviceSig]
    case 'revoke-device':
      return [2, idToBytes(op.device), op.cuts.map((cut) => [idToBytes(cut.scope), cut.cutRoot])]
    case 'renew-device':
      return [3, idToBytes(op.device), op.hpke]
    case 'rotate-puk':
      return [4, op.gen, op.publicKey, op.seals.map((seal) => [seal.recipient, seal.enc, seal.ct]), op.prevWrapped]
    case 'replace-recovery':
      return [5, op.recoverySign, op.recoveryHpke, op.newSig]
  }
}

/** @throws IdentityError `bad-shape` | `unknown-op` */
export function userOpFromCbor(value: CborValue | undefined): UserOp {
  const number = asUint(asList(value, 6)[0], maxU32)
  switch (number) {
    case 0: {
      const [, sign, hpke] = asTuple(value, 3)
      return { kind: 'root', recoverySign: asSized(sign, keySizeBytes), recoveryHpke: asSized(hpke, keySizeBytes) }
    }
    case 1:
      return addDeviceFromCbor(asTuple(value, 6))
    case 2: {
      const [, device, cuts] = asTuple(value, 3)
      return { kind: 'revoke-device', device: asId(device), cuts: cutsFromCbor(cuts) }
    }
    case 3: {
      const [, device, hpke] = asTuple(value, 3)
      return { kind: 'renew-device', device: asId(device), hpke: asSized(hpke, keySizeBytes) }
    }
    case 4:
      return rotatePukFromCbor(asTuple(value, 5))
    case 5: {
      const [, sign, hpke, newSig] = asTuple(value, 4)
      return {
        kind: 'replace-recovery',
        recoverySign: asSized(sign, keySizeBytes),
        recoveryHpke: asSized(hpke, keySizeBytes),
        newSig: asSized(newSig, signatureSizeBytes),
      }
    }
    default:
      throw new IdentityError('unknown-op', `user operation ${number}`)
  }
}

function addDeviceFromCbor([, device, hpke, transport, transportSig, deviceSig]: readonly CborValue[]): UserOp {
  return {
    kind: 'add-device',
    device: asId(device),
    hpke: asSized(hpke, keySizeBytes),
    transport: asSized(transport, keySizeBytes),
    transportSig: asSized(transportSig, signatureSizeBytes),
    deviceSig: asSized(deviceSig, signatureSizeBytes),
  }
}

function cutsFromCbor(value: CborValue | undefined): RevocationCut[] {
  const cuts = asList(value, maxRevokedScopes).map((row) => {
    const [scope, cutRoot] = asTuple(row, 2)
    return { scope: asId<'scope'>(scope), cutRoot: asSized(cutRoot, hashSizeBytes) }
  })
  checkSorted(cuts.map((cut) => cut.scope))
  return cuts
}

function rotatePukFromCbor([, gen, publicKey, sealList, prevWrapped]: readonly CborValue[]): UserOp {
  const seals = asList(sealList, maxLiveDevices + 1).map((row) => {
    const [recipient, enc, ct] = asTuple(row, 3)
    return { recipient: asSized(recipient, keySizeBytes), enc: asSized(enc, keySizeBytes), ct: asSized(ct, sealedSecretSizeBytes) }
  })
  checkSorted(seals.map((seal) => toHex(seal.recipient)))
  return {
    kind: 'rotate-puk',
    gen: asUint(gen, maxU32),
    publicKey: asSized(publicKey, keySizeBytes),
    seals,
    prevWrapped: asOptional(prevWrapped, wrappedSecretSizeBytes),
  }
}
