/** Decides which branch of a forked chain stands: the same one everywhere, whatever came first. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { rowPageSize } from '../limits.ts'
import { contextOf } from '../envelope/left-heads.ts'
import type { LogRow } from '../ports.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import type { Fork } from './forks.ts'

/**
 * At the first envelope that differs: the branch that the cuts leave standing, where they tell the two apart; else that of the lower id.
 * Brings the chain there, and keeps the other branch. True when the chain has changed.
 */
export async function settleForks(core: Core, topic: TopicId, chains: Chains, device: DeviceId): Promise<boolean> {
  let hasChanged = false
  for (;;) {
    const next = await nextBetter(core, topic, chains, device)
    if (!next) return hasChanged
    hasChanged = true
    const { fork, held } = next
    const isDone =
      held === null
        ? (await core.store.append(topic, fork.row.seq - 1, fork.row)) !== 'head-moved'
        : await exchange(core, topic, chains, { fork, held })
    // Else another tab was faster: looked at again.
    if (isDone) await chains.forks.drop(fork.row.id)
    await chains.refresh()
  }
}

/** A branch that goes on from the chain and should be it; `held` is what the chain has there. */
async function nextBetter(
  core: Core,
  topic: TopicId,
  chains: Chains,
  device: DeviceId,
): Promise<{ readonly fork: Fork; readonly held: { readonly id: EnvelopeId; readonly pos: number } | null } | null> {
  const forks = chains.forks.all().filter(({ row }) => row.device === device)
  for (const fork of forks.toSorted((a, b) => a.row.seq - b.row.seq)) {
    const { row } = fork
    const prev = row.seq === 1 ? null : await chains.at(device, row.seq - 1)
    if ((prev?.id ?? null) !== row.prev) continue
    const held = await chains.at(device, row.seq)
    if (!held || (await isBetter(core, topic, chains, { row, held: { ...held, device, seq: row.seq } }))) return { fork, held }
  }
  return null
}

type Place = Pick<LogRow, 'device' | 'seq' | 'id' | 'pos'>

async function isBetter(core: Core, topic: TopicId, chains: Chains, { row, held }: { row: Place; held: Place }): Promise<boolean> {
  const [stands, heldStands] = [await standsOnBranch(core, topic, chains, row), await standsOnBranch(core, topic, chains, held)]
  return stands === heldStands ? row.id < held.id : stands
}

/** As `standingOf`, over the branch that begins with this envelope. */
async function standsOnBranch({ authority }: Core, topic: TopicId, chains: Chains, place: Place): Promise<boolean> {
  const known = new Map<string, boolean>()
  for (;;) {
    const wanted: { readonly seq: number; readonly id: EnvelopeId }[] = []
    const standing = authority.standing(topic, place, (seq, id) => {
      if (seq <= place.seq) return seq === place.seq && id === place.id
      const found = known.get(`${seq} ${id}`)
      if (found === undefined) wanted.push({ seq, id })
      return found ?? false
    })
    if (wanted.length === 0) return standing === 'stands'
    for (const end of wanted) known.set(`${end.seq} ${end.id}`, await leadsTo(chains, place, end))
  }
}

/** Whether the envelope `end` builds on the one at `place`. */
async function leadsTo(chains: Chains, place: Place, end: { readonly seq: number; readonly id: EnvelopeId }): Promise<boolean> {
  let { seq, id } = end
  while (seq > place.seq) {
    const fork = chains.forks.byId(id)
    if (fork) {
      if (fork.row.prev === null) return false
      id = fork.row.prev
      seq--
      continue
    }
    // From here down it is the chain itself.
    if ((await chains.at(place.device, seq))?.id !== id) return false
    return (await chains.at(place.device, place.seq))?.id === place.id
  }
  return id === place.id
}

/** What stood there is kept before anything is replaced: a crash in between loses neither. */
async function exchange(
  core: Core,
  topic: TopicId,
  chains: Chains,
  { fork, held }: { fork: Fork; held: { readonly id: EnvelopeId } },
): Promise<boolean> {
  const { store, authority } = core
  const { device, seq } = fork.row
  for (let from = seq; ; from += rowPageSize) {
    const rows = await store.read(topic, device, from, rowPageSize)
    const kept = rows.flatMap((row): Fork[] => {
      const context = contextOf(authority, topic, row)
      return context ? [{ row, ...context }] : []
    })
    await chains.forks.keep(kept)
    if (rows.length < rowPageSize) break
  }
  if ((await store.rebranch(topic, held.id, fork.row)) === 'head-moved') return false
  core.log('branch-replaced', { topic, device, seq })
  return true
}
