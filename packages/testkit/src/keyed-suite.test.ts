/** The simulator's suite and the real one keep one contract, and the simulator's own promises hold. */
import { emptyBytes, encodeUtf8, toHex } from '@poruch/base'
import type { Random } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import { expect, test } from 'vitest'
import { suiteContract } from './contract/suite.ts'
import { keyedHashSuite } from './keyed-suite.ts'
import type { KeyRegistry } from './keyed-suite.ts'

suiteContract('[CR21] WebCrypto', webCryptoSuite)
suiteContract('[CR21] keyed hash', (random) => keyedHashSuite(random))

function countingRandom(): Random {
  let calls = 0
  return { bytes: (length) => new Uint8Array(length).fill(++calls) }
}

const message = encodeUtf8('message')

test('[CR21] hashes and derives what the real suite does', async () => {
  const [real, keyed] = [webCryptoSuite(), keyedHashSuite(countingRandom())]
  expect(toHex(await keyed.hash('tag', message, message))).toBe(toHex(await real.hash('tag', message, message)))
  expect(toHex(await keyed.deriveBytes(message, message, message, 100))).toBe(toHex(await real.deriveBytes(message, message, message, 100)))
})

test('[CR22] a handle of one’s own under another’s public key signs nothing for that key', async () => {
  const suite = keyedHashSuite(countingRandom())
  const [alice, mallory] = [await suite.generateSigningKey(), await suite.generateSigningKey()]
  const forged = await suite.sign({ publicKey: alice.publicKey, handle: mallory.handle }, 'domain', message)
  expect(await suite.verify(alice.publicKey, 'domain', message, forged)).toBe(false)
})

test('[CR22] a handle of one’s own under another’s public key opens nothing sealed to that key', async () => {
  const suite = keyedHashSuite(countingRandom())
  const [alice, mallory] = [await suite.generateHpkeKey(), await suite.generateHpkeKey()]
  const sealed = await suite.hpkeSeal(alice.publicKey, emptyBytes, emptyBytes, message)
  expect(await suite.hpkeOpen({ publicKey: alice.publicKey, handle: mallory.handle }, sealed, emptyBytes, emptyBytes)).toBeNull()
})

test('[CR22] suites verify each other when they share the registry, and do not otherwise', async () => {
  const keys: KeyRegistry = new Map()
  const [one, two, apart] = [
    keyedHashSuite(countingRandom(), keys),
    keyedHashSuite(countingRandom(), keys),
    keyedHashSuite(countingRandom()),
  ]
  const alice = await one.generateSigningKey()
  const signature = await one.sign(alice, 'domain', message)
  expect(await two.verify(alice.publicKey, 'domain', message, signature)).toBe(true)
  expect(await apart.verify(alice.publicKey, 'domain', message, signature)).toBe(false)
})

test('[CR21] resolves in microtasks alone', async () => {
  const suite = keyedHashSuite(countingRandom())
  const order: string[] = []
  const timer = new Promise<void>((resolve) => {
    setImmediate(() => {
      order.push('later')
      resolve()
    })
  })
  const key = await suite.generateAeadKey()
  await suite.open(key, new Uint8Array(12), emptyBytes, await suite.seal(key, new Uint8Array(12), emptyBytes, message))
  const hpke = await suite.generateHpkeKey()
  await suite.hpkeOpen(hpke, await suite.hpkeSeal(hpke.publicKey, emptyBytes, emptyBytes, message), emptyBytes, emptyBytes)
  order.push('done')
  await timer
  expect(order).toStrictEqual(['done', 'later'])
})
