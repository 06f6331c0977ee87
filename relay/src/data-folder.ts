/** The data folder: made at the first start, its keys readable by their owner alone. */
import { accessSync, closeSync, constants, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { copyBytes } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { RelayError } from './errors.ts'

export interface DataFolder {
  readonly database: string
  /** Ed25519 seed of 32 bytes: the relay's name, and what orders logs. */
  readonly sequencerSeed: Bytes
  /** Ed25519 seed of 32 bytes of its libp2p node. */
  readonly peerSeed: Bytes
  /** 16 bytes that let one device create the first workspace. */
  readonly setupSecret: Bytes
}

/** @throws RelayError `data-unwritable` | `bad-key` */
export function openDataFolder(path: string, random: Random): DataFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    const secret = (name: string, sizeBytes: number): Bytes => readOrMake(join(path, name), sizeBytes, random)
    return {
      database: join(path, 'relay.db'),
      sequencerSeed: secret('sequencer.key', 32),
      peerSeed: secret('peer.key', 32),
      setupSecret: secret('setup.key', 16),
    }
  } catch (thrown) {
    if (thrown instanceof RelayError) throw thrown
    throw new RelayError('data-unwritable', `${path} cannot be used (${systemCode(thrown)})`, { cause: thrown })
  }
}

function readOrMake(path: string, sizeBytes: number, random: Random): Bytes {
  const found = read(path)
  if (!found) write(path, random.bytes(sizeBytes))
  const bytes = found ?? read(path)
  if (bytes?.length !== sizeBytes) throw new RelayError('bad-key', `${path} holds ${bytes?.length ?? 0} bytes instead of ${sizeBytes}`)
  return bytes
}

function read(path: string): Bytes | null {
  try {
    return copyBytes(readFileSync(path))
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return null
    throw thrown
  }
}

/** Whole or not at all: written and flushed beside its place, then linked to it; never over another. */
function write(path: string, bytes: Bytes): void {
  const draft = `${path}.new`
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  linkSync(draft, path)
  rmSync(draft)
}

export function systemCode(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'unknown'
}
