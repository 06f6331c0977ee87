/** The relay's suite: hashes of small messages are made in place, where WebCrypto hands each to another thread. */
import { hash } from 'node:crypto'
import type { Bytes } from '@poruch/base'
import { signSuite, systemRandom, verifySuite } from '@poruch/crypto/sign'
import type { SignSuite } from '@poruch/crypto/sign'

/** As `signSuite`; its SHA-256 is Node's own. */
export function quickSuite(): SignSuite {
  return signSuite(systemRandom, verifySuite(sha256))
}

async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return Promise.resolve(new Uint8Array(hash('sha256', bytes, 'buffer')))
}
