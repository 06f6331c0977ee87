/** Writes Yjs updates byte by byte, so that they may say what no Yjs would. */
import { concatBytes, encodeUtf8 } from '@poruch/base'
import type { Bytes } from '@poruch/base'

export interface RawUpdate {
  readonly client: number
  readonly clock: number
  /** The root array that the values are appended to. */
  readonly root: string
  /** Each one written by `value` or by hand. */
  readonly values: readonly Bytes[]
  /** What it deletes: by client, from a clock on. */
  readonly deletes?: { readonly client: number; readonly clock: number; readonly length: number }
}

const anyContent = 8
const rootParent = 1

/** Version 1: clients with their structs, then the delete set. */
export function rawUpdate({ client, clock, root, values, deletes }: RawUpdate): Bytes {
  const struct = concatBytes(Uint8Array.of(anyContent), varUint(rootParent), text(root), varUint(values.length), ...values)
  const deleteSet = deletes
    ? concatBytes(varUint(1), varUint(deletes.client), varUint(1), varUint(deletes.clock), varUint(deletes.length))
    : varUint(0)
  return concatBytes(varUint(1), varUint(1), varUint(client), varUint(clock), struct, deleteSet)
}

/** Tags of lib0's "any". */
const tags = { null: 126, number: 123, text: 119, object: 118, list: 117 } as const

export type RawValue = null | number | string | readonly RawValue[] | ReadonlyMap<string, RawValue>

export function value(of: RawValue): Bytes {
  if (of === null) return Uint8Array.of(tags.null)
  if (typeof of === 'string') return concatBytes(Uint8Array.of(tags.text), text(of))
  if (typeof of === 'number') return number(of)
  if (of instanceof Map) {
    const fields = [...(of as ReadonlyMap<string, RawValue>)].flatMap(([key, part]) => [text(key), value(part)])
    return concatBytes(Uint8Array.of(tags.object), varUint(of.size), ...fields)
  }
  const list = of as readonly RawValue[]
  return concatBytes(Uint8Array.of(tags.list), varUint(list.length), ...list.map(value))
}

/** Lists within lists, as many as asked for. */
export function nested(levels: number): Bytes {
  const opening = Array.from({ length: levels }, () => Uint8Array.of(tags.list, 1))
  return concatBytes(...opening, Uint8Array.of(tags.null))
}

function number(of: number): Bytes {
  const bytes = new Uint8Array(9)
  bytes[0] = tags.number
  new DataView(bytes.buffer).setFloat64(1, of)
  return bytes
}

function text(of: string): Bytes {
  const bytes = encodeUtf8(of)
  return concatBytes(varUint(bytes.length), bytes)
}

/** Seven bits a byte, the lowest first. */
function varUint(of: number): Bytes {
  const bytes: number[] = []
  let left = of
  for (; left > 127; left = Math.floor(left / 128)) bytes.push(128 + (left % 128))
  bytes.push(left)
  return Uint8Array.from(bytes)
}
