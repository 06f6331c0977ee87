/** Whole packs: made of stored chains, opened out of foreign bytes. */
import type { Bytes, DeviceId, EnvelopeId, EpochId, Judged, TopicId } from '@poruch/base'
import type { Core } from '../engine/core.ts'
import { sealPlaceOf } from '../engine/writer.ts'
import type { EnvelopeFault } from '../envelope/check.ts'
import { envelopeKinds } from '../envelope/header.ts'
import { pad, unpad } from '../envelope/inner.ts'
import { openSeal } from '../envelope/seal.ts'
import type { LogRow } from '../ports.ts'
import { buildRun, frontierOf } from './build-pack.ts'
import { checkCompact, sealCompact } from './check-compact.ts'
import type { CheckedCompact } from './check-compact.ts'
import { decodePackBody, encodePackBody } from './pack-body.ts'
import type { PackFormFault, PackRun } from './pack-body.ts'
import type { ChainPlace } from './pack-ends.ts'
import { rebuildRun } from './rebuild-run.ts'
import type { ProofOf } from './rebuild-run.ts'
import { verifyPack } from './verify-pack.ts'
import type { PackedRow, PackFault } from './verify-pack.ts'

/** A pack or snapshot as it is stored and sent. */
export interface Compact {
  readonly id: EnvelopeId
  readonly prev: EnvelopeId | null
  readonly bytes: Bytes
}

/**
 * Seals stretches of chains, one of each device, into one pack. They follow one another without holes and each ends in an envelope whose
 * bytes are here. Null where one of them cannot be read. @throws SyncError as `write`; RangeError for more than a pack holds
 */
export async function makePack(
  core: Core,
  topic: TopicId,
  { prev, chains }: { readonly prev: EnvelopeId | null; readonly chains: readonly (readonly LogRow[])[] },
): Promise<Compact | null> {
  return sealRuns(core, topic, { prev, chains, runsUnder: (epoch) => chains.map(async (rows) => buildRun(core, { topic, epoch }, rows)) })
}

/**
 * Says a pack again without the content of what was erased since: the same stretches with the same ids, so that it can stand in its place.
 * `proofOf` gives the Erase of a row, or null where its content stays. Null where a key is missing. @throws as `makePack`
 */
export async function makeRepack(
  core: Core,
  topic: TopicId,
  { prev, opened, proofOf }: { readonly prev: EnvelopeId | null; readonly opened: OpenedPack; readonly proofOf: ProofOf },
): Promise<Compact | null> {
  const { chains, runs } = opened
  return sealRuns(core, topic, {
    prev,
    chains,
    runsUnder: (epoch) => runs.map(async (run, at) => rebuildRun(core, { topic, epoch, proofOf }, { run, rows: chains[at] ?? [] })),
  })
}

interface RunPlan {
  readonly prev: EnvelopeId | null
  readonly chains: readonly (readonly LogRow[])[]
  /** The runs for readers of that epoch. */
  readonly runsUnder: (epoch: EpochId) => readonly Promise<PackRun | null>[]
}

async function sealRuns(core: Core, topic: TopicId, { prev, chains, runsUnder }: RunPlan): Promise<Compact | null> {
  const kind = envelopeKinds.pack
  const place = await sealPlaceOf(core, topic, kind)
  const runs = await Promise.all(runsUnder(place.epoch.id))
  const whole = runs.flatMap((run) => run ?? []).toSorted((a, b) => (a.device < b.device ? -1 : 1))
  if (whole.length === 0 || whole.length < runs.length) return null
  const lamport = chains.flat().reduce((most, row) => Math.max(most, row.lamport), 1)
  const inner = pad(encodePackBody(whole))
  const { suite, random, signer } = core
  const ends = frontierOf(chains).toSorted((a, b) => (a.device < b.device ? -1 : 1))
  const sealed = await sealCompact({ suite, random, signer, topic, place, kind, prev, lamport, ends, inner })
  return { ...sealed, prev }
}

export interface OpenedPack {
  readonly checked: CheckedCompact
  /** As it says them, one for each chain. */
  readonly runs: readonly PackRun[]
  /** One chain of each device, in order of device. */
  readonly chains: readonly (readonly PackedRow[])[]
}

/** `author`: its envelope is authentic, so what is wrong inside is that device's deed. */
export interface PackRefusal {
  readonly ok: false
  readonly reason: CompactFault
  readonly author?: DeviceId
}

/** `false-ends`: it says that its chains end elsewhere than they do · `replaced`: another pack holds what was in it. */
export type CompactFault = EnvelopeFault | PackFormFault | PackFault | 'bad-seal' | 'false-ends' | 'replaced'

/** Judges all of a pack: its envelope, its form, and each chain in it. */
export async function openPack(
  core: Core,
  topic: TopicId,
  { bytes, prev }: Pick<Compact, 'bytes' | 'prev'>,
): Promise<{ readonly ok: true; readonly value: OpenedPack } | PackRefusal> {
  const opened = await openCompact(core, topic, { bytes, prev, kind: envelopeKinds.pack })
  if (!opened.ok) return opened
  const { checked } = opened.value
  const author = checked.device
  const runs = decodePackBody(opened.value.body)
  if (!runs.ok) return { ...runs, author }
  const chains = await verifyPack(core, topic, runs.value)
  if (!chains.ok) return { ...chains, author }
  return isTrue(checked.ends, chains.value)
    ? { ok: true, value: { checked, runs: runs.value, chains: chains.value } }
    : { ok: false, reason: 'false-ends', author }
}

/** Whether the ends in front of a pack are those of the chains in it; one of the first version says none. */
function isTrue(stated: readonly ChainPlace[], chains: readonly (readonly PackedRow[])[]): boolean {
  const ends = frontierOf(chains)
  return (
    stated.length === 0 ||
    (stated.length === ends.length && stated.every(({ seq, id }, index) => ends[index]?.id === id && ends[index]?.seq === seq))
  )
}

/** What a pack or snapshot holds, its author's right and signature judged. */
export async function openCompact(
  core: Core,
  topic: TopicId,
  { bytes, prev, kind }: Pick<Compact, 'bytes' | 'prev'> & { readonly kind: number },
): Promise<Judged<{ readonly checked: CheckedCompact; readonly body: Uint8Array }, CompactFault>> {
  const { suite, authority, keys } = core
  const verdict = await checkCompact({ suite, authority, topic, bytes, prev })
  if (!verdict.ok) return verdict
  const { header, headerBytes, sealed, context, device, epoch } = verdict.value
  if (header.kind !== kind) return { ok: false, reason: 'wrong-kind' }
  if (verdict.value.replaced) return { ok: false, reason: 'replaced' }
  const key = await keys.keyOf({ topic, epoch, kind, device })
  if (!key) return { ok: false, reason: 'no-key' }
  const padded = await openSeal(suite, key, { nonce: header.nonce, context, headerBytes, ct: sealed })
  const body = padded && unpad(padded)
  return body ? { ok: true, value: { checked: verdict.value, body } } : { ok: false, reason: 'bad-seal' }
}
