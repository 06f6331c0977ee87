/** The only caller of cborg: deterministic CBOR of unsigned integers, byte strings, arrays and maps with small integer keys. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decode, encode, Tokenizer, Type } from 'cborg'
import type { Token } from 'cborg'
import { IdentityError } from './errors.ts'

export type CborValue = number | Uint8Array | readonly CborValue[] | CborMap
export type CborMap = ReadonlyMap<number, CborValue>

/** Our deepest structure is a map holding an array of arrays of arrays. */
const maxDepth = 6
/** Items in one value; a cut list of the largest size has 25,000. */
const maxItems = 65_536

/** Keys of one byte: then their order by length and by bytes is the same. */
const maxKey = 23

const allowed: readonly Type[] = [Type.uint, Type.bytes, Type.array, Type.map]

/** The canonical bytes (RFC 8949 §4.2.1). Map keys are at most 23. */
export function encodeCbor(value: CborValue): Bytes {
  return copyBytes(encode(value))
}

/** The value of canonical bytes. @throws IdentityError `too-large` | `bad-cbor` */
export function decodeCbor(bytes: Uint8Array, maxBytes: number): CborValue {
  if (bytes.length > maxBytes) throw new IdentityError('too-large', `${bytes.length} bytes, ${maxBytes} allowed`)
  return decodeWhole(copyBytes(bytes))
}

/** A key of one byte, the head of a byte string of 64, and those. */
const signatureFieldBytes = 67

/** Of a canonical map of at most 23 fields that ends with its 64-byte signature: the map of the others, which was signed. */
export function withoutSignature(bytes: Uint8Array): Bytes {
  const signed = copyBytes(bytes.subarray(0, bytes.length - signatureFieldBytes))
  // The first byte says how many fields there are.
  signed[0] = (signed[0] ?? 1) - 1
  return signed
}

/** `strict` refuses heads that are longer than they must be; with keys in order nothing is left that could be written otherwise. */
const readerOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
}

function decodeWhole(bytes: Bytes): CborValue {
  try {
    return decode(bytes, { ...readerOptions, tokenizer: new CanonicalTokenizer(bytes, readerOptions) }) as CborValue
  } catch (thrown) {
    if (thrown instanceof IdentityError) throw thrown
    throw new IdentityError('bad-cbor', 'not readable', { cause: thrown })
  }
}

/** Refuses other types and keys, keys out of order, and nesting or counts over the bounds, before anything is built or recursed into. */
class CanonicalTokenizer extends Tokenizer {
  private items = 0
  private readonly open: Container[] = []

  override next(): Token {
    const token = super.next()
    if (!allowed.some((type) => Type.equals(type, token.type))) throw new IdentityError('bad-cbor', `type ${token.type.name}`)
    this.items++
    if (this.items > maxItems) throw new IdentityError('too-large', `more than ${maxItems} items`)
    while (this.open.at(-1)?.left === 0) this.open.pop()
    const inside = this.open.at(-1)
    if (inside) {
      // Keys and values alternate, and both are counted.
      if (inside.map && inside.left % 2 === 0) inside.lastKey = keyAfter(inside.lastKey, token)
      inside.left -= 1
    }
    const map = Type.equals(token.type, Type.map)
    if (!token.type.terminal) this.open.push({ map, left: (map ? 2 : 1) * Number(token.value), lastKey: -1 })
    if (this.open.length > maxDepth) throw new IdentityError('too-large', `nested deeper than ${maxDepth}`)
    return token
  }
}

interface Container {
  readonly map: boolean
  left: number
  /** Of a map. */
  lastKey: number
}

function keyAfter(last: number, token: Token): number {
  const key = Number(token.value)
  if (!Type.equals(token.type, Type.uint) || key > maxKey) throw new IdentityError('bad-cbor', 'a key that is no small integer')
  if (key <= last) throw new IdentityError('bad-cbor', 'keys out of order')
  return key
}
