/** Takes a scope's log back from those who hold it: after a lost or an older database, and where owners move to this relay. */
import { equalBytes, idFromBytes, makeByteReader, makeSerial } from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import { countersignedBytes, makeScopeFold, orderDomain } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import type { Connection } from './connection.ts'
import { maxSeedBytes, seedQuietMs } from './limits.ts'
import type { CorePorts } from './ports.ts'
import { refusal, storageCode } from './refusal.ts'
import type { Scopes, ScopeState } from './scopes.ts'

const seedCollection = 'seeded'
/** scope | u32 pos | entry id | prev | countersignature: what this relay once signed. */
export const seedProofBytes = 32 + 4 + 32 + 32 + 64

export interface Seeding {
  /** Null when the proof shows an entry that this relay ordered and has lost, or why not. */
  proofFault(proof: Bytes): Promise<string | null>
  /** The whole log, in frames one after another; what is here already is compared. */
  take(connection: Connection, frame: FrameOf<'SEEDLOG'>): Promise<void>
  /** Why this relay may not order now, or null. */
  orderFault(state: ScopeState, op: { readonly kind: string; readonly sequencer?: Bytes }): string | null
  /** Something was ordered: what was lost is found, or lost for good. */
  ordered(state: ScopeState): Promise<void>
  /** Call once per scope at the start; `ends` says how long its log was before a record of it was damaged. */
  load(state: ScopeState, ends?: number): Promise<void>
}

interface Parts {
  readonly ports: CorePorts
  readonly scopes: Scopes
  readonly onOrdered: (state: ScopeState) => Promise<void>
}

interface Staged {
  readonly scope: ScopeId
  readonly records: Bytes[]
  sizeBytes: number
}

export function makeSeeding({ ports, scopes, onOrdered }: Parts): Seeding {
  const { suite, log, clock, sequencerKey } = ports
  const turns = makeSerial()
  const staged = new WeakMap<Connection, Staged>()
  /** When each scope got entries from others last. */
  const seededAt = new Map<ScopeId, number>()
  /** How long logs were of which a part is damaged. */
  const lostFrom = new Map<ScopeId, number>()
  const isOurs = (key: Bytes | null): boolean => key !== null && equalBytes(key, sequencerKey.publicKey)

  const begin = async (connection: Connection, { scope, records }: Staged): Promise<string | null> => {
    if (scopes.size > 0) return 'unknown-scope'
    const fold = makeScopeFold({ suite, scope })
    const judged = await fold.apply(records)
    if (!judged.ok) return judged.reason
    // Another relay's workspace comes with its owners' take-over only, and to who may begin one here.
    if (!isOurs(fold.sequencer()) && !connection.setup) return 'wrong-sequencer'
    const state = scopes.make(scope, fold)
    await keep(state, records, 0)
    scopes.add(state)
    return null
  }
  const extend = async (state: ScopeState, records: readonly Bytes[]): Promise<string | null> => {
    const next = (state.fold.head()?.pos ?? -1) + 1
    const fresh = records.slice(next)
    if (fresh.length === 0) return null
    const judged = await state.fold.apply(fresh)
    if (!judged.ok) return judged.reason
    try {
      await keep(state, fresh, next)
    } catch (thrown) {
      judged.value()
      throw thrown
    }
    return null
  }
  const keep = async ({ scope }: ScopeState, records: readonly Bytes[], from: number): Promise<void> => {
    // First, so that a crash between the two does not end the quiet.
    await log.putSide({ collection: seedCollection, group: scope, key: 'quiet', value: new Uint8Array(0) })
    // Behind a damaged record more may lie on the disk.
    await log.replaceScope(records.map((record, index) => ({ scope, pos: from + index, record })))
    seededAt.set(scope, clock.now())
    ports.note?.('log-seeded', { entries: records.length })
  }
  const finish = async (connection: Connection, whole: Staged): Promise<string | null> => {
    const known = scopes.get(whole.scope)
    const fault = known ? await known.turns.run(async () => extend(known, whole.records)) : await begin(connection, whole)
    const state = scopes.get(whole.scope)
    if (!fault && state) await onOrdered(state)
    return fault
  }
  const take = async (connection: Connection, frame: FrameOf<'SEEDLOG'>): Promise<void> => {
    const { ref, scope, firstPos, records, isLast } = frame
    const answer = (code: string): void => {
      staged.delete(connection)
      connection.out.send(refusal(ref, code))
    }
    const present = firstPos === 0 ? { scope, records: [], sizeBytes: 0 } : staged.get(connection)
    if (!present || present.scope !== scope || present.records.length !== firstPos) return answer('bad-seed')
    present.sizeBytes += records.reduce((sum, record) => sum + record.length, 0)
    if (present.sizeBytes > maxSeedBytes) return answer('too-large')
    present.records.push(...records)
    staged.set(connection, present)
    if (isLast === 1) {
      staged.delete(connection)
      const fault = await finish(connection, present).catch(storageCode)
      if (fault) return answer(fault)
    }
    connection.out.send({ type: 'SEEDED', ref, scope, nextPos: present.records.length })
  }
  return {
    take: async (connection, frame) => turns.run(async () => take(connection, frame)),
    proofFault: async (proof) => {
      const reader = makeByteReader(proof)
      const scope = idFromBytes<'scope'>(reader.raw(32))
      const pos = reader.u32()
      const [id, prev, signature] = [reader.raw(32), reader.raw(32), reader.raw(64)]
      const place = { scope, pos, id: idFromBytes<'entry'>(id), prev: pos === 0 ? null : idFromBytes<'entry'>(prev) }
      if (!(await suite.verify(sequencerKey.publicKey, orderDomain, countersignedBytes(place), signature))) return 'bad-signature'
      const head = scopes.get(scope)?.fold.head()
      return (head ? pos > head.pos : scopes.size === 0) ? null : 'not-a-member'
    },
    orderFault: (state, op) => {
      const isTakeOver = op.kind === 'set-sequencer' && op.sequencer !== undefined && isOurs(op.sequencer)
      if (isTakeOver) return null
      if (!isOurs(state.fold.sequencer())) return 'wrong-sequencer'
      // What stood there is known to have been ordered, whoever holds it.
      if ((state.fold.head()?.pos ?? -1) + 1 < (lostFrom.get(state.scope) ?? 0)) return 'relay-recovering'
      const at = seededAt.get(state.scope)
      // Somebody may hold more of what this relay ordered before it lost it: two entries for one place would be a fraud.
      return at !== undefined && Math.abs(clock.now() - at) < seedQuietMs ? 'relay-recovering' : null
    },
    ordered: async ({ scope }) => {
      if (!seededAt.delete(scope)) return
      await log.deleteSide(seedCollection, scope, 'quiet')
    },
    load: async ({ scope }, ends = 0) => {
      if (ends > 0) lostFrom.set(scope, ends)
      if ((await log.readSide(seedCollection, scope, 0, 1)).length > 0) seededAt.set(scope, clock.now())
    },
  }
}
