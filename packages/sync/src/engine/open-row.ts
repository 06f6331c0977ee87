/** Opens one stored envelope and judges its inner rules. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { envelopeContext } from '../envelope/context.ts'
import { splitErase } from '../envelope/erased.ts'
import { decodeEnvelope, envelopeKinds, isErasedForm } from '../envelope/header.ts'
import type { Envelope } from '../envelope/header.ts'
import { decodeInner } from '../envelope/inner.ts'
import type { Inner } from '../envelope/inner.ts'
import { openSeal } from '../envelope/seal.ts'
import { isLeftEpoch, judgedPos } from '../envelope/left-heads.ts'
import { lamportLimit, maxLamportStep } from '../limits.ts'
import type { Opened } from '../ports.ts'
import type { Blocked, ChainRow, Chains, EraseProof } from './chains.ts'
import type { Core } from './core.ts'

export type OpenedRow =
  | { readonly kind: 'blocked'; readonly blocked: Blocked }
  /** Authentic, and against the rules or not readable: it counts for the chain and shows nothing. */
  | { readonly kind: 'refused'; readonly reason: string; readonly lamport: number }
  | {
      readonly kind: 'open'
      readonly opened: Opened
      readonly lamport: number
      readonly deps: readonly { device: DeviceId; seq: number }[]
    }

/** The row must be the next of its chain. Depends on the chain, its deps, the log and the keys alone. */
export async function openRow(core: Core, topic: TopicId, row: ChainRow, chains: Chains): Promise<OpenedRow> {
  const before = chains.all.get(row.device)?.steps.at(-1)?.lamport ?? 0
  const refused = (reason: string): OpenedRow => ({ kind: 'refused', reason, lamport: before })
  const author = core.authority.authorAt(topic, row.device, judgedPos(core.authority, topic, row))
  if ('refused' in author) return refused(author.refused)
  const proof = chains.erased.get(row.id)
  const isErased = proof !== undefined || isErasedForm(row.bytes)
  const inner = proof ? await openErased(core, topic, proof) : (chains.inners.get(row.id) ?? (await unseal(core, topic, row)))
  chains.inners.delete(row.id)
  if (typeof inner === 'string') return inner === 'no-key' ? { kind: 'blocked', blocked: { on: 'key' } } : refused(inner)
  const deps = resolveDeps(core, topic, row, inner)
  if (!deps) return refused('bad-deps')
  // What was erased is not known well enough to refute others, only to bound them.
  let isLoose = chains.all.get(row.device)?.steps.at(-1)?.isErased ?? false
  let lamport = isLoose ? 0 : before
  let latest = before
  for (const dep of deps) {
    // Of a device that has signed twice nobody can tell which branch the author saw: its envelopes must neither hold up nor refute others.
    if (dep.seq >= (chains.forks.from(dep.device) ?? Infinity)) {
      isLoose = true
      continue
    }
    const step = chains.all.get(dep.device)?.steps[dep.seq - 1]
    if (!step) return { kind: 'blocked', blocked: { on: 'dep', ...dep } }
    latest = Math.max(latest, step.lamport)
    if (step.isErased) isLoose = true
    else lamport = Math.max(lamport, step.lamport)
  }
  const most = latest + 1 + (isLoose ? maxLamportStep : 0)
  if (row.lamport < lamport + 1 || row.lamport > most || row.lamport >= lamportLimit) return refused('bad-lamport')
  const { device, seq, id } = row
  const { n, updates } = inner
  const opened: Opened = {
    topic,
    device,
    user: author.user,
    seq,
    id,
    lamport: row.lamport,
    n,
    updates,
    isErased,
    ...eraserOf(core, topic, row, proof),
  }
  return { kind: 'open', opened, lamport: row.lamport, deps }
}

