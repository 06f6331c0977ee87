/** Project Wycheproof's vectors, beside the repository where they are present; where they are not, these tests do not exist. */
/// <reference types="vite/client" />
import { codeOf, concatBytes, emptyBytes, equalBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import nacl from 'tweetnacl'
import { describe, expect, test } from 'vitest'
import { makeVerifyEd25519 } from './ed25519.ts'
import { webCryptoSuite } from './index.ts'
import { keyPairFromPrivateBytes } from './key-handles.ts'
import { importAeadKey } from './symmetric.ts'

const verifyEd25519 = makeVerifyEd25519()

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  /** Hexadecimal, but for the numbers. */
  readonly [field: string]: unknown
}

interface Group {
  readonly tests: readonly Vector[]
  readonly publicKey?: { readonly pk: string }
  readonly keySize?: number
  readonly ivSize?: number
}

const found = import.meta.glob<{ readonly testGroups: readonly Group[] }>('../../../../shared/vectors/*_test.json', {
  eager: true,
  import: 'default',
})
const suite = webCryptoSuite()

function groupsOf(name: string): readonly Group[] {
  return Object.entries(found).find(([path]) => path.endsWith(`/${name}_test.json`))?.[1].testGroups ?? []
}

function field(vector: Vector, name: string): Bytes {
  const value = vector[name]
  const bytes = typeof value === 'string' ? parseHex(value) : null
  if (!bytes) throw new Error(`vector ${vector.tcId} has no ${name}`)
  return bytes
}

/** Labels of the vectors that `judge` finds to go against what is stated. */
async function misjudged(groups: readonly Group[], judge: (vector: Vector, group: Group) => Promise<boolean>): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const group of groups) {
    for (const vector of group.tests) {
      if (!(await judge(vector, group))) wrong.push(`${vector.tcId} ${vector.result} ${vector.flags.join(' ')}: ${vector.comment}`)
    }
  }
  return wrong
}

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const isMalleable = (signature: Bytes): boolean => BigInt(`0x${toHex(signature.slice(32).reverse())}`) >= order

async function signatureAsStated(vector: Vector, group: Group): Promise<boolean> {
  const [publicKey, message, signature] = [parseHex(group.publicKey?.pk ?? '') ?? emptyBytes, field(vector, 'msg'), field(vector, 'sig')]
  const verdict = await verifyEd25519(publicKey, message, signature)
  const second = signature.length === 64 && nacl.sign.detached.verify(message, signature, publicKey)
  return verdict === (vector.result === 'valid') && (second === verdict || (second && isMalleable(signature)))
}

async function secretAsStated(vector: Vector): Promise<boolean> {
  const [secret, point, shared] = [field(vector, 'private'), field(vector, 'public'), field(vector, 'shared')]
  const { handle } = await keyPairFromPrivateBytes('X25519', secret)
  const key = await crypto.subtle.importKey('raw', point, 'X25519', false, [])
  const derived = await crypto.subtle.deriveBits({ name: 'X25519', public: key }, handle, 256).then(
    (bits) => toHex(new Uint8Array(bits)),
    () => 'refused',
  )
  const expected = shared.every((byte) => byte === 0) ? 'refused' : toHex(shared)
  return derived === expected && toHex(nacl.scalarMult(secret, point)) === toHex(shared)
}

async function derivedAsStated(vector: Vector): Promise<boolean> {
  const outcome = await suite
    .deriveBytes(field(vector, 'ikm'), field(vector, 'salt'), field(vector, 'info'), Number(vector['size']))
    .then(toHex, codeOf)
  return outcome === (vector.result === 'valid' ? toHex(field(vector, 'okm')) : 'bad-size')
}

async function sealedAsStated(vector: Vector, group: Group): Promise<boolean> {
  const key = await importAeadKey(field(vector, 'key'))
  const [nonce, aad, plaintext] = [field(vector, 'iv'), field(vector, 'aad'), field(vector, 'msg')]
  const ciphertext = concatBytes(field(vector, 'ct'), field(vector, 'tag'))
  const opened = await suite.open(key, nonce, aad, ciphertext)
  if (group.ivSize !== 96 || vector.result !== 'valid') return opened === null
  return opened !== null && equalBytes(opened, plaintext) && equalBytes(await suite.seal(key, nonce, aad, plaintext), ciphertext)
}

const fileNames = ['ed25519', 'x25519', 'hkdf_sha256', 'aes_gcm']
const present = fileNames.filter((name) => groupsOf(name).length > 0)

/** Thousands of operations, some of them of the slow second implementation, perhaps on a busy machine. */
const timeout = 60_000

test('[CR4] the vector files are all there or none is', () => {
  expect([[], fileNames]).toContainEqual(present)
})

describe.each(present.length > 0 ? ['Wycheproof'] : [])('%s', () => {
  test('[CR4] every signature is judged as stated; tweetnacl differs on malleable ones only', { timeout }, async () => {
    expect(await misjudged(groupsOf('ed25519'), signatureAsStated)).toStrictEqual([])
  })

  test('[CR11] every X25519 secret is as stated and as tweetnacl has it, and those that are zero are refused', { timeout }, async () => {
    expect(await misjudged(groupsOf('x25519'), secretAsStated)).toStrictEqual([])
  })

  test('[CR10] every HKDF output is as stated, and sizes that HKDF cannot give are refused', { timeout }, async () => {
    expect(await misjudged(groupsOf('hkdf_sha256'), derivedAsStated)).toStrictEqual([])
  })

  test('[CR9] every AES-256-GCM vector opens and seals as stated, and none with a nonce of another size', { timeout }, async () => {
    const groups = groupsOf('aes_gcm').filter((group) => group.keySize === 256)
    expect(await misjudged(groups, sealedAsStated)).toStrictEqual([])
  })
})
