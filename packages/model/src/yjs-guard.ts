/** Judges another device's Yjs update before the document sees a byte of it. */
import type { DeviceId, Judged } from '@poruch/base'
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import { Refusal } from './errors.ts'
import type { RefusalReason } from './errors.ts'
import { readPlainValue } from './plain-value.ts'
import { arrayNameOf } from './tuple-arrays.ts'
import type { TupleSchema } from './tuple-schema.ts'

/** An update comes in an envelope, and an envelope is at most this long (docs/PROTOCOL.md). */
export const updateMaxBytes = 262_144
/** Tuples in one update: at 50 ms per batch far above what a person writes, and 20 times less than would hold up a screen. */
export const updateMaxTuples = 1_024

/** What is known of the author from outside the update. */
export interface UpdateOrigin {
  /** The only clientID that its structs may carry. */
  readonly clientId: number
  readonly device: DeviceId
  /** Earlier clientIDs of the same device in this document: what may stand to the left of an appended tuple, beside its own. */
  readonly ownClients: ReadonlySet<number>
  readonly lamports: { readonly from: number; readonly to: number }
  readonly schema: TupleSchema
  /** The content was erased: deleted items stand in the place of the tuples, and nothing else does. */
  readonly isErased?: boolean
}

/** Counts of an update that may be applied: the structs' clocks run from `clock` on, one for each tuple. */
export interface CheckedUpdate {
  readonly clock: number
  readonly tuples: number
}

interface Progress {
  clock: number
  tuples: number
}

/**
 * Accepts exactly one thing: an append of well-formed tuples to the author's own array, by the author's own clientID, directly after
 * the clocks that the document has. Never throws, never touches the document. Cost is that of the update alone.
 */
export function checkUpdate(doc: Y.Doc, update: Uint8Array, origin: UpdateOrigin): Judged<CheckedUpdate, RefusalReason> {
  if (update.length > updateMaxBytes) return { ok: false, reason: 'too-large' }
  try {
    return { ok: true, value: readUpdate(doc, decoding.createDecoder(update), origin) }
  } catch (thrown) {
    return { ok: false, reason: thrown instanceof Refusal ? thrown.reason : 'malformed' }
  }
}

/** Layout of Yjs' update version 1: clients, each with its structs; then the delete set. */
function readUpdate(doc: Y.Doc, decoder: decoding.Decoder, origin: UpdateOrigin): CheckedUpdate {
  const clients = decoding.readVarUint(decoder)
  if (clients === 0) throw new Refusal(decoding.readVarUint(decoder) === 0 ? 'bad-content' : 'has-deletions')
  if (clients > 1) throw new Refusal('foreign-client')
  const structs = decoding.readVarUint(decoder)
  if (structs === 0) throw new Refusal('bad-content')
  if (structs > updateMaxTuples) throw new Refusal('too-many')
  if (decoding.readVarUint(decoder) !== origin.clientId) throw new Refusal('foreign-client')
  const clock = decoding.readVarUint(decoder)
  const known = Y.getState(doc.store, origin.clientId)
  if (clock > known) throw new Refusal('missing-dependency')
  if (clock < known) throw new Refusal('clock-reused')
  const progress: Progress = { clock, tuples: 0 }
  for (let index = 0; index < structs; index++) readStruct(doc, decoder, origin, progress)
  if (decoding.readVarUint(decoder) !== 0) throw new Refusal('has-deletions')
  if (decoding.hasContent(decoder)) throw new Refusal('malformed')
  return { clock, tuples: progress.tuples }
}

const contentDeleted = 1
const contentAny = 8
const originFlag = 0x80
const rightOriginFlag = 0x40
const parentSubFlag = 0x20

function readStruct(doc: Y.Doc, decoder: decoding.Decoder, origin: UpdateOrigin, progress: Progress): void {
  const info = decoding.readUint8(decoder)
  if (info === undefined) throw new Refusal('malformed')
  if ((info & 0x1f) !== (origin.isErased ? contentDeleted : contentAny)) throw new Refusal('bad-content')
  if ((info & rightOriginFlag) !== 0) throw new Refusal('not-append')
  if ((info & parentSubFlag) !== 0) throw new Refusal('foreign-parent')
  if ((info & originFlag) !== 0) checkLeft(doc, decoder, origin, progress)
  else checkParent(decoder, origin)
  readTuples(decoder, origin, progress)
}

/** The left neighbour stands in the author's array, and is known already: Yjs copies the parent from it. */
function checkLeft(doc: Y.Doc, decoder: decoding.Decoder, origin: UpdateOrigin, progress: Progress): void {
  const client = decoding.readVarUint(decoder)
  const clock = decoding.readVarUint(decoder)
  const isOwn = client === origin.clientId
  if (!isOwn && !origin.ownClients.has(client)) throw new Refusal('foreign-origin')
  if (clock >= (isOwn ? progress.clock : Y.getState(doc.store, client))) throw new Refusal('missing-dependency')
}

function checkParent(decoder: decoding.Decoder, origin: UpdateOrigin): void {
  // 1: a root, by its name; anything else: a type inside another struct.
  if (decoding.readVarUint(decoder) !== 1) throw new Refusal('foreign-parent')
  if (decoding.readVarString(decoder) !== arrayNameOf(origin.device)) throw new Refusal('foreign-parent')
}

function readTuples(decoder: decoding.Decoder, origin: UpdateOrigin, progress: Progress): void {
  const length = decoding.readVarUint(decoder)
  if (length === 0) throw new Refusal('bad-content')
  progress.tuples += length
  if (progress.tuples > updateMaxTuples) throw new Refusal('too-many')
  progress.clock += length
  if (progress.clock > Number.MAX_SAFE_INTEGER) throw new Refusal('malformed')
  for (let index = 0; index < length && !origin.isErased; index++) {
    if (!origin.schema(readPlainValue(decoder), origin)) throw new Refusal('bad-tuple')
  }
}
