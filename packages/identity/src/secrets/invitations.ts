/** Invitation links and join requests: what holding the link's secret allows. */
import { concatBytes, emptyBytes, encodeUtf8, idFromBytes, idToBytes, parseBase64Url, parseUtf8, toBase64Url, toHex } from '@poruch/base'
import type { Bytes, DeviceId, InvitationId, Random, ScopeId, UserId } from '@poruch/base'
import type { AeadKey, SigningKey, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import {
  encodeJoinRequest,
  joinDeviceBytes,
  joinDomain,
  joinLinkBytes,
  joinLinkDomain,
  joinNameContext,
} from '../invitation/join-request.ts'
import { hashSizeBytes, keySizeBytes } from '../shape.ts'
import { deviceIdOf } from './user-entries.ts'
import { nonceSizeBytes } from './wrapping.ts'

const secretSizeBytes = 16
const linkVersion = 1
/** Display names are cut at 256 bytes of UTF-8 so that a request stays small. */
export const maxDisplayNameBytes = 256
const signInfo = encodeUtf8('poruch/invitation-sign v1')
const nameInfo = encodeUtf8('poruch/invitation-name v1')
const fragment = '/#i/'
/** Longer than any origin and payload; more is not even looked at. */
const maxLinkLength = 2_048

export interface InvitationLink {
  /** Scheme, host and port, where the app and the relay are. */
  readonly origin: string
  readonly scope: ScopeId
  readonly secret: Bytes
}

export function newInvitationSecret(random: Random): Bytes {
  return random.bytes(secretSizeBytes)
}

export function createInvitationLink(link: InvitationLink): string {
  return `${link.origin}${fragment}${toBase64Url(concatBytes(Uint8Array.of(linkVersion), idToBytes(link.scope), link.secret))}`
}

/** What the text says, or null when it is no invitation link. Text around it is not tolerated. */
export function parseInvitationLink(text: string): InvitationLink | null {
  const at = text.length <= maxLinkLength ? text.indexOf(fragment) : -1
  if (at < 0) return null
  const origin = text.slice(0, at)
  const payload = parseBase64Url(text.slice(at + fragment.length))
  if (!/^https?:\/\/[^/?#\s@]+$/u.test(origin) || payload?.length !== 1 + hashSizeBytes + secretSizeBytes || payload[0] !== linkVersion)
    return null
  return { origin, scope: idFromBytes(payload.slice(1, 1 + hashSizeBytes)), secret: payload.slice(1 + hashSizeBytes) }
}

export interface InvitationKeys {
  readonly id: InvitationId
  readonly sign: SigningKey
  readonly name: AeadKey
}

/** The keys of a link's secret. */
export async function invitationKeys(suite: Suite, secret: Bytes): Promise<InvitationKeys> {
  const sign = await suite.signingKeyFromSeed(await suite.deriveBytes(secret, emptyBytes, signInfo, keySizeBytes))
  return { id: toHex(sign.publicKey) as InvitationId, sign, name: await suite.deriveAeadKey(secret, emptyBytes, nameInfo) }
}

export interface JoinOptions {
  readonly suite: Suite
  readonly random: Random
  readonly link: Pick<InvitationLink, 'scope' | 'secret'>
  readonly user: UserId
  readonly userLog: readonly Bytes[]
  readonly device: SigningKey
  readonly displayName: string
}

/** The bytes of a join request. @throws IdentityError `too-large` for a name over 256 bytes */
export async function createJoinRequest({ suite, random, link, user, userLog, device, displayName }: JoinOptions): Promise<Bytes> {
  const name = encodeUtf8(displayName)
  if (name.length > maxDisplayNameBytes) throw new IdentityError('too-large', `a name of ${name.length} bytes`)
  const keys = await invitationKeys(suite, link.secret)
  const nonce = random.bytes(nonceSizeBytes)
  const id = deviceIdOf(device)
  const sealedName = concatBytes(nonce, await suite.seal(keys.name, nonce, joinNameContext(user, id), name))
  const unsigned = { scope: link.scope, invitation: keys.id, userLog, device: id, sealedName }
  const deviceSig = await suite.sign(device, joinDomain, joinDeviceBytes(unsigned))
  const invitationSig = await suite.sign(keys.sign, joinLinkDomain, joinLinkBytes({ ...unsigned, deviceSig }))
  return encodeJoinRequest({ ...unsigned, deviceSig, invitationSig })
}

/** The display name in a verified request, for who holds the link's secret; null when it does not open. */
export async function openJoinName(
  suite: Suite,
  secret: Bytes,
  request: { user: UserId; device: DeviceId; sealedName: Bytes },
): Promise<string | null> {
  const { name } = await invitationKeys(suite, secret)
  const nonce = request.sealedName.slice(0, nonceSizeBytes)
  if (nonce.length < nonceSizeBytes) return null
  const opened = await suite.open(name, nonce, joinNameContext(request.user, request.device), request.sealedName.slice(nonceSizeBytes))
  return opened && parseUtf8(opened)
}
