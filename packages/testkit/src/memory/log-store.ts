/** A LogStore in memory: a disk that outlives its openings, and any number of openings like the tabs of one browser. */
import { copyBytes, makeEmitter } from '@poruch/base'
import type { Bytes, DeviceId, Emitter, TopicId } from '@poruch/base'
import { SyncError } from '@poruch/sync'
import type { Cursor, Head, LogRow, LogStore, StoreChange, StoredPack } from '@poruch/sync'

interface Tables {
  /** By seq − 1; with holes where packs stand for rows. */
  readonly rows: Map<TopicId, Map<DeviceId, LogRow[]>>
  readonly packs: Map<TopicId, Map<string, StoredPack>>
  readonly cursors: Map<string, Cursor>
  readonly records: Map<string, Map<string, Bytes>>
  readonly counters: Map<string, number>
  readonly changes: Emitter<StoreChange>
  sizeBytes: number
}

export interface MemoryDisk {
  /** Opens the store on this disk; several may be open at once and see each other's writes. */
  open(): LogStore
  /** Another disk with the same on it: what a backup or a copied profile is. */
  copy(): MemoryDisk
  /** What envelopes and records take. */
  sizeBytes(): number
  /** From now on a write that would grow it beyond this many bytes fails with `disk-full`. */
  setCapacity(sizeBytes: number): void
}

export function makeMemoryDisk(): MemoryDisk {
  return makeDisk({
    rows: new Map(),
    packs: new Map(),
    cursors: new Map(),
    records: new Map(),
    counters: new Map(),
    changes: makeEmitter(),
    sizeBytes: 0,
  })
}

function makeDisk(tables: Tables): MemoryDisk {
  let capacity = Number.POSITIVE_INFINITY
  const room = (sizeBytes: number): void => {
    if (tables.sizeBytes + sizeBytes > capacity) throw new SyncError('disk-full', `${sizeBytes} bytes more than ${capacity}`)
    tables.sizeBytes += sizeBytes
  }
  return {
    open: () => openOver(tables, room),
    copy: () =>
      makeDisk({
        // Rows and values are never changed in place.
        rows: new Map(
          [...tables.rows].map(([topic, chains]) => [topic, new Map([...chains].map(([device, rows]) => [device, rows.slice()]))]),
        ),
        packs: new Map([...tables.packs].map(([topic, packs]) => [topic, new Map(packs)])),
        cursors: new Map(tables.cursors),
        records: new Map([...tables.records].map(([name, values]) => [name, new Map(values)])),
        counters: new Map(tables.counters),
        changes: makeEmitter(),
        sizeBytes: tables.sizeBytes,
      }),
    sizeBytes: () => tables.sizeBytes,
    setCapacity: (sizeBytes) => {
      capacity = sizeBytes
    },
  }
}

/** A store on a disk of its own. */
export function openMemoryLogStore(): LogStore {
  return makeMemoryDisk().open()
}

function openOver(tables: Tables, room: (sizeBytes: number) => void): LogStore {
  const watching = new Set<() => void>()
  let closed = false
  // A real disk answers later, never within the call.
  const turn = async (): Promise<void> => {
    if (closed) throw new SyncError('store-closed', 'the store was closed')
    await Promise.resolve()
  }
  return {
    ...rowsOver(tables, turn, room),
    ...packsOver(tables, turn, room),
    ...recordsOver(tables, turn, room),
    cursor: async (relay, topic) => {
      await turn()
      return tables.cursors.get(`${relay} ${topic}`) ?? { seq: 0, id: null, holds: {} }
    },
    setCursor: async (relay, topic, cursor) => {
      await turn()
      tables.cursors.set(`${relay} ${topic}`, { ...cursor, holds: { ...cursor.holds } })
      tables.changes.emit({ cursor: topic })
    },
    nextCount: async (counter) => {
      await turn()
      const next = (tables.counters.get(counter) ?? 0) + 1
      tables.counters.set(counter, next)
      return next
    },
    watch: (changed) => {
      const stop = tables.changes.subscribe(changed)
      watching.add(stop)
      return () => {
        stop()
        watching.delete(stop)
      }
    },
    close: async () => {
      closed = true
      for (const stop of watching) stop()
      await Promise.resolve()
    },
  }
}

type Turn = () => Promise<void>
type RowPart = Pick<LogStore, 'append' | 'rebranch' | 'erase' | 'setState' | 'heads' | 'read' | 'topics'>
type RecordPart = Pick<LogStore, 'getRecord' | 'putRecords' | 'listRecords'>

