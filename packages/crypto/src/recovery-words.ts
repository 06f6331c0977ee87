/** A person's recovery secret as 24 English words (BIP-39). */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { CryptoError } from './errors.ts'

/** What the words hold. */
export const recoveryEntropySizeBytes = 32
export const recoveryWordCount = 24
/** Far above 24 words with any spacing a person leaves; more is not even looked at. */
const maxTypedLength = 1024

async function importWords() {
  const [codec, { wordlist }] = await Promise.all([import('@scure/bip39'), import('@scure/bip39/wordlists/english.js')])
  return { ...codec, wordlist }
}

type Words = Awaited<ReturnType<typeof importWords>>
let loaded: Words | null = null

/**
 * The list of words is large and needed once in a device's life, so it comes by itself when it is. Where time must not pass for that, as in
 * a simulation, it is loaded before.
 */
export async function loadRecoveryWords(): Promise<Words> {
  return (loaded ??= await importWords())
}

/** 24 words; the last one holds a checksum of 8 bits. @throws CryptoError `bad-size` unless there are 32 bytes. */
export async function wordsFromEntropy(entropy: Uint8Array): Promise<readonly string[]> {
  if (entropy.length !== recoveryEntropySizeBytes) throw new CryptoError('bad-size', `${entropy.length} bytes of entropy`)
  const { entropyToMnemonic, wordlist } = loaded ?? (await loadRecoveryWords())
  return entropyToMnemonic(copyBytes(entropy), wordlist).split(' ')
}

/** The 32 bytes of 24 words, typed in any case and spacing; null when a word is unknown or the checksum wrong. */
export async function entropyFromWords(words: string | readonly string[]): Promise<Bytes | null> {
  const typed = typeof words === 'string' ? words : words.join(' ')
  if (typed.length > maxTypedLength) return null
  const list = typed.normalize('NFKD').toLowerCase().split(/\s+/u).filter(Boolean)
  if (list.length !== recoveryWordCount) return null
  const { mnemonicToEntropy, wordlist } = loaded ?? (await loadRecoveryWords())
  try {
    return copyBytes(mnemonicToEntropy(list.join(' '), wordlist))
  } catch {
    return null
  }
}
