/** All that a relay has kept, read from its stopped database as its admin could. */
import { concatBytes, encodeUtf8, idFromBytes, idToBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, ScopeId, TopicId } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import { makeScopeFold } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import { decodeEnvelope, envelopeContext } from '@poruch/sync/wire'
import Database from 'better-sqlite3'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface StoredEnvelope {
  readonly topic: TopicId
  readonly id: EnvelopeId
  readonly device: DeviceId
  readonly seq: number
  readonly bytes: Bytes
}

export interface RelayDatabase {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  readonly envelopes: readonly StoredEnvelope[]
  /** Sealed keys and direct epochs, each behind its kind byte. */
  readonly keyRecords: readonly Bytes[]
}

/** The relay must not run: it holds its database alone. */
export async function readRelayDatabase(dataFolder: string): Promise<RelayDatabase> {
  const file = readdirSync(dataFolder).find((name) => /\.(?:db|sqlite)$/u.test(name))
  if (!file) throw new Error(`no database among ${readdirSync(dataFolder).join(' ')}`)
  const db = new Database(join(dataFolder, file))
  try {
    const { sid } = db.prepare<[], { sid: ScopeId }>('SELECT sid FROM scope').get() ?? { sid: '' as ScopeId }
    const fold = makeScopeFold({ suite: webCryptoSuite(), scope: sid })
    const rows = db.prepare<[], { record: Buffer }>('SELECT record FROM scope_log ORDER BY pos').all()
    const judged = await fold.apply(rows.map(({ record }) => new Uint8Array(record)))
    if (!judged.ok) throw new Error(`the stored log does not fold: ${judged.reason}`)
    const envelopes = db
      .prepare<[], { tid: Buffer; id: Buffer; device: Buffer; dseq: number; bytes: Buffer }>(
        'SELECT tid, log.id AS id, device, dseq, bytes FROM log JOIN topic ON topic.id = log.topic ORDER BY log.topic, seq',
      )
      .all()
      .map((row) => ({
        topic: toHex(row.tid) as TopicId,
        id: idFromBytes<'envelope'>(row.id),
        device: idFromBytes<'device'>(row.device),
        seq: row.dseq,
        bytes: new Uint8Array(row.bytes),
      }))
    const keyRecords = db
      .prepare<[], { value: Buffer }>("SELECT value FROM side JOIN side_group ON side_group.id = side.grp WHERE collection = 'keys'")
      .all()
      .map(({ value }) => new Uint8Array(value))
    return { scope: sid, fold, envelopes, keyRecords }
  } finally {
    db.close()
  }
}

/** Tries every key, under every epoch of the log, on an envelope of the workspace; true when one opens it. */
export async function opensWith(database: RelayDatabase, envelope: StoredEnvelope, keys: Iterable<Bytes>): Promise<boolean> {
  const suite = webCryptoSuite()
  const { fold, scope, envelopes } = database
  const decoded = decodeEnvelope(envelope.bytes)
  if (!decoded.ok) throw new Error(decoded.reason)
  const { header, headerBytes, ct } = decoded.value
  const head = fold.entryIdAt(header.pos)
  if (!head) throw new Error('no such position')
  const { topic, device, seq } = envelope
  const prev = envelopes.find((other) => other.topic === topic && other.device === device && other.seq === seq - 1)?.id ?? null
  for (const key of keys) {
    for (const { id: epoch } of fold.epochs()) {
      const info = concatBytes(encodeUtf8('msg v1'), idToBytes(epoch), Uint8Array.of(header.kind), idToBytes(device))
      const derived = await suite.deriveAeadKey(key, idToBytes(topic), info)
      const aad = concatBytes(envelopeContext({ scope, topic, epoch, device, prev, head }), headerBytes)
      if (await suite.open(derived, header.nonce, aad, ct)) return true
    }
  }
  return false
}
