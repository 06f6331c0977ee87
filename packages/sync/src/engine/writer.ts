/** Seals and appends what this device writes: durable before it is acknowledged. */
import type { Bytes, DeviceId, EnvelopeId, EntryId, EpochId, ScopeId, TopicId } from '@poruch/base'
import type { AeadKey } from '@poruch/crypto'
import { encodeTarget } from '../envelope/erased.ts'
import type { EraseTarget } from '../envelope/erased.ts'
import { deviceIndexOf, envelopeKinds } from '../envelope/header.ts'
import { encodeInner, kindOf } from '../envelope/inner.ts'
import type { Dep, Inner } from '../envelope/inner.ts'
import { sealEnvelope } from '../envelope/seal.ts'
import { SyncError } from '../errors.ts'
import { maxDeps, maxSealAttempts } from '../limits.ts'
import type { LogRow } from '../ports.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'

/** Which envelope holds what was written. */
export interface Written {
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
}

export interface WritePlan {
  readonly n: number
  readonly updates: readonly Bytes[]
  /** What an Erase names. */
  readonly erases?: EraseTarget
}

/** How everything is sealed at this moment. */
export interface SealPlace {
  readonly scope: ScopeId
  readonly head: { readonly pos: number; readonly id: EntryId }
  readonly epoch: { readonly gen: number; readonly id: EpochId }
  readonly key: AeadKey
}

/** @throws SyncError `unknown-topic` | `no-key` | `epoch-due` | `no-right` */
export async function sealPlaceOf(core: Core, topic: TopicId, kind: number): Promise<SealPlace> {
  const { authority, keys, signer } = core
  const epoch = await authority.writingEpoch(topic)
  if ('waiting' in epoch) throw new SyncError(epoch.waiting, 'nothing can be written now')
  const key = await keys.keyOf({ topic, epoch: epoch.id, kind, device: signer.device })
  if (!key) throw new SyncError('no-key', `the key of gen ${epoch.gen} is not here`)
  // Read last and together, so that scope and position are of one moment.
  const scope = authority.scopeOf(topic)
  const head = authority.head(topic)
  if (scope === null || head === null) throw new SyncError('unknown-topic', 'no log here judges the topic')
  // The log may have moved while the key was asked for: what others would refuse is not written.
  const author = authority.authorAt(topic, signer.device, head.pos)
  if ('refused' in author) throw new SyncError('no-right', author.refused)
  if (authority.epochFor(topic, signer.device, epoch.gen, head.pos) !== epoch.id)
    throw new SyncError('epoch-due', `gen ${epoch.gen} is too old`)
  return { scope, head, epoch, key }
}

/** Runs in the topic's turn, with the chains handed over as far as they go; `progress` hands over again. @throws SyncError */
export async function writeEnvelope(
  core: Core,
  topic: TopicId,
  chains: Chains,
  options: { plan: WritePlan; progress(): Promise<void> },
): Promise<Written> {
  const { plan, progress } = options
  await core.ownChain.mustBeOwn()
  for (let attempt = 0; attempt < maxSealAttempts; attempt++) {
    const { row, inner } = await sealNext(core, topic, chains, plan)
    // Never sealed again once it was appended: a second envelope for one seq would be a fork.
    const answer = await core.store.append(topic, row.seq - 1, row)
    if (answer !== 'head-moved') {
      chains.grew(row)
      // What was just sealed need not be opened again to have its turn.
      chains.inners.set(row.id, inner)
      await progress()
      if (chains.all.get(row.device)?.steps[row.seq - 1]?.isRefused) throw new SyncError('refused', 'the documents refuse the content')
      return { device: row.device, seq: row.seq, id: row.id }
    }
    await chains.refresh()
    await progress()
  }
  throw new SyncError('head-moved', `another tab was faster ${maxSealAttempts} times`)
}

async function sealNext(
  core: Core,
  topic: TopicId,
  chains: Chains,
  plan: WritePlan,
): Promise<{ readonly row: LogRow; readonly inner: Inner }> {
  const { suite, random, signer } = core
  const { n, updates, erases } = plan
  const kind = erases ? envelopeKinds.erase : kindOf(updates)
  const place = await sealPlaceOf(core, topic, kind)
  const own = chains.all.get(signer.device)
  if (own && own.steps.length < own.head.seq) throw new SyncError('not-ready', 'the own chain is not read to its end')
  if (own && place.head.pos < own.head.pos)
    throw new SyncError('log-behind', `the chain is at position ${own.head.pos}, the log at ${place.head.pos}`)
  const { deps, lamport } = follow(chains, signer.device)
  const seq = (own?.head.seq ?? 0) + 1
  const prev = own?.head.id ?? null
  const inner: Inner = { deps, n, updates }
  const prefix = erases ? { prefix: encodeTarget(erases) } : {}
  const sealed = await sealEnvelope({
    suite,
    random,
    signer,
    topic,
    ...place,
    kind,
    seq,
    prev,
    lamport,
    inner: encodeInner(inner),
    ...prefix,
  })
  const { head, epoch } = place
  const row: LogRow = { device: signer.device, seq, prev, pos: head.pos, lamport, gen: epoch.gen, kind, state: 'opened', ...sealed }
  return { row, inner }
}

/** What has had its turn since the own last envelope, and the lamport after all of it. */
function follow(chains: Chains, own: DeviceId): { deps: Dep[]; lamport: number } {
  const heads: (Dep & { readonly lamport: number })[] = []
  for (const { device, steps } of chains.all.values()) {
    const step = steps.at(-1)
    if (device === own || !step || steps.length <= (chains.covered.get(device) ?? 0)) continue
    heads.push({ deviceIndex: deviceIndexOf(device), seq: steps.length, lamport: step.lamport })
  }
  // Where more devices wrote than fit, the newest count; the others are named by the next envelope.
  const named = heads.toSorted((a, b) => b.lamport - a.lamport).slice(0, maxDeps)
  const before = chains.all.get(own)?.steps.at(-1)?.lamport ?? 0
  const lamport = 1 + named.reduce((max, dep) => Math.max(max, dep.lamport), before)
  const deps = named.map(({ deviceIndex, seq }) => ({ deviceIndex, seq })).toSorted((a, b) => (a.deviceIndex < b.deviceIndex ? -1 : 1))
  return { deps, lamport }
}
