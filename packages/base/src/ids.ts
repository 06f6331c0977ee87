/** Branded identifiers: lower-case hexadecimal of their bytes, so that string order is byte order. */
import { parseHex, toHex } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { BaseError } from './errors.ts'

/** Identifiers are 32 bytes, 64 hexadecimal characters. */
export const idSizeBytes = 32

export type Id<Name extends string> = string & { readonly __brand: Name }
export type UserId = Id<'user'>
/** A device's Ed25519 public key. */
export type DeviceId = Id<'device'>
export type ScopeId = Id<'scope'>
export type TopicId = Id<'topic'>
export type EntryId = Id<'entry'>
export type EnvelopeId = Id<'envelope'>
/** The id of the record that opened an epoch. */
export type EpochId = Id<'epoch'>
/** An invitation's Ed25519 public key. */
export type InvitationId = Id<'invitation'>

/** @throws BaseError `bad-id` unless there are 32 bytes. */
export function idFromBytes<Name extends string>(bytes: Uint8Array): Id<Name> {
  if (bytes.length !== idSizeBytes) throw new BaseError('bad-id', `${bytes.length} bytes instead of ${idSizeBytes}`)
  return toHex(bytes) as Id<Name>
}

/** The 32 bytes of an id. @throws BaseError `bad-id` when the text is not one. */
export function idToBytes(id: Id<string>): Bytes {
  const bytes = parseHex(id)
  if (bytes?.length !== idSizeBytes) throw new BaseError('bad-id', `${id.length} characters`)
  return bytes
}

/** The id that foreign text states, or null. */
export function parseId<Name extends string>(text: unknown): Id<Name> | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/u.test(text) ? (text as Id<Name>) : null
}
