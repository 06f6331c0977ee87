/** Erasing: what an Erase does when it has its turn, and how one is made. */
import { equalBytes } from '@poruch/base'
import type { DeviceId, TopicId } from '@poruch/base'
import { splitErase } from '../envelope/erased.ts'
import type { EraseTarget } from '../envelope/erased.ts'
import { decodeEnvelope, encodeErased, envelopeKinds, isErasedForm } from '../envelope/header.ts'
import { encodeInner } from '../envelope/inner.ts'
import type { Inner } from '../envelope/inner.ts'
import { SyncError } from '../errors.ts'
import type { LogRow, Opened } from '../ports.ts'
import type { ChainRow, Chains, EraseProof } from './chains.ts'
import type { Core } from './core.ts'
import { leftBy, unseal } from './open-row.ts'
import type { WritePlan } from './writer.ts'

/** Whether the content of a row is gone, or to be taken for gone. */
export function isErased({ erased }: Chains, row: ChainRow): boolean {
  return isErasedForm(row.bytes) || erased.has(row.id)
}

/**
 * Takes the content of what the Erase names, here and in what is shown. Nothing happens where that is not here. Answers why it is refused:
 * it says something else of what is left than what is here, or names what cannot be erased.
 */
export async function takeErase(
  core: Core,
  topic: TopicId,
  chains: Chains,
  { row, opened }: { readonly row: ChainRow; readonly opened: Opened },
): Promise<string | null> {
  const form = decodeEnvelope(row.bytes)
  const target = form.ok ? splitErase(form.value.ct)?.target : null
  const left = leftBy(opened)
  if (!target || !left) return 'bad-erase'
  const held = await heldAt(chains, target)
  const proof = { erasePrev: row.prev, erase: row.bytes }
  if (!held) {
    // Of another branch of that chain, which may still be shown here.
    if (!row.content && (await chains.at(target.device, target.seq))) chains.erased.set(target.id, proof)
    return null
  }
  const isPacked = (await chains.shelf.at(target.device, target.seq)) !== null
  if (isErased(chains, held)) {
    if (!chains.erased.has(held.id)) chains.erased.set(held.id, proof)
    if (isPacked) chains.erasedPacked.set(held.id, true)
    return null
  }
  if (held.kind === envelopeKinds.erase) return 'not-erasable'
  const before = await unseal(core, topic, held)
  if (typeof before !== 'string' && !isLeftOf(left, whatIsLeft(core, topic, before))) return 'false-skeleton'
  chains.erased.set(held.id, proof)
  if (isPacked) chains.erasedPacked.set(held.id, true)
  if (chains.forks.byId(held.id)) return row.content ? null : eraseFork(core, chains, held, proof)
  chains.inners.delete(held.id)
  chains.markStale()
  // What a pack stands for lies there still, until it is packed anew; out of a pack an Erase comes without its signature, and proves nothing to others.
  const left2 = held.content || row.content ? null : await erasedForm(core, held, proof)
  if (!left2) return null
  await core.store.erase(topic, left2)
  core.log('envelope-erased', { topic, device: held.device, seq: held.seq, by: row.device })
  return null
}

/** What is to be stored in the place of a row; null for what has no content of its own. */
export async function erasedForm({ suite }: Core, row: LogRow, proof: EraseProof): Promise<LogRow | null> {
  const form = decodeEnvelope(row.bytes)
  if (!form.ok || form.value.erased || row.kind === envelopeKinds.erase) return null
  return { ...row, state: 'opened', bytes: encodeErased(form.value, { ctHash: await suite.sha256(form.value.ct), ...proof }) }
}

async function eraseFork(core: Core, { forks }: Chains, row: LogRow, proof: EraseProof): Promise<null> {
  const fork = forks.byId(row.id)
  const left = fork && (await erasedForm(core, fork.row, proof))
  if (left) await forks.erase(left)
  return null
}

/** On the chain, or on a branch that is kept beside it. */
async function heldAt(chains: Chains, { device, seq, id }: EraseTarget): Promise<ChainRow | null> {
  const fork = chains.forks.byId(id)
  if (fork?.row.device === device && fork.row.seq === seq) return fork.row
  if (seq > (chains.all.get(device)?.head.seq ?? 0)) return null
  const [held] = await chains.rows(device, seq, 1)
  return held?.id === id ? held : null
}

function whatIsLeft({ applier }: Core, topic: TopicId, { deps, n, updates }: Inner): Inner | null {
  const skeleton = applier.skeleton?.(topic, updates) ?? null
  return skeleton && { deps, n, updates: [skeleton] }
}

function isLeftOf(stated: Inner, left: Inner | null): boolean {
  return left !== null && equalBytes(encodeInner(stated), encodeInner(left))
}

/** What is written to erase one envelope. @throws SyncError `no-target` | `not-erasable` | `no-right` | `no-key` */
export async function planErase(
  core: Core,
  topic: TopicId,
  chains: Chains,
  { device, seq }: { readonly device: DeviceId; readonly seq: number },
): Promise<WritePlan> {
  const { authority, signer } = core
  const [held] = seq > (chains.all.get(device)?.head.seq ?? 0) ? [] : await chains.rows(device, seq, 1)
  if (!held) throw new SyncError('no-target', `no envelope ${seq} of that device is here`)
  if (!authority.mayErase(topic, signer.device, authority.head(topic)?.pos ?? 0, device))
    throw new SyncError('no-right', 'who may erase it')
  const before = isErased(chains, held as LogRow) ? 'bad-form' : await unseal(core, topic, held)
  if (before === 'no-key') throw new SyncError('no-key', 'the key of its epoch is not here')
  const left = typeof before === 'string' || held.kind === envelopeKinds.erase ? null : whatIsLeft(core, topic, before)
  if (!left) throw new SyncError('not-erasable', 'nothing of it can be erased')
  return { n: 0, updates: [encodeInner(left)], erases: { device, seq, id: held.id } }
}
