/** The relay without sockets: everything that it decides, over ports. */
import { copyBytes, makeEmitter, toHex } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import { makeScopeFold, makeTopicAuthority } from '@poruch/identity/fold'
import type { ScopeFold, TopicAuthority } from '@poruch/identity/fold'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { ScopeRow } from '@poruch/sync/relay-log'
import { decodeSyncRequest } from '@poruch/sync/wire'
import { RelayError } from '../errors.ts'
import { makeBuckets } from './bucket.ts'
import { makeCompaction } from './compaction.ts'
import { makeHub } from './connection.ts'
import type { Connection, Hub } from './connection.ts'
import { makeBranches } from './branches.ts'
import { makeChainEnds } from './chain-ends.ts'
import { makeContent } from './content.ts'
import { makeErasures } from './erasures.ts'
import { makeJoins } from './joins.ts'
import { makeKeys } from './keys.ts'
import { connectLanes } from './lanes.ts'
import { maxAccountBulksAtOnce, accountBulkRefillMs, maxDeviceBulksAtOnce, deviceBulkRefillMs, maxPacedNames, pageRows } from './limits.ts'
import { makeLeftHeads } from './left-heads.ts'
import { makeLogSender } from './log-sender.ts'
import { makePace } from './pace.ts'
import type { CorePorts, RelayCore } from './ports.ts'
import { makeQuota } from './quota.ts'
import { storageCode } from './refusal.ts'
import { makeScopes } from './scopes.ts'
import type { Reader, Scopes, ScopeState } from './scopes.ts'
import { makeSeeding } from './seeding.ts'
import { makeSequencer } from './sequencer.ts'
import { makeSessions } from './sessions.ts'
import { makeStarts } from './starts.ts'

/** Folds what the log holds, then serves. @throws RelayError `bad-log` when a stored log no longer folds; RelayLogError */
export async function openRelayCore(ports: CorePorts): Promise<RelayCore> {
  const scopes = makeScopes(ports)
  const hub = makeHub()
  const leftHeads = makeLeftHeads(ports)
  const authority = makeTopicAuthority(() => foldsOf(scopes), leftHeads)
  const sender = makeLogSender(ports, scopes)
  const joins = makeJoins({ ports, scopes, hub })
  const keys = makeKeys({ ports, scopes, hub, authority, sender })
  const mayRead = (topic: TopicId, reader: Reader): boolean => isReader({ scopes, authority }, topic, reader)
  const quota = makeQuota(ports, scopes)
  const branches = makeBranches(ports)
  const compaction = makeCompaction({ ports, authority, hub, quota, mayRead })
  const erasures = makeErasures(ports, [branches, leftHeads])
  const content = makeContent({ ports, authority, hub, quota, compaction, branches, leftHeads, ends: makeChainEnds(), erasures, mayRead })
  const pace = makePace(ports.clock)
  const ordered = makeEmitter<void>((thrown) => ports.note?.('listener-failed', { code: storageCode(thrown) }))
  const onOrdered = async (state: ScopeState): Promise<void> => {
    scopes.index(state)
    const removed = findRemoved({ hub, scopes, authority }, state)
    for (const connection of hub.all()) void sender.advance(connection, state)
    // Those removed are told why, and then cut off; nobody else is waited for.
    await Promise.all([...removed].map(async (connection) => sender.advance(connection, state)))
    for (const connection of removed) connection.close(4403, 'not-a-member')
    ordered.emit()
    await joins.settle(state)
    await compaction.settle(state)
  }
  const seeding = makeSeeding({ ports, scopes, onOrdered })
  const sequencer = makeSequencer({ ports, scopes, seeding, onOrdered })
  const sessions = makeSessions({ ports, scopes, invitationFault: joins.faultOf, seedFault: seeding.proofFault })
  const starts = makeStarts(ports, scopes)
  const ends = new Map<string, number>()
  for (const scope of await ports.log.scopes()) ends.set(scope, await load(ports, scopes, scope as ScopeState['scope']))
  for (const state of scopes.all()) {
    await keys.load(state)
    await joins.load(state)
    await compaction.settle(state)
    await seeding.load(state, ends.get(state.scope))
  }
  await quota.load()
  await branches.load()
  await leftHeads.load((topic) => authority.foldOf(topic)?.scope ?? null)
  await erasures.load()
  const isTooMuch = makeBulkLimit(ports, scopes)
  return {
    challenge: sessions.challenge,
    openSession: sessions.open,
    deviceOf: (token) => sessions.find(token)?.device ?? null,
    connect: (token, sink) => {
      const session = sessions.find(token)
      return (
        session &&
        connectLanes({ ports, hub, scopes, content, compaction, sequencer, keys, joins, sender, pace, seeding, starts }, session, sink)
      )
    },
    bulk: (token, body) => {
      const session = sessions.find(token)
      const cursors = session ? decodeSyncRequest(copyBytes(body)) : null
      if (!session) return 'unauthorised'
      if (isTooMuch(session.device)) return 'too-many-requests'
      return cursors ? content.bulk(session, cursors) : 'bad-request'
    },
    connected: () => hub.size,
    setupOpen: () => ports.setup !== null && scopes.size === 0,
    isTransportKey: (publicKey) => [...foldsOf(scopes)].some((fold) => hasTransportKey(fold, publicKey)),
    onOrdered: ordered.subscribe,
    askFor: (topic) => {
      content.askFor(topic).catch((thrown: unknown) => ports.note?.('not-asked', { code: storageCode(thrown) }))
    },
    close: () => {
      compaction.close()
      for (const connection of hub.all()) connection.close(1001, 'relay-stops')
    },
  }
}

