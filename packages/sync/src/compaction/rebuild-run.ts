/** Says the run of a pack again, for another epoch's readers and without the content of what was erased since. */
import type { Bytes, EpochId, TopicId } from '@poruch/base'
import type { Core } from '../engine/core.ts'
import type { PackContent, PackEntry, PackRun } from './pack-body.ts'
import { sealAgain } from './verify-pack.ts'
import type { PackedRow } from './verify-pack.ts'

/** The whole Erase of a row with the id before it, or null where the content of the row stays. */
export type ProofOf = (row: PackedRow) => Promise<Bytes | null>

interface RebuildPlan {
  readonly topic: TopicId
  /** Of the new pack. */
  readonly epoch: EpochId
  readonly proofOf: ProofOf
}

/** `rows`: what the run was verified to hold, in order. Null where a key is missing. */
export async function rebuildRun(
  core: Core,
  plan: RebuildPlan,
  { run, rows }: { readonly run: PackRun; readonly rows: readonly PackedRow[] },
): Promise<PackRun | null> {
  const entries: PackEntry[] = []
  for (const [at, entry] of run.entries.entries()) {
    const row = rows[at]
    const content = row && (await contentOf(core, plan, { entry, row }))
    if (!content) return null
    entries.push({ ...entry, content })
  }
  return { ...run, entries }
}

async function contentOf(
  core: Core,
  { topic, epoch, proofOf }: RebuildPlan,
  { entry, row }: { readonly entry: PackEntry; readonly row: PackedRow },
): Promise<PackContent | null> {
  const { content } = entry
  const proof = content.mode === 'erased' ? null : await proofOf(row)
  if (proof) return { mode: 'erased', ctHash: row.ctHash, proof }
  if (content.mode !== 'plain') return content
  const own = core.authority.epochFor(topic, row.device, row.gen, row.pos)
  if (own === 'unknown' || own === 'too-old') return null
  if (core.authority.leadsTo(topic, epoch, own)) return content
  const ct = await sealAgain(core, topic, { row, entry })
  return ct && { mode: 'kept', ct }
}
