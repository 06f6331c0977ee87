/** Takes what was erased out of packs: they are made anew without it, and the old ones go once others have confirmed the new. */
import type { TopicId } from '@poruch/base'
import type { ChainPlace, StalePack, StoredPack } from '@poruch/sync'
import type { MemberDevice } from './member-device.ts'
import type { RelayLine } from './relay-line.ts'

/** A pack that was made anew is left so long when more of it is erased: each costs up to 1 MiB and words of others. */
const repackPauseMs = 10 * 60_000

export interface RepackParts {
  readonly device: MemberDevice
  readonly line: Pick<RelayLine, 'offerPack' | 'wantPacks'>
  /** The last of some packs that others have confirmed, of all that are here. */
  confirmedOf(topic: TopicId, packs: readonly StoredPack[], among: readonly StoredPack[]): StoredPack | null
  giveWord(topic: TopicId, pack: StoredPack['id']): Promise<void>
  /** False when this device is not to make it, or nothing is to be done any more. */
  waitForRank(topic: TopicId, ends: readonly ChainPlace[]): Promise<boolean>
}

/** Costs nothing where nothing was erased. @throws SyncError as `packTail` */
export async function forget(parts: RepackParts, topic: TopicId): Promise<void> {
  const { device } = parts
  const { sync } = device
  for (const stale of await sync.stalePacks(topic)) {
    const packs = await sync.packsOf(topic)
    const repacks = packs.filter(({ id }) => stale.repacks.some((repack) => repack.id === id))
    const confirmed = parts.confirmedOf(topic, packs, repacks)
    if (confirmed) await sync.replacePack(topic, stale.id, confirmed.id)
    else if (repacks.length === 0) {
      const isRecent = stale.isRepack && device.ports.clock.now() - stale.keptAtMs < repackPauseMs
      if (!isRecent) await makeAnew(parts, topic, stale)
    } else await confirm(parts, topic, { stale, last: repacks.at(-1) as StoredPack })
  }
}

/** `last`: what is here by now, where it is to be said once more; null where nobody has made it anew. */
async function makeAnew(parts: RepackParts, topic: TopicId, { id, ends }: StalePack, last: StoredPack | null = null): Promise<void> {
  const { device, line } = parts
  const { sync, ports } = device
  // Somebody may have made it while this device was away.
  line.wantPacks(topic, (await sync.packsOf(topic)).at(-1)?.id ?? null)
  if (!(await parts.waitForRank(topic, ends))) return
  // Who has only read a 1:1 has no epoch to seal under yet.
  const other = device.topics.usersOfDirect(topic)?.find((user) => user !== device.account.user)
  if (other) await device.directs.ensureOwn(other)
  const stale = (await sync.stalePacks(topic)).find((each) => each.id === id)
  const pack = stale && stale.repacks.at(-1)?.id === last?.id ? await sync.repack(topic, id) : null
  if (!pack) return
  const outcome = await line.offerPack(topic, pack)
  ports.log?.('repack-offered', { topic, outcome })
  if (outcome === 'stored') await sync.takePack(topic, pack)
}

/** In a 1:1 nobody gives words: the other one of the two says it once more. */
async function confirm(parts: RepackParts, topic: TopicId, { stale, last }: { stale: StalePack; last: StoredPack }): Promise<void> {
  const { device } = parts
  if (!device.topics.usersOfDirect(topic)) return parts.giveWord(topic, last.id)
  const isOther = device.log.fold.ownerOf(last.author) !== device.account.user
  if (isOther && (await device.sync.wordOn(topic, last.id))?.isMine) await makeAnew(parts, topic, stale, last)
}
