/** A person's recovery secret as 24 English words (BIP-39). */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { CryptoError } from './errors.ts'

/** What the words hold. */
export const recoveryEntropySizeBytes = 32
export const recoveryWordCount = 24
/** Far above 24 words with any spacing a person leaves; more is not even looked at. */
const maxTypedLength = 1024

/** 24 words; the last one holds a checksum of 8 bits. @throws CryptoError `bad-size` unless there are 32 bytes. */
export function wordsFromEntropy(entropy: Uint8Array): readonly string[] {
  if (entropy.length !== recoveryEntropySizeBytes) throw new CryptoError('bad-size', `${entropy.length} bytes of entropy`)
  return entropyToMnemonic(copyBytes(entropy), wordlist).split(' ')
}

/** The 32 bytes of 24 words, typed in any case and spacing; null when a word is unknown or the checksum wrong. */
export function entropyFromWords(words: string | readonly string[]): Bytes | null {
  const typed = typeof words === 'string' ? words : words.join(' ')
  if (typed.length > maxTypedLength) return null
  const list = typed.normalize('NFKD').toLowerCase().split(/\s+/u).filter(Boolean)
  if (list.length !== recoveryWordCount) return null
  try {
    return copyBytes(mnemonicToEntropy(list.join(' '), wordlist))
  } catch {
    return null
  }
}
