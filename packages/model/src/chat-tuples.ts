/** The tuples of a chat: their fields, how they are written, which are well formed. */
import type { DeviceId } from '@poruch/base'
import type * as Y from 'yjs'
import { ModelError } from './errors.ts'
import { appendTuple } from './tuple-arrays.ts'
import type { TupleOrigin } from './tuple-schema.ts'
import { isAllowedLamport, isU48 } from './tuple-schema.ts'

/** Characters (UTF-16 units) of one message; in UTF-8 with all overhead it always fits into one envelope. */
export const messageMaxCharacters = 16_000
/** Fields of a tuple: six now, and room for later ones, which are optional for ever. */
const fieldsMin = 6
const fieldsMax = 16

export const chatKinds = { message: 0, edit: 1, deletion: 2 } as const

/** `[kind, id, targetId | null, lamport, wallTime, body]`; the body of a message or an edit is its text, that of a deletion null. */
export type ChatTuple =
  | readonly [kind: 0, id: string, targetId: null, lamport: number, wallTime: number, text: string]
  | readonly [kind: 1, id: string, targetId: string, lamport: number, wallTime: number, text: string]
  | readonly [kind: 2, id: string, targetId: string, lamport: number, wallTime: number, nothing: null]

/** A message's id: the device that wrote it, and a number that this device never uses twice in the same chat. */
export function messageIdOf(device: DeviceId, n: number): string {
  if (!Number.isSafeInteger(n) || n < 0) throw new ModelError('bad-id', `number ${n}`)
  return `${device}|${n}`
}

/** The parts of a message's id, or null where the text is none. */
export function parseMessageId(text: unknown): { readonly device: DeviceId; readonly n: number } | null {
  if (typeof text !== 'string') return null
  const parts = /^([0-9a-f]{64})\|(0|[1-9][0-9]{0,15})$/u.exec(text)
  const n = Number(parts?.[2])
  return parts && Number.isSafeInteger(n) ? { device: parts[1] as DeviceId, n } : null
}

/** The guard's schema of chats: the known kinds in full; of later kinds the six common fields. */
export function isChatTuple(value: unknown, origin: TupleOrigin): boolean {
  if (!hasCommonFields(value, origin.device) || !isAllowedLamport(value[3], origin)) return false
  const kind = value[0]
  return kind === chatKinds.message || kind === chatKinds.edit || kind === chatKinds.deletion
    ? parseChatTuple(value, origin.device) !== null
    : true
}

/** The tuple of a known kind, or null for anything that this version cannot read. */
export function parseChatTuple(value: unknown, device: DeviceId): ChatTuple | null {
  if (!hasCommonFields(value, device)) return null
  const [kind, , targetId, , , body] = value
  const isText = typeof body === 'string' && body.length <= messageMaxCharacters
  if (kind === chatKinds.message) return targetId === null && isText ? (value as unknown as ChatTuple) : null
  if (parseMessageId(targetId) === null) return null
  if (kind === chatKinds.edit) return isText ? (value as unknown as ChatTuple) : null
  return kind === chatKinds.deletion && body === null ? (value as unknown as ChatTuple) : null
}

function hasCommonFields(value: unknown, device: DeviceId): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length < fieldsMin || value.length > fieldsMax) return false
  const [kind, id, targetId, lamport, wallTime] = value as unknown[]
  const isKind = Number.isInteger(kind) && (kind as number) >= 0 && (kind as number) < 256
  const isTarget = targetId === null || parseMessageId(targetId) !== null
  return isKind && parseMessageId(id)?.device === device && isTarget && isU48(lamport) && isU48(wallTime)
}

/** What every command states: its own id (see `messageIdOf`), the lamport number and the author's clock in milliseconds. */
export interface Stamp {
  readonly id: string
  readonly lamport: number
  readonly wallTime: number
}

/** Appends a message. One transaction. @throws ModelError `too-long`, `empty`, `bad-id`, `bad-number`; then nothing was written */
export function appendMessage(doc: Y.Doc, device: DeviceId, message: Stamp & { readonly text: string }): void {
  checkStamp(device, message)
  checkText(message.text)
  appendTuple(doc, device, [chatKinds.message, message.id, null, message.lamport, message.wallTime, message.text])
}

/** Appends a new text for a message of the same user. One transaction. @throws ModelError as `appendMessage` */
export function appendEdit(doc: Y.Doc, device: DeviceId, edit: Stamp & { readonly targetId: string; readonly text: string }): void {
  checkStamp(device, edit)
  checkTarget(edit.targetId)
  checkText(edit.text)
  appendTuple(doc, device, [chatKinds.edit, edit.id, edit.targetId, edit.lamport, edit.wallTime, edit.text])
}

/** Appends the deletion of a message of the same user. One transaction. @throws ModelError as `appendMessage` */
export function appendDeletion(doc: Y.Doc, device: DeviceId, deletion: Stamp & { readonly targetId: string }): void {
  checkStamp(device, deletion)
  checkTarget(deletion.targetId)
  appendTuple(doc, device, [chatKinds.deletion, deletion.id, deletion.targetId, deletion.lamport, deletion.wallTime, null])
}

function checkStamp(device: DeviceId, stamp: Stamp): void {
  if (parseMessageId(stamp.id)?.device !== device) throw new ModelError('bad-id', `${stamp.id.length} characters`)
  if (!isU48(stamp.lamport)) throw new ModelError('bad-number', 'lamport outside 48 bits')
  if (!isU48(stamp.wallTime)) throw new ModelError('bad-number', 'wall time outside 48 bits')
}

function checkTarget(targetId: string): void {
  if (parseMessageId(targetId) === null) throw new ModelError('bad-id', `target of ${targetId.length} characters`)
}

function checkText(text: string): void {
  if (text.length === 0) throw new ModelError('empty', 'no text')
  if (text.length > messageMaxCharacters) throw new ModelError('too-long', `${text.length} characters, ${messageMaxCharacters} allowed`)
}