function makeBulkLimit({ clock }: CorePorts, scopes: Scopes): (device: DeviceId) => boolean {
  const devices = makeBuckets({ clock, size: maxDeviceBulksAtOnce, refillMs: deviceBulkRefillMs, maxNames: maxPacedNames })
  const accounts = makeBuckets({ clock, size: maxAccountBulksAtOnce, refillMs: accountBulkRefillMs, maxNames: maxPacedNames })
  return (device) => {
    const user = scopes.userOf(device)
    return !devices.of(device).take() || (user !== null && !accounts.of(user).take())
  }
}

function* foldsOf(scopes: Scopes): Iterable<ScopeFold> {
  for (const { fold } of scopes.all()) yield fold
}

/** Folds a log up to its end, or to where it is damaged; answers how long it was then, else 0. */
async function load(ports: CorePorts, scopes: Scopes, scope: ScopeState['scope']): Promise<number> {
  const state = scopes.make(scope, makeScopeFold({ suite: ports.suite, scope }))
  const { rows, ends } = await readLog(ports.log, scope)
  for (let pos = 0; pos < rows.length; pos += pageRows) {
    const judged = await state.fold.apply(rows.slice(pos, pos + pageRows).map((row) => row.record))
    if (!judged.ok) throw new RelayError('bad-log', `the log of scope ${scope} does not fold after ${pos}: ${judged.reason}`)
  }
  if (ends > 0) ports.note?.('log-damaged', { entries: rows.length, of: ends })
  // Nothing of it is left: it is brought back like a log that was lost.
  if (rows.length === 0) return 0
  scopes.add(state)
  scopes.index(state)
  return ends
}

interface ReadLog {
  readonly rows: readonly ScopeRow[]
  /** How long the log is on the disk where a record of it is damaged; else 0. */
  readonly ends: number
}

async function readLog(log: CorePorts['log'], scope: string): Promise<ReadLog> {
  const rows: ScopeRow[] = []
  for (;;) {
    const page = await log.readScope(scope, rows.length, pageRows).catch(ifDamaged)
    if (!page) break
    rows.push(...page)
    if (page.length < pageRows) return { rows, ends: 0 }
  }
  for (let page = await oneOf(log, scope, rows.length); page && page.length > 0; page = await oneOf(log, scope, rows.length))
    rows.push(...page)
  let ends = rows.length
  while ((await oneOf(log, scope, ends))?.length !== 0) ends++
  return { rows, ends }
}

/** The record at a position; null when it is damaged, none behind the log's end. */
async function oneOf(log: CorePorts['log'], scope: string, pos: number): Promise<readonly ScopeRow[] | null> {
  return log.readScope(scope, pos, 1).catch(ifDamaged)
}

function ifDamaged(thrown: unknown): null {
  if (thrown instanceof RelayLogError && thrown.code === 'damaged') return null
  throw thrown
}

function isReader({ scopes, authority }: { scopes: Scopes; authority: TopicAuthority }, topic: TopicId, reader: Reader): boolean {
  const fold = authority.foldOf(topic)
  const state = fold && scopes.get(fold.scope)
  const member = state && scopes.reader(state, reader)
  return member ? authority.mayRead(topic, member.user) : false
}

/** Takes the topics of the changed scope from whoever is no member of it, and finds those who are members nowhere any more. */
function findRemoved(
  { hub, scopes, authority }: { hub: Hub; scopes: Scopes; authority: TopicAuthority },
  changed: ScopeState,
): Set<Connection> {
  const removed = new Set<Connection>()
  for (const connection of hub.all()) {
    if (scopes.reader(changed, connection)) {
      connection.wasMember = true
      continue
    }
    for (const topic of connection.topics) if (authority.foldOf(topic) === changed.fold) hub.unfollow(connection, topic)
    if (connection.wasMember && scopes.ofReader(connection).length === 0) removed.add(connection)
  }
  return removed
}

function hasTransportKey(fold: ScopeFold, publicKey: string): boolean {
  return fold.members().some(({ devices }) => devices.some((device) => hexOf(fold.transportKeyOf(device)) === publicKey))
}

function hexOf(bytes: Bytes | null): string | null {
  return bytes && toHex(bytes)
}
