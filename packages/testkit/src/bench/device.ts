/** A device without a network: the product's documents over the product's engine, with real crypto and membership by script. */
import { idFromBytes, idToBytes, systemClock } from '@poruch/base'
import type { Bytes, Clock, DeviceId, ScopeId, TopicId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import type { SigningKey, Suite } from '@poruch/crypto'
import { isChatTuple } from '@poruch/model'
import { makeDocuments } from '@poruch/replica/documents'
import type { Documents } from '@poruch/replica/documents'
import { openSync } from '@poruch/sync'
import type { Authority, LogStore, Signer, Sync } from '@poruch/sync'
import { openMemoryLogStore } from '../memory/log-store.ts'
import { makeStaticAuthority, makeStaticScript } from '../memory/static-authority.ts'
import type { StaticScript } from '../memory/static-authority.ts'

export interface BenchDevice {
  readonly device: DeviceId
  readonly sync: Sync
  readonly documents: Documents
  readonly store: LogStore
  /** The same device after a restart: a new engine and empty documents over what is stored. */
  restart(store: LogStore): BenchDevice
}

export interface BenchTeam {
  readonly suite: Suite
  readonly script: StaticScript
  readonly topics: readonly TopicId[]
  /** A member's device, with an empty store of its own unless one is given. */
  join(options?: { readonly store?: LogStore; readonly clock?: Clock }): Promise<BenchDevice>
}

/** The field of a chat tuple that holds its lamport number. */
const lamportField = 3
const headPos = 1

export interface DeviceParts {
  readonly suite: Suite
  readonly key: SigningKey
  readonly device: DeviceId
  readonly authority: Authority
  readonly store: LogStore
  readonly clock: Clock
}

export function openBenchDevice(parts: DeviceParts): BenchDevice {
  const { suite, key, device, authority, store, clock } = parts
  const signer: Signer = { device, sign: async (domain, message) => suite.sign(key, domain, message) }
  const documents = makeDocuments({ suite, store, device, shapeOf, onEphemeral: () => undefined })
  const sync = openSync({ suite, random: systemRandom, clock, store, authority, signer, applier: documents })
  return { device, sync, documents, store, restart: (over) => openBenchDevice({ ...parts, store: over }) }
}

function shapeOf(): { readonly schema: typeof isChatTuple; readonly lamportField: number } {
  return { schema: isChatTuple, lamportField }
}

export function makeBenchTeam(topicCount = 1): BenchTeam {
  const suite = webCryptoSuite()
  const topics = Array.from({ length: topicCount }, () => idFromBytes<'topic'>(systemRandom.bytes(32)))
  const script = makeStaticScript(idFromBytes<'scope'>(systemRandom.bytes(32)) as ScopeId, topics)
  script.epochs.push({ pos: 0, key: systemRandom.bytes(32) as Bytes })
  return {
    suite,
    script,
    topics,
    join: async ({ store = openMemoryLogStore(), clock = systemClock } = {}) => {
      const key = await suite.generateSigningKey()
      const device = idFromBytes<'device'>(key.publicKey)
      const user = idFromBytes<'user'>(await suite.hash('bench user', idToBytes(device)))
      script.members.push({ device, user, from: 0, until: Number.POSITIVE_INFINITY })
      const authority = makeStaticAuthority(script, { pos: headPos, gens: [0], device })
      return openBenchDevice({ suite, key, device, authority, store, clock })
    },
  }
}
