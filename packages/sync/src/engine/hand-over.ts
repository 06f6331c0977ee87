/** Hands stored envelopes over in causal order, each when its prev and deps have had their turn. */
import type { DeviceId, TopicId } from '@poruch/base'
import { envelopeKinds } from '../envelope/header.ts'
import { isLeftEpoch, judgedPos } from '../envelope/left-heads.ts'
import { standingOf } from '../envelope/standing.ts'
import type { LogRow, Opened } from '../ports.ts'
import { nothingAwaited } from './chains.ts'
import type { Chain, ChainRow, Chains } from './chains.ts'
import type { Core } from './core.ts'
import { isErased, takeErase } from './erasing.ts'
import { openRow } from './open-row.ts'

/** Takes one envelope that stands; false when its content is refused. */
export type Sink = (opened: Opened) => Promise<boolean>

/** Goes on until nothing more can have its turn. Ties are broken by (lamport, device). */
export async function handOver(core: Core, topic: TopicId, chains: Chains, sink: Sink): Promise<void> {
  const writes: Promise<void>[] = []
  for (;;) {
    const next = await nextReady(chains)
    if (!next) break
    const state = await takeTurn(core, topic, chains, { ...next, sink })
    if (state !== null && state !== next.row.state && !next.row.content)
      writes.push(core.store.setState(topic, next.row.device, next.row.seq, state))
  }
  await Promise.all(writes)
}

/** What waited for a key is tried again. */
export function unblockKeys(chains: Chains): void {
  for (const chain of chains.all.values()) if (chain.blocked?.on === 'key') chain.blocked = null
}

async function nextReady(chains: Chains): Promise<{ chain: Chain; row: ChainRow } | null> {
  let best: { chain: Chain; row: ChainRow } | null = null
  for (const chain of chains.all.values()) {
    if (chain.blocked?.on === 'dep' && (chains.all.get(chain.blocked.device)?.steps.length ?? 0) >= chain.blocked.seq) chain.blocked = null
    if (chain.blocked) continue
    const row = await chains.front(chain)
    if (row && (!best || row.lamport < best.row.lamport || (row.lamport === best.row.lamport && row.device < best.row.device)))
      best = { chain, row }
  }
  return best
}

/** Null when the row is blocked, else the state that it now has. */
async function takeTurn(
  core: Core,
  topic: TopicId,
  chains: Chains,
  turn: { chain: Chain; row: ChainRow; sink: Sink },
): Promise<LogRow['state'] | null> {
  const { chain, row, sink } = turn
  const result = await openRow(core, topic, row, chains)
  if (result.kind === 'blocked') {
    chain.blocked = result.blocked
    return null
  }
  const { standing, awaits } = await standingOf({ authority: core.authority, topic, place: judgedPlace(core, topic, row), chain: chains })
  if (awaits.length > 0) chain.awaits = new Set([...chain.awaits, ...awaits])
  const isVoid = standing === 'void'
  let fault = result.kind === 'refused' ? result.reason : null
  if (result.kind === 'open') {
    if (row.device === core.signer.device) cover(chains, result.deps)
    if (!isVoid && row.kind === envelopeKinds.erase) fault = await takeErase(core, topic, chains, { row, opened: result.opened })
    else if (!isVoid && !(await sink(result.opened))) fault = 'content'
  }
  if (fault !== null) core.log('content-refused', { topic, device: row.device, seq: row.seq, fault })
  chain.page.shift()
  if (isVoid) chain.voids++
  chain.steps.push({ lamport: result.lamport, isVoid, isRefused: fault !== null, isErased: isErased(chains, row) })
  return fault === null ? 'opened' : 'refused'
}

function judgedPlace({ authority }: Core, topic: TopicId, row: ChainRow): Pick<ChainRow, 'device' | 'seq' | 'id' | 'pos'> {
  const { device, seq, id } = row
  return { device, seq, id, pos: judgedPos(authority, topic, row) }
}

function cover(chains: Chains, deps: readonly { readonly device: DeviceId; readonly seq: number }[]): void {
  for (const { device, seq } of deps) chains.covered.set(device, Math.max(seq, chains.covered.get(device) ?? 0))
}

/** True when some envelope that had its turn stands otherwise than it did then. */
export async function standsOtherwise(core: Core, topic: TopicId, chains: Chains): Promise<boolean> {
  for (const chain of chains.all.values()) {
    chain.awaits = nothingAwaited
    for await (const row of chains.upTo(chain.device, 1, chain.steps.length)) {
      const { standing, awaits } = await standingOf({
        authority: core.authority,
        topic,
        place: judgedPlace(core, topic, row),
        chain: chains,
      })
      if (awaits.length > 0) chain.awaits = new Set([...chain.awaits, ...awaits])
      const step = chain.steps[row.seq - 1]
      if ((standing === 'void') !== step?.isVoid) return true
      if (step?.isRefused === false && isLeftEpoch(core.authority, topic, row)) return true
    }
  }
  return false
}
