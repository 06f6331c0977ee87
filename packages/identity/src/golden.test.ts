import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { codeOf, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import {
  decodeCutList,
  decodeDirectEpoch,
  directChain,
  decodeEntry,
  decodeJoinRequest,
  decodeRecord,
  decodeSealedKey,
  decodeUserEntry,
  encodeCutList,
  encodeEntry,
  encodeRecord,
  encodeUserEntry,
  foldUserLog,
  makeScopeFold,
} from '@poruch/identity/fold'
import { makeSpecimens, seededRandom } from '@poruch/testkit/fixtures'
import type { Specimens } from '@poruch/testkit/fixtures'
import { decodeCbor, encodeCbor } from './cbor.ts'
import type { CborValue } from './cbor.ts'
import { encodeJoinRequest } from './invitation/join-request.ts'
import { encodeDirectEpoch } from './keys/direct-epoch.ts'
import { encodeSealedKey } from './keys/sealed-key.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Reads bytes and writes what it read. */
type Again = (bytes: Uint8Array) => Bytes

const again: Readonly<Record<keyof Specimens, Again>> = {
  userEntries: (bytes) => encodeUserEntry(decodeUserEntry(bytes)),
  records: (bytes) => {
    const record = decodeRecord(bytes)
    return encodeRecord({
      ...record,
      entry: encodeEntry(decodeEntry(record.entry)),
      cutList: record.cutList.length > 0 ? encodeCutList(decodeCutList(record.cutList)) : record.cutList,
    })
  },
  cutLists: (bytes) => encodeCutList(decodeCutList(bytes)),
  sealedKeys: (bytes) => encodeSealedKey(decodeSealedKey(bytes)),
  directEpochs: (bytes) => encodeDirectEpoch(decodeDirectEpoch(bytes)),
  joinRequests: (bytes) => encodeJoinRequest(decodeJoinRequest(bytes)),
}

const formats = Object.keys(again) as (keyof Specimens)[]
let made: Specimens

beforeAll(async () => {
  made = await makeSpecimens()
  if (process.env['WRITE_GOLDEN'] !== '1') return
  for (const format of formats) writeFileSync(fileOf(format), `${JSON.stringify(made[format].map(toHex), null, 2)}\n`)
})

function fileOf(format: keyof Specimens): URL {
  return new URL(`../golden/${format.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}.json`, import.meta.url)
}

function golden(format: keyof Specimens): Bytes[] {
  const lines = JSON.parse(readFileSync(fileOf(format), 'utf8')) as string[]
  return lines.map((line) => parseHex(line) ?? new Uint8Array())
}

describe.each(formats)('%s', (format) => {
  test('[ID4] are the same bytes as when version 1 was frozen', () => {
    expect(made[format].map(toHex)).toEqual(golden(format).map(toHex))
  })

  test('[ID1] are read and written without a change', () => {
    expect(golden(format).length).toBeGreaterThan(0)
    for (const bytes of golden(format)) expect(toHex(again[format](bytes))).toBe(toHex(bytes))
  })

  test('[ID3] are refused with a code, or read and written without a change, when damaged', () => {
    const random = seededRandom(3)
    for (const bytes of golden(format)) {
      for (let round = 0; round < 60; round++)
        expect(outcome(format, damaged(bytes, random.bytes(8)))).toMatch(
          /^(?:same|bad-cbor|bad-shape|too-large|unknown-version|unknown-op)$/u,
        )
    }
  })

  test('[ID3] are refused with a code, or read and written without a change, when a part is put in place of another', () => {
    const random = seededRandom(5)
    for (const bytes of golden(format)) {
      for (let round = 0; round < 60; round++)
        expect(outcome(format, restructured(bytes, random.bytes(6)))).toMatch(
          /^(?:same|bad-cbor|bad-shape|too-large|unknown-version|unknown-op)$/u,
        )
    }
  })

  test('[ID2] are refused when they are larger than any honest one', () => {
    expect(outcome(format, new Uint8Array(2_000_000))).toBe('too-large')
  })
})

/** Canonical bytes of the same value with one part of it replaced. In a record it is a part of its entry. */
function restructured(bytes: Bytes, chance: Bytes): Bytes {
  const [depth = 0, which = 0, what = 0, ...more] = chance
  const parts: CborValue[] = [
    0,
    1,
    2 ** 32,
    new Uint8Array(),
    new Uint8Array(32),
    new Uint8Array(64),
    [],
    [0],
    [[], []],
    new Map(),
    new Map([[1, 1]]),
  ]
  const replaced = (value: CborValue, left: number): CborValue => {
    const pick = (more[left % more.length] ?? 0) + which
    if (left > 0 && Array.isArray(value) && value.length > 0) {
      const list = value as readonly CborValue[]
      return list.map((item, index) => (index === pick % list.length ? replaced(item, left - 1) : item))
    }
    if (left > 0 && value instanceof Map)
      return new Map(
        [...value].map(([key, item]) => [
          key,
          key === 1 + (pick % value.size) ? replaced(item as CborValue, left - 1) : (item as CborValue),
        ]),
      )
    if (left > 0 && value instanceof Uint8Array && value.length > 100)
      return encodeCbor(replaced(decodeCbor(value, value.length), left - 1))
    return parts[what % parts.length] ?? 0
  }
  return encodeCbor(replaced(decodeCbor(bytes, bytes.length), depth % 6))
}

function damaged(bytes: Bytes, chance: Bytes): Bytes {
  const [kind = 0, a = 0, b = 0, c = 0, value = 0] = chance
  const at = ((a * 256 + b) * 256 + c) % bytes.length
  // Half of the damage goes where the structure is.
  const where = kind % 2 === 0 ? at : at % 12
  if (kind % 5 === 0) return bytes.slice(0, where)
  if (kind % 5 === 1) return Uint8Array.from([...bytes.slice(0, where), value, ...bytes.slice(where)])
  const copy = bytes.slice()
  copy[where] = value
  return copy
}

function outcome(format: keyof Specimens, bytes: Bytes): string {
  try {
    return toHex(again[format](bytes)) === toHex(bytes) ? 'same' : 'changed'
  } catch (thrown) {
    return codeOf(thrown)
  }
}

describe('the golden logs', () => {
  const suite = webCryptoSuite()

  test('[ID1][ID202] direct epochs of an earlier version are read, as of a chain of all their author’s devices', () => {
    const lines = JSON.parse(readFileSync(new URL('../golden/direct-epochs-of-users.json', import.meta.url), 'utf8')) as string[]
    const epochs = lines.map((line) => decodeDirectEpoch(parseHex(line) ?? new Uint8Array()))
    expect(epochs.map(encodeDirectEpoch).map(toHex)).toEqual(lines)
    expect(epochs.map(({ gen }) => gen)).toEqual([0, 1])
    for (const epoch of epochs) expect(directChain(epoch)).toBe(epoch.author)
  })

  test('[ID4] are judged as on the day they were made', async () => {
    const log = await foldUserLog(suite, golden('userEntries'))
    expect(log).toMatchObject({ ok: true, value: { state: { seq: golden('userEntries').length - 1 }, revoked: [{}] } })
    const fold = makeScopeFold({ suite, scope: null })
    expect(await fold.apply(golden('records'))).toMatchObject({ ok: true })
    expect(fold.members()).toHaveLength(1)
  })

  test('[ID3] are refused with a reason when damaged', async () => {
    const records = golden('records')
    const random = seededRandom(4)
    for (let round = 0; round < 20; round++) {
      const fold = makeScopeFold({ suite, scope: null })
      const victim = round % records.length
      const changed = records.map((record, index) => (index === victim ? damaged(record, random.bytes(8)) : record))
      const judged = await fold.apply(changed)
      const touched = toHex(changed[victim] ?? new Uint8Array()) !== toHex(records[victim] ?? new Uint8Array())
      expect(judged.ok).toBe(!touched)
    }
  })
})