/** Whose Erase took the content of a row. */
function eraserOf(core: Core, topic: TopicId, { bytes }: ChainRow, proof: EraseProof | undefined): { readonly eraser?: DeviceId } {
  const form = proof ? null : decodeEnvelope(bytes)
  const erase = proof?.erase ?? (form?.ok ? form.value.erased?.erase : undefined)
  const made = erase && decodeEnvelope(erase)
  const eraser = made?.ok ? core.authority.deviceByIndex(topic, made.value.header.deviceIndex) : null
  return eraser ? { eraser } : {}
}

export type Unsealed = Inner | 'no-key' | 'bad-form' | 'epoch-too-old' | 'left-epoch' | 'bad-seal' | 'bad-inner'

/** The inner part of a row, or why there is none; `no-key` may change. */
export async function unseal(core: Core, topic: TopicId, { device, prev, content, bytes }: ChainRow): Promise<Unsealed> {
  if (content?.mode === 'plain') return content.inner
  const form = decodeEnvelope(bytes)
  if (!form.ok) return 'bad-form'
  return form.value.erased ? openErased(core, topic, form.value.erased) : openForm(core, topic, { device, prev, form: form.value })
}

/** What an Erase says of what it has erased: its deps and n, and what is left of its updates. */
export async function openErased(core: Core, topic: TopicId, { erasePrev, erase }: EraseProof): Promise<Unsealed> {
  const form = decodeEnvelope(erase)
  if (!form.ok) return 'bad-form'
  const device = core.authority.deviceByIndex(topic, form.value.header.deviceIndex)
  if (device === null) return 'no-key'
  const inner = await openForm(core, topic, { device, prev: erasePrev, form: form.value })
  return typeof inner === 'string' ? inner : (leftBy(inner) ?? 'bad-inner')
}

/** What is left of an envelope according to the inner part of its Erase; null for another form. */
export function leftBy({ updates }: Pick<Inner, 'updates'>): Inner | null {
  const [left] = updates
  return left ? decodeInner(envelopeKinds.update, left) : null
}

async function openForm(
  core: Core,
  topic: TopicId,
  { device, prev, form }: { readonly device: DeviceId; readonly prev: EnvelopeId | null; readonly form: Envelope },
): Promise<Unsealed> {
  const { suite, authority, keys } = core
  const { header, headerBytes } = form
  const ct = header.kind === envelopeKinds.erase ? splitErase(form.ct)?.sealed : form.ct
  if (!ct) return 'bad-form'
  const scope = authority.scopeOf(topic)
  const stated = authority.headOf(topic, header.pos, header.headHint)
  // Of a later version's log, or of a stretch that owners left before entries of it were remembered.
  if (stated === 'differs') return 'bad-seal'
  if (stated === 'unknown') return 'no-key'
  const head = stated.id
  const epoch = authority.epochFor(topic, device, header.gen, stated.pos)
  if (epoch === 'too-old') return 'epoch-too-old'
  // Not everybody can be given its key any more, and what some could read and others not would set documents apart.
  if (isLeftEpoch(authority, topic, { device, pos: header.pos, gen: header.gen, bytes: headerBytes })) return 'left-epoch'
  if (scope === null || epoch === 'unknown') return 'no-key'
  const key = await keys.keyOf({ topic, epoch, kind: header.kind, device })
  if (!key) return 'no-key'
  const context = envelopeContext({ scope, topic, epoch, device, prev, head })
  const padded = await openSeal(suite, key, { nonce: header.nonce, context, headerBytes, ct })
  return padded === null ? 'bad-seal' : (decodeInner(header.kind, padded) ?? 'bad-inner')
}

/** Null when a dep names a device that no log here has pinned, or the author's own. */
function resolveDeps(core: Core, topic: TopicId, row: ChainRow, inner: Inner): { device: DeviceId; seq: number }[] | null {
  const deps: { device: DeviceId; seq: number }[] = []
  for (const { deviceIndex, seq } of inner.deps) {
    const device = core.authority.deviceByIndex(topic, deviceIndex)
    if (device === null || device === row.device) return null
    deps.push({ device, seq })
  }
  return deps
}
