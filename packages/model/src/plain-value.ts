/** Reads a plain value (lib0 "any") out of foreign bytes within bounds of depth, parts and keys. */
import * as decoding from 'lib0/decoding'
import { Refusal } from './errors.ts'

/** Levels of arrays and objects within a tuple: the tuple is the first. No tuple of ours needs more than three. */
const depthMax = 4
/** Parts (values, however deep) of one tuple: twice what the longest tuple with a structured body could hold. */
const partsMax = 64
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export type PlainValue = null | boolean | number | string | Uint8Array | readonly PlainValue[] | { readonly [key: string]: PlainValue }

/** The next value. @throws Refusal; lib0's own errors where the bytes end too early. */
export function readPlainValue(decoder: decoding.Decoder): PlainValue {
  return readPart(decoder, { left: partsMax }, 0)
}

function readPart(decoder: decoding.Decoder, parts: { left: number }, depth: number): PlainValue {
  if (parts.left-- === 0) throw new Refusal('too-many')
  switch (decoding.readUint8(decoder)) {
    case 126:
      return null
    case 125:
      return decoding.readVarInt(decoder)
    case 124:
      return decoding.readFloat32(decoder)
    case 123:
      return decoding.readFloat64(decoder)
    case 121:
      return false
    case 120:
      return true
    case 119:
      return decoding.readVarString(decoder)
    case 118:
      return readObject(decoder, parts, depth + 1)
    case 117:
      return readArray(decoder, parts, depth + 1)
    case 116:
      return decoding.readVarUint8Array(decoder)
    default:
      throw new Refusal('bad-content')
  }
}

function readLength(decoder: decoding.Decoder, parts: { left: number }, depth: number): number {
  if (depth > depthMax) throw new Refusal('too-deep')
  const length = decoding.readVarUint(decoder)
  if (length > parts.left) throw new Refusal('too-many')
  return length
}

function readArray(decoder: decoding.Decoder, parts: { left: number }, depth: number): PlainValue {
  const length = readLength(decoder, parts, depth)
  const values: PlainValue[] = []
  for (let index = 0; index < length; index++) values.push(readPart(decoder, parts, depth))
  return values
}

function readObject(decoder: decoding.Decoder, parts: { left: number }, depth: number): PlainValue {
  const length = readLength(decoder, parts, depth)
  const entries = new Map<string, PlainValue>()
  for (let index = 0; index < length; index++) {
    const key = decoding.readVarString(decoder)
    if (forbiddenKeys.has(key)) throw new Refusal('forbidden-key')
    entries.set(key, readPart(decoder, parts, depth))
  }
  return Object.fromEntries(entries)
}
