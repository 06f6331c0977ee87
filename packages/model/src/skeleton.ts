/** What is left of an update whose content is erased: that there were so many tuples, at these places of its author's array. */
import type { Bytes } from '@poruch/base'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { updateMaxBytes } from './yjs-guard.ts'

const contentDeleted = 1
const originFlag = 0x80
const namedParent = 1

/**
 * The update with deleted items in the place of its tuples, which later updates of its author go on behind. Always the same bytes for the
 * same update. Null for what is no append of one client to one root, as the guard would refuse it.
 */
export function skeletonOf(update: Uint8Array): Bytes | null {
  if (update.length > updateMaxBytes) return null
  try {
    return encodeSkeleton(Y.decodeUpdate(update).structs)
  } catch {
    return null
  }
}

function encodeSkeleton(structs: readonly (Y.Item | Y.GC | Y.Skip)[]): Bytes | null {
  const [first] = structs
  const items = structs.filter((struct) => struct instanceof Y.Item)
  if (!first || items.length < structs.length || items.some(({ id, rightOrigin }) => id.client !== first.id.client || rightOrigin))
    return null
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, items.length)
  encoding.writeVarUint(encoder, first.id.client)
  encoding.writeVarUint(encoder, first.id.clock)
  for (const { origin, parent, length } of items) {
    encoding.writeUint8(encoder, contentDeleted | (origin ? originFlag : 0))
    if (origin) {
      encoding.writeVarUint(encoder, origin.client)
      encoding.writeVarUint(encoder, origin.clock)
    } else if (typeof parent === 'string') {
      encoding.writeVarUint(encoder, namedParent)
      encoding.writeVarString(encoder, parent)
    } else return null
    encoding.writeVarUint(encoder, length)
  }
  // No delete set: the items are deleted by what they hold.
  encoding.writeVarUint(encoder, 0)
  return new Uint8Array(encoding.toUint8Array(encoder))
}