function rowsOver(tables: Tables, turn: Turn, room: (sizeBytes: number) => void): RowPart {
  const chainOf = (topic: TopicId, device: DeviceId): readonly LogRow[] => tables.rows.get(topic)?.get(device) ?? []
  const put = (topic: TopicId, row: LogRow): void => {
    const devices = tables.rows.get(topic) ?? new Map<DeviceId, LogRow[]>()
    tables.rows.set(topic, devices)
    const chain = devices.get(row.device) ?? []
    devices.set(row.device, chain)
    chain[row.seq - 1] = row
  }
  return {
    append: async (topic, expected, row) => {
      await turn()
      const chain = chainOf(topic, row.device)
      if (chain[row.seq - 1]?.id === row.id) return 'known'
      if (chain.length !== expected || row.seq !== expected + 1) return 'head-moved'
      room(row.bytes.length)
      put(topic, { ...row, bytes: copyBytes(row.bytes) })
      tables.changes.emit({ topic })
      return 'appended'
    },
    rebranch: async (topic, inPlaceOf, row) => {
      await turn()
      const chain = chainOf(topic, row.device)
      if (chain[row.seq - 1]?.id !== inPlaceOf) return 'head-moved'
      room(row.bytes.length - chain.slice(row.seq - 1).reduce((sum, { bytes }) => sum + bytes.length, 0))
      tables.rows.get(topic)?.set(row.device, chain.slice(0, row.seq - 1))
      put(topic, { ...row, bytes: copyBytes(row.bytes) })
      tables.changes.emit({ topic })
      return 'replaced'
    },
    erase: async (topic, row) => {
      await turn()
      const chain = chainOf(topic, row.device)
      const present = chain[row.seq - 1]
      if (row.seq > chain.length || (present && present.id !== row.id)) return
      room(row.bytes.length - (present?.bytes.length ?? 0))
      put(topic, { ...row, bytes: copyBytes(row.bytes) })
    },
    setState: async (topic, device, seq, state) => {
      await turn()
      const row = chainOf(topic, device)[seq - 1]
      if (row) put(topic, { ...row, state })
    },
    heads: async (topic) => {
      await turn()
      const heads: Head[] = []
      for (const chain of tables.rows.get(topic)?.values() ?? []) {
        const last = chain.at(-1)
        if (last) heads.push({ device: last.device, seq: last.seq, id: last.id, pos: last.pos, lamport: last.lamport })
      }
      return heads
    },
    read: async (topic, device, fromSeq, limit) => {
      await turn()
      const found: LogRow[] = []
      const chain = chainOf(topic, device)
      for (let at = Math.max(fromSeq, 1) - 1; at < chain.length && found.length < limit; at++)
        found.push(...chain.slice(at, at + 1).filter(Boolean))
      return found
    },
    topics: async () => {
      await turn()
      return [...tables.rows.keys()]
    },
  }
}

function packsOver(
  tables: Tables,
  turn: Turn,
  room: (sizeBytes: number) => void,
): Pick<LogStore, 'keepPack' | 'replacePack' | 'packs' | 'trim'> {
  return {
    keepPack: async (topic, pack) => {
      await turn()
      const packs = tables.packs.get(topic) ?? new Map<string, StoredPack>()
      if (packs.has(pack.id)) return
      room(pack.bytes.length)
      tables.packs.set(topic, packs.set(pack.id, { ...pack, bytes: copyBytes(pack.bytes) }))
    },
    replacePack: async (topic, pack) => {
      await turn()
      const packs = tables.packs.get(topic) ?? new Map<string, StoredPack>()
      room(pack.bytes.length - (packs.get(pack.id)?.bytes.length ?? 0))
      tables.packs.set(topic, packs.set(pack.id, { ...pack, bytes: copyBytes(pack.bytes) }))
    },
    packs: async (topic) => {
      await turn()
      return [...(tables.packs.get(topic)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    trim: async (topic, stretches) => {
      await turn()
      const devices = tables.rows.get(topic) ?? new Map<DeviceId, LogRow[]>()
      if (stretches.some(({ row }) => (devices.get(row.device)?.[row.seq - 1]?.id ?? row.id) !== row.id)) return false
      tables.rows.set(topic, devices)
      for (const { from, row } of stretches) {
        const chain = devices.get(row.device) ?? []
        const before = sizeOf(chain)
        const kept: LogRow[] = []
        kept[row.seq - 1] = { ...row, bytes: copyBytes(row.bytes) }
        for (const each of chain.filter(({ seq }) => seq < from || seq >= row.seq)) kept[each.seq - 1] = each
        room(sizeOf(kept) - before)
        devices.set(row.device, kept)
      }
      tables.changes.emit({ topic })
      return true
    },
  }
}

function sizeOf(chain: readonly LogRow[]): number {
  return chain.reduce((sum, row) => sum + row.bytes.length, 0)
}

function recordsOver(tables: Tables, turn: Turn, room: (sizeBytes: number) => void): RecordPart {
  const collectionOf = (name: string): Map<string, Bytes> => {
    const collection = tables.records.get(name) ?? new Map<string, Bytes>()
    tables.records.set(name, collection)
    return collection
  }
  return {
    getRecord: async (collection, key) => {
      await turn()
      const value = tables.records.get(collection)?.get(key)
      return value ? copyBytes(value) : null
    },
    putRecords: async (writes) => {
      await turn()
      const growth = (write: (typeof writes)[number]): number =>
        (write.value?.length ?? 0) - (tables.records.get(write.collection)?.get(write.key)?.length ?? 0)
      room(writes.reduce((sum, write) => sum + growth(write), 0))
      for (const { collection, key, value } of writes) {
        if (value) collectionOf(collection).set(key, copyBytes(value))
        else collectionOf(collection).delete(key)
      }
      for (const collection of new Set(writes.map((write) => write.collection))) tables.changes.emit({ collection })
    },
    listRecords: async (collection) => {
      await turn()
      const entries = [...(tables.records.get(collection) ?? [])]
      return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value: copyBytes(value) }))
    },
  }
}
