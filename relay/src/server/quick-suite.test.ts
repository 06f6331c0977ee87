import { encodeUtf8, toHex } from '@poruch/base'
import { signSuite } from '@poruch/crypto/sign'
import { expect, test } from 'vitest'
import { quickSuite } from './quick-suite.ts'

test('[RE175] hashes and signs as every other device', async () => {
  const [quick, usual] = [quickSuite(), signSuite()]
  for (const text of ['', 'abc', 'x'.repeat(100_000)]) {
    const bytes = encodeUtf8(text)
    expect(toHex(await quick.sha256(bytes))).toBe(toHex(await usual.sha256(bytes)))
    expect(toHex(await quick.hash('tag', bytes, bytes))).toBe(toHex(await usual.hash('tag', bytes, bytes)))
  }
  const key = await quick.generateSigningKey()
  const signature = await quick.sign(key, 'domain', encodeUtf8('message'))
  expect(await usual.verify(key.publicKey, 'domain', encodeUtf8('message'), signature)).toBe(true)
})
