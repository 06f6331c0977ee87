/** How libp2p names a node with an Ed25519 key: told to every session, so it must not cost libp2p itself. */
import { concatBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { signSuite } from '@poruch/crypto/sign'

/** Multihash "identity" over 36 bytes of protobuf: key type Ed25519, then 32 bytes of key. */
const prefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** The peer id of a node with this key, as text. */
export async function peerIdOf(seed: Bytes): Promise<string> {
  const { publicKey } = await signSuite().signingKeyFromSeed(seed)
  return toBase58(concatBytes(prefix, publicKey))
}

function toBase58(bytes: Bytes): string {
  let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  let text = ''
  for (; rest > 0n; rest /= 58n) text = `${digits[Number(rest % 58n)]}${text}`
  const zeros = bytes.findIndex((byte) => byte !== 0)
  return `${'1'.repeat(zeros)}${text}`
}
