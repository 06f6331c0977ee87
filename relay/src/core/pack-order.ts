/** The packs of a topic in the order in which they are read, and which of them says again what another one holds. */
import type { EnvelopeId, TopicId } from '@poruch/base'
import type { RelayLog, StoredCompact } from '@poruch/sync/relay-log'
import { decodeEnvelope, envelopeKinds, isErasedForm, splitPack } from '@poruch/sync/wire'
import type { ChainPlace } from '@poruch/sync/wire'
import { packsAtOnce } from './limits.ts'

// In their own order, also what is left of those that gave their place to others.
export async function* packsOf(log: RelayLog, topic: TopicId): AsyncGenerator<StoredCompact> {
  for (let place = 0; ;) {
    const rows = await log.readCompacts(topic, envelopeKinds.pack, place, packsAtOnce)
    // One that is damaged on the disk is as if it were not here; its order stays.
    yield* rows.filter(({ bytes }) => bytes.length > 0)
    const last = rows.at(-1)
    if (!last || rows.length < packsAtOnce) return
    place = last.place
  }
}

// Where another pack stands in the place of one, it comes there: what follows could not be taken before it.
export async function* readablePacks(log: RelayLog, topic: TopicId): AsyncGenerator<StoredCompact> {
  const given = new Set<EnvelopeId>()
  for await (const pack of packsOf(log, topic)) {
    const by = replacedBy(pack)
    const inPlace = by === null ? null : await lastInPlaceOf(log, topic, by)
    for (const each of inPlace ? [inPlace, pack] : [pack]) {
      if (given.has(each.id)) continue
      given.add(each.id)
      yield each
    }
  }
}

/** The pack that stands in the place of this one; null for one that stands for itself. */
export function replacedBy({ bytes }: StoredCompact): EnvelopeId | null {
  const form = isErasedForm(bytes) ? decodeEnvelope(bytes) : null
  return form?.ok ? (form.value.replaced?.by ?? null) : null
}

/** That one may have given its place to another in turn. */
async function lastInPlaceOf(log: RelayLog, topic: TopicId, by: EnvelopeId): Promise<StoredCompact | null> {
  let wanted = by
  for await (const pack of packsOf(log, topic)) {
    if (pack.id !== wanted) continue
    // One always stands behind what it replaces.
    const next = replacedBy(pack)
    if (next === null) return pack
    wanted = next
  }
  return null
}

export function endsOf({ bytes }: StoredCompact): readonly ChainPlace[] {
  const form = decodeEnvelope(bytes)
  return (form.ok && splitPack(form.value)?.ends) || []
}

/** Whether the second says the stretches of the first again: chains have one end each, and no honest pack takes up what one before it holds. */
export function saysAgain(before: readonly ChainPlace[], after: readonly ChainPlace[]): boolean {
  return (
    before.length > 0 &&
    before.length === after.length &&
    before.every(({ device, seq, id }, at) => {
      const other = after[at]
      return other?.device === device && other.seq === seq && other.id === id
    })
  )
}
