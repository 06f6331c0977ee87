/** Makes the runs of a pack out of stored envelopes. */
import type { EpochId, TopicId } from '@poruch/base'
import { encodeProof } from '../envelope/erased.ts'
import { decodeEnvelope, envelopeKinds } from '../envelope/header.ts'
import type { Envelope } from '../envelope/header.ts'
import { judgedPos } from '../envelope/left-heads.ts'
import type { Core } from '../engine/core.ts'
import { unseal } from '../engine/open-row.ts'
import type { LogRow } from '../ports.ts'
import type { PackContent, PackEntry, PackRun } from './pack-body.ts'
import type { ChainPlace } from './pack-ends.ts'

/**
 * The run of rows that follow one another on one chain, or null where there is none. Content goes in the clear where whoever can open
 * `epoch`, under which the pack will be sealed, can open it too; all else as it was sealed.
 */
export async function buildRun(
  core: Core,
  { topic, epoch }: { readonly topic: TopicId; readonly epoch: EpochId },
  rows: readonly LogRow[],
): Promise<PackRun | null> {
  const [first] = rows
  const last = rows.at(-1)
  const end = last && decodeEnvelope(last.bytes)
  if (!first || !end?.ok) return null
  const entries: PackEntry[] = []
  for (const row of rows) {
    const { authority } = core
    // A reader of packs knows the log alone: what was written on what owners have left stays as it is.
    if (authority.leftAt(topic, row.pos) !== null && judgedPos(authority, topic, row) !== row.pos) return null
    const entry = await entryOf(core, { topic, epoch }, row)
    if (!entry) return null
    entries.push(entry)
  }
  return { device: first.device, firstSeq: first.seq, prev: first.prev, sig: end.value.sig, entries }
}

async function entryOf(core: Core, place: { topic: TopicId; epoch: EpochId }, row: LogRow): Promise<PackEntry | null> {
  const form = decodeEnvelope(row.bytes)
  if (!form.ok) return null
  const { kind, gen, pos, lamport, nonce } = form.value.header
  return { kind, gen, pos, lamport, nonce, content: await contentOf(core, place, { row, gen, form: form.value }) }
}

async function contentOf(
  core: Core,
  { topic, epoch }: { topic: TopicId; epoch: EpochId },
  { row, gen, form }: { row: LogRow; gen: number; form: Envelope },
): Promise<PackContent> {
  const { ct, erased } = form
  if (erased) return { mode: 'erased', ctHash: erased.ctHash, proof: encodeProof(erased) }
  if (row.kind === envelopeKinds.erase) return { mode: 'kept', ct }
  const own = core.authority.epochFor(topic, row.device, gen, row.pos)
  const isForAll = own !== 'unknown' && own !== 'too-old' && core.authority.leadsTo(topic, epoch, own)
  const inner = isForAll ? await unseal(core, topic, row) : 'no-key'
  return typeof inner === 'string' ? { mode: 'kept', ct } : { mode: 'plain', inner }
}

/** Where the runs end. */
export function frontierOf(chains: readonly (readonly LogRow[])[]): readonly ChainPlace[] {
  return chains.flatMap((rows) => {
    const last = rows.at(-1)
    return last ? [{ device: last.device, seq: last.seq, id: last.id }] : []
  })
}
