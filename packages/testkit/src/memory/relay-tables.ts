/** The tables of a relay's log in memory, without any promise: what the memory log applies its commits to. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { Appended, ChainEnd, CompactRow, RelayRow, ScopeRow, SideRow, StoredCompact } from '@poruch/sync/relay-log'

interface TopicTable {
  headSeq: number
  headId: EnvelopeId | null
  readonly rows: Map<number, RelayRow>
  readonly seqOf: Map<EnvelopeId, number>
  readonly ends: Map<DeviceId, RelayRow>
  readonly ids: Map<string, EnvelopeId>
}

interface SideTable {
  lastCursor: number
  readonly rows: Map<string, SideRow>
}

export interface RelayTables {
  append(row: Omit<RelayRow, 'relaySeq'>): Appended
  adopt(row: Omit<RelayRow, 'relaySeq'>, pack: EnvelopeId): Appended
  erase(topic: TopicId, id: EnvelopeId, bytes: Bytes): void
  head(topic: TopicId): { readonly relaySeq: number; readonly id: EnvelopeId | null }
  at(topic: TopicId, relaySeq: number): RelayRow | null
  chainHead(topic: TopicId, device: DeviceId): RelayRow | null
  chainAt(topic: TopicId, device: DeviceId, deviceSeq: number): RelayRow | null
  read(topic: TopicId, afterRelaySeq: number, limit: number): readonly RelayRow[]
  appendScope(rows: readonly ScopeRow[]): void
  replaceScope(rows: readonly ScopeRow[]): void
  readScope(scope: string, fromPos: number, limit: number): readonly ScopeRow[]
  scopes(): readonly string[]
  putSide(row: Omit<SideRow, 'cursor'>): { readonly cursor: number; readonly known: boolean }
  readSide(collection: string, group: string, afterCursor: number, limit: number): readonly SideRow[]
  deleteSide(collection: string, group: string, key: string): void
  putCompact(row: CompactRow, inPlaceOf?: EnvelopeId): 'stored' | 'known' | 'moved'
  replaceCompact(topic: TopicId, id: EnvelopeId, bytes: Bytes, by: EnvelopeId): void
  readCompacts(topic: TopicId, kind: number, afterPlace: number, limit: number): readonly StoredCompact[]
  trim(topic: TopicId, pack: EnvelopeId, ends: readonly ChainEnd[]): void
}

export function makeRelayTables(): RelayTables {
  return { ...topicTables(), ...scopeTables(), ...sideTables() }
}

function topicTables(): Pick<
  RelayTables,
  | 'append'
  | 'adopt'
  | 'erase'
  | 'head'
  | 'at'
  | 'chainHead'
  | 'chainAt'
  | 'read'
  | 'trim'
  | 'putCompact'
  | 'replaceCompact'
  | 'readCompacts'
> {
  const topics = new Map<TopicId, TopicTable>()
  const compacts = compactTables()
  const append = (row: Omit<RelayRow, 'relaySeq'>, mayFollow = (end: number): boolean => end === row.deviceSeq - 1): Appended => {
    const table = topics.get(row.topic) ?? emptyTopic()
    const known = table.seqOf.get(row.id)
    if (known !== undefined) return { ok: true, relaySeq: known, known: true }
    if (table.ids.has(`${row.device}/${row.deviceSeq}`)) return { ok: false, reason: 'fork' }
    if (!mayFollow(table.ends.get(row.device)?.deviceSeq ?? 0)) return { ok: false, reason: 'chain' }
    topics.set(row.topic, table)
    table.headSeq += 1
    table.headId = row.id
    const stored: RelayRow = { ...row, relaySeq: table.headSeq }
    table.rows.set(stored.relaySeq, stored)
    table.seqOf.set(row.id, stored.relaySeq)
    table.ends.set(row.device, stored)
    table.ids.set(`${row.device}/${row.deviceSeq}`, row.id)
    return { ok: true, relaySeq: stored.relaySeq, known: false }
  }
  return {
    append: (row) => append(row),
    adopt: (row, pack) => {
      const appended = append(row, (end) => end < row.deviceSeq)
      if (appended.ok && !appended.known) compacts.standFor(row.topic, pack, appended.relaySeq)
      return appended
    },
    erase: (topic, id, bytes) => {
      const table = topics.get(topic)
      const row = table?.rows.get(table.seqOf.get(id) ?? 0)
      if (!table || !row) return
      const left = { ...row, bytes }
      table.rows.set(row.relaySeq, left)
      if (table.ends.get(row.device) === row) table.ends.set(row.device, left)
    },
    head: (topic) => {
      const table = topics.get(topic)
      return { relaySeq: table?.headSeq ?? 0, id: table?.headId ?? null }
    },
    at: (topic, relaySeq) => topics.get(topic)?.rows.get(relaySeq) ?? null,
    chainHead: (topic, device) => topics.get(topic)?.ends.get(device) ?? null,
    chainAt: (topic, device, deviceSeq) => {
      const table = topics.get(topic)
      const id = table?.ids.get(`${device}/${deviceSeq}`)
      return (id && table?.rows.get(table.seqOf.get(id) ?? 0)) ?? null
    },
    read: (topic, afterRelaySeq, limit) => after(topics.get(topic)?.rows.values() ?? [], (row) => row.relaySeq > afterRelaySeq, limit),
    trim: (topic, pack, ends) => {
      const table = topics.get(topic)
      const below = new Map(ends.map(({ device, deviceSeq }) => [device, deviceSeq]))
      let last = 0
      for (const row of table?.rows.values() ?? []) {
        if (row.deviceSeq >= (below.get(row.device) ?? 0) || table?.ends.get(row.device) === row) continue
        last = Math.max(last, row.relaySeq)
        table?.rows.delete(row.relaySeq)
        table?.seqOf.delete(row.id)
        table?.ids.delete(`${row.device}/${row.deviceSeq}`)
      }
      compacts.standFor(topic, pack, last)
    },
    putCompact: compacts.put,
    replaceCompact: compacts.replace,
    readCompacts: compacts.read,
  }
}

function compactTables() {
  const all = new Map<string, StoredCompact[]>()
  const of = (topic: TopicId, kind: number): StoredCompact[] => all.get(`${topic} ${kind}`) ?? []
  return {
    put: (row: CompactRow, inPlaceOf?: EnvelopeId): 'stored' | 'known' | 'moved' => {
      const present = of(row.topic, row.kind)
      if (present.some(({ id }) => id === row.id)) return 'known'
      const end = inPlaceOf === undefined ? present.length : present.findIndex(({ id }) => id === inPlaceOf)
      if (end < 0) return 'moved'
      const rows = present.slice(0, end)
      if ((rows.at(-1)?.id ?? null) !== row.prev) return 'moved'
      all.set(`${row.topic} ${row.kind}`, [...rows, { ...row, place: rows.length + 1, standsForSeq: 0 }])
      return 'stored'
    },
    replace: (topic: TopicId, id: EnvelopeId, bytes: Bytes, by: EnvelopeId): void => {
      for (const [key, rows] of all) {
        const old = rows.find((row) => row.topic === topic && row.id === id)
        if (!old) continue
        const standsForSeq = (row: StoredCompact): number =>
          row.id === by ? Math.max(row.standsForSeq, old.standsForSeq) : row.standsForSeq
        all.set(
          key,
          rows.map((row) => ({ ...row, ...(row === old ? { bytes } : {}), standsForSeq: standsForSeq(row) })),
        )
      }
    },
    read: (topic: TopicId, kind: number, afterPlace: number, limit: number): readonly StoredCompact[] =>
      of(topic, kind).slice(afterPlace, afterPlace + limit),
    standFor: (topic: TopicId, pack: EnvelopeId, last: number): void => {
      for (const [key, rows] of all) {
        const end = rows.findIndex((row) => row.topic === topic && row.id === pack)
        // With all that it follows: whoever begins here needs those too.
        all.set(
          key,
          rows.map((row, index) => (index <= end ? { ...row, standsForSeq: Math.max(row.standsForSeq, last) } : row)),
        )
      }
    },
  }
}

function emptyTopic(): TopicTable {
  return { headSeq: 0, headId: null, rows: new Map(), seqOf: new Map(), ends: new Map(), ids: new Map() }
}

function scopeTables(): Pick<RelayTables, 'appendScope' | 'replaceScope' | 'readScope' | 'scopes'> {
  const scopes = new Map<string, ScopeRow[]>()
  const append = (rows: readonly ScopeRow[], endOf: (scope: string) => number): void => {
    const next = new Map<string, number>()
    for (const row of rows) {
      const pos = next.get(row.scope) ?? endOf(row.scope)
      if (row.pos !== pos) throw new RelayLogError('moved', `position ${row.pos} where ${pos} is next`)
      next.set(row.scope, pos + 1)
    }
    for (const row of rows) scopes.set(row.scope, [...(scopes.get(row.scope) ?? []).slice(0, row.pos), row])
  }
  const endOf = (scope: string): number => scopes.get(scope)?.length ?? 0
  return {
    appendScope: (rows) => append(rows, endOf),
    replaceScope: (rows) => append(rows, (scope) => Math.min(endOf(scope), rows[0]?.pos ?? 0)),
    readScope: (scope, fromPos, limit) => (scopes.get(scope) ?? []).slice(fromPos, fromPos + limit),
    scopes: () => [...scopes.keys()],
  }
}

function sideTables(): Pick<RelayTables, 'putSide' | 'readSide' | 'deleteSide'> {
  const tables = new Map<string, SideTable>()
  const nameOf = (collection: string, group: string): string => `${collection}\n${group}`
  return {
    putSide: (row) => {
      const name = nameOf(row.collection, row.group)
      const table = tables.get(name) ?? { lastCursor: 0, rows: new Map() }
      tables.set(name, table)
      const known = table.rows.get(row.key)
      if (known) return { cursor: known.cursor, known: true }
      table.lastCursor += 1
      table.rows.set(row.key, { ...row, cursor: table.lastCursor })
      return { cursor: table.lastCursor, known: false }
    },
    readSide: (collection, group, afterCursor, limit) =>
      after(tables.get(nameOf(collection, group))?.rows.values() ?? [], (row) => row.cursor > afterCursor, limit),
    deleteSide: (collection, group, key) => {
      tables.get(nameOf(collection, group))?.rows.delete(key)
    },
  }
}

/** Maps keep the order of insertion, which is the order wanted everywhere here. */
function after<Row>(rows: Iterable<Row>, wanted: (row: Row) => boolean, limit: number): readonly Row[] {
  const found: Row[] = []
  for (const row of rows) {
    if (found.length >= limit) break
    if (wanted(row)) found.push(row)
  }
  return found
}
