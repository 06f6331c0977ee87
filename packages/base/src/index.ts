export {
  compareBytes,
  concatBytes,
  copyBytes,
  emptyBytes,
  encodeUtf8,
  equalBytes,
  parseBase64,
  parseBase64Url,
  parseHex,
  parseUtf8,
  toBase64,
  toBase64Url,
  toHex,
} from './bytes.ts'
export type { Bytes } from './bytes.ts'
export { makeByteReader } from './byte-reader.ts'
export type { ByteReader } from './byte-reader.ts'
export { makeByteWriter } from './byte-writer.ts'
export type { ByteWriter } from './byte-writer.ts'
export { makeEmitter } from './emitter.ts'
export type { Emitter } from './emitter.ts'
export { BaseError, CodedError, codeOf } from './errors.ts'
export type { Judged } from './errors.ts'
export { idFromBytes, idSizeBytes, idToBytes, parseId } from './ids.ts'
export type { DeviceId, EntryId, EnvelopeId, EpochId, Id, InvitationId, ScopeId, TopicId, UserId } from './ids.ts'
export { LeanMap } from './lean-map.ts'
export { makeLifetime } from './lifetime.ts'
export type { Lifetime } from './lifetime.ts'
export { makeSerial } from './serial.ts'
export type { Serial } from './serial.ts'
export { systemClock } from './ports.ts'
export type { Clock, Random } from './ports.ts'
export { makeCell } from './view.ts'
export type { Cell, View } from './view.ts'
