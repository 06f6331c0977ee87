/** Sealed keys and direct epochs: verified, kept, and handed to nobody but those they are sealed to. */
import { concatBytes, makeSerial, toHex } from '@poruch/base'
import type { Bytes, EpochId, ScopeId, UserId } from '@poruch/base'
import {
  decodeDirectEpoch,
  decodeSealedKey,
  directChain,
  directEpochId,
  directTopicPrefix,
  followsDirect,
  verifyDirectEpoch,
  verifySealedKey,
} from '@poruch/identity/fold'
import type { TopicAuthority, VerifiedDirectEpoch } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import type { Connection, Hub } from './connection.ts'
import { maxKeyCandidates, pageRows } from './limits.ts'
import { keyCollection, keyGroup } from './log-sender.ts'
import type { LogSender } from './log-sender.ts'
import type { CorePorts } from './ports.ts'
import { refusal } from './refusal.ts'
import type { Scopes, ScopeState } from './scopes.ts'

const directCollection = 'direct'

export interface Keys {
  put(connection: Connection, frame: FrameOf<'PUTKEY'>): Promise<void>
  /** Makes the stored 1:1 chats of a scope known; call once per scope at the start. */
  load(state: ScopeState): Promise<void>
}

interface KeysParts {
  readonly ports: CorePorts
  readonly scopes: Scopes
  readonly hub: Hub
  readonly authority: TopicAuthority
  readonly sender: LogSender
}

export function makeKeys(parts: KeysParts): Keys {
  const turns = makeSerial()
  const chains = makeDirectChains(parts)
  return {
    put: async (connection, frame) => {
      const refused = await turns.run(async () =>
        frame.kind === 1 ? putSealedKey(parts, connection, frame) : chains.put(connection, frame),
      )
      connection.out.send(refused === null ? { type: 'KEYOK', ref: frame.ref } : refusal(frame.ref, refused))
    },
    load: chains.load,
  }
}

/** Null when it is durable, or why not. */
async function putSealedKey(parts: KeysParts, connection: Connection, { record }: FrameOf<'PUTKEY'>): Promise<string | null> {
  const { ports, scopes } = parts
  const state = stateOf(scopes, connection, () => decodeSealedKey(record).scope)
  if (!state) return 'unknown-scope'
  const judged = await verifySealedKey(ports.suite, state.fold, { bytes: record })
  if (!judged.ok) return judged.reason
  const { epoch, user } = judged.value
  const key = await nameOf(ports, epoch, record)
  const others = await candidates(ports, keyGroup(state.scope, user), epoch)
  if (!others.has(key) && others.size >= maxKeyCandidates) return 'too-many-keys'
  await keep(parts, state, { user, kind: 1, key, record })
  return null
}

/** The scope that a record names, when the connection's device is of a member of it now. */
function stateOf(scopes: Scopes, connection: Connection, scopeOf: () => ScopeId): ScopeState | null {
  try {
    const state = scopes.get(scopeOf())
    return state && scopes.member(state, connection.device) ? state : null
  } catch {
    return null
  }
}

/** Begins with the epoch, so that the candidates of one can be counted. */
async function nameOf({ suite }: CorePorts, epoch: EpochId, record: Bytes): Promise<string> {
  return `${epoch}/${toHex(await suite.sha256(record))}`
}

async function candidates({ log }: CorePorts, group: string, epoch: EpochId): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  let after = 0
  for (;;) {
    const rows = await log.readSide(keyCollection, group, after, pageRows)
    for (const row of rows) if (row.key.startsWith(epoch)) found.add(row.key)
    after = rows.at(-1)?.cursor ?? after
    if (rows.length < pageRows) return found
  }
}

interface Kept {
  readonly user: UserId
  readonly kind: 1 | 2
  readonly key: string
  readonly record: Bytes
}

/** Stores a record for one user and sends it to that user's connections. */
async function keep({ ports, hub, sender, scopes }: KeysParts, state: ScopeState, { user, kind, key, record }: Kept): Promise<void> {
  const value = concatBytes(Uint8Array.of(kind), record)
  await ports.log.putSide({ collection: keyCollection, group: keyGroup(state.scope, user), key, value })
  for (const connection of hub.all()) if (scopes.reader(state, connection)?.user === user) void sender.advance(connection, state)
}

interface DirectChains extends Pick<Keys, 'load'> {
  put(connection: Connection, frame: FrameOf<'PUTKEY'>): Promise<string | null>
}

/** The newest direct epoch of each chain: the next one must follow it. */
function makeDirectChains(parts: KeysParts): DirectChains {
  const { ports, scopes, authority } = parts
  const ends = new Map<string, { readonly id: EpochId; readonly gen: number }>()
  const known = new Set<EpochId>()
  const endOf = (epoch: VerifiedDirectEpoch): string => `${epoch.scope}/${directChain(epoch)}`
  const learn = async (epoch: VerifiedDirectEpoch): Promise<void> => {
    const topicPrefix = await directTopicPrefix(ports.suite, epoch.scope)
    authority.addDirectEpoch({ ...epoch, topicPrefix })
    known.add(epoch.id)
    ends.set(endOf(epoch), { id: epoch.id, gen: epoch.gen })
  }
  return {
    load: async (state) => {
      let after = 0
      for (;;) {
        const rows = await ports.log.readSide(directCollection, state.scope, after, pageRows)
        for (const row of rows) {
          const judged = await verifyDirectEpoch(ports.suite, state.fold, { bytes: row.value, stored: true })
          if (judged.ok) await learn(judged.value)
          else ports.note?.('direct-epoch-not-loaded', { reason: judged.reason })
        }
        after = rows.at(-1)?.cursor ?? after
        if (rows.length < pageRows) return
      }
    },
    put: async (connection, { record }) => {
      const state = stateOf(scopes, connection, () => decodeDirectEpoch(record).workspace)
      if (!state) return 'unknown-scope'
      const isKnown = known.has(await directEpochId(ports.suite, record))
      const sender = scopes.member(state, connection.device)?.user
      // What is here already was good when it came, whatever has become of its device since; of a lost one the author says so.
      const stored = isKnown || sender === decodeDirectEpoch(record).author
      const judged = await verifyDirectEpoch(ports.suite, state.fold, { bytes: record, stored })
      if (!judged.ok) return judged.reason
      const epoch = judged.value
      if (sender !== epoch.author && sender !== epoch.other) return 'no-right'
      if (isKnown) return keepForBoth(parts, state, epoch, record)
      if (!followsDirect(epoch, ends.get(endOf(epoch)) ?? null)) return 'bad-chain'
      await ports.log.putSide({ collection: directCollection, group: state.scope, key: epoch.id, value: record })
      await learn(epoch)
      return keepForBoth(parts, state, epoch, record)
    },
  }
}

/** Again after a crash between the two: a known key replaces nothing. */
async function keepForBoth(parts: KeysParts, state: ScopeState, epoch: VerifiedDirectEpoch, record: Bytes): Promise<null> {
  for (const user of [epoch.author, epoch.other]) await keep(parts, state, { user, kind: 2, key: `${epoch.id}/direct`, record })
  return null
}
