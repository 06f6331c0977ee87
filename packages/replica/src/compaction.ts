/** Packs chats as they grow, gives this member's word on others' packs, and lets go of what confirmed ones stand for. */
import { idToBytes } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { draftAnchor } from '@poruch/identity'
import { roles } from '@poruch/identity/fold'
import type { AnchorInfo } from '@poruch/identity/fold'
import { rankOf } from '@poruch/sync'
import type { ChainPlace, StoredPack, Tail } from '@poruch/sync'
import type { MemberDevice } from './member-device.ts'
import type { RelayLine } from './relay-line.ts'
import { forget } from './repacking.ts'
import type { RepackParts } from './repacking.ts'

/** A tail of so many envelopes, or bytes, is packed; design/security.md. */
const minTailEnvelopes = 500
const minTailBytes = 256 * 1024
/** How often chats are looked at: a tail may grow a little longer. */
const lookMs = 60_000
/** Packs that others have made meanwhile arrive within this. */
const firstWaitMs = 3000
/** How long the next in rank waits for the one before it: a pack or a word is ordered within seconds. */
const rankWaitMs = 20_000
/** A relay's last pack that is not taken here is left alone for so long: only when nobody has confirmed it may another take its place. */
const disputeMs = 60 * 60_000
/** Whoever wrote within this may be there to do it. */
const seenMs = 60 * 60_000
/** A confirmed pack stands for its envelopes here once it was kept so long; as at the relay. */
const minPackAgeMs = 7 * 24 * 60 * 60_000

export interface Compaction {
  /** Log or session have changed. */
  look(): void
  close(): void
}

interface Parts {
  readonly device: MemberDevice
  readonly line: Pick<RelayLine, 'offerPack' | 'wantPacks'>
  /** When a device's chain was seen to grow. */
  readonly seen: Map<DeviceId, number>
  /** Envelopes of a topic when it was looked at last. */
  readonly counts: Map<TopicId, number>
  /** When a pack of a topic was stale last, and which one it followed. */
  readonly stale: Map<TopicId, { readonly atMs: number; readonly last: EnvelopeId | null }>
  readonly ended: () => boolean
}

export function makeCompaction(device: MemberDevice, line: Parts['line']): Compaction {
  const { ports, sync } = device
  let isEnded = false
  let isRunning = false
  let cancel = (): void => {}
  const parts: Parts = { device, line, seen: new Map(), counts: new Map(), stale: new Map(), ended: () => isEnded }
  const run = async (): Promise<void> => {
    if (isRunning || isEnded || !device.requests.connected) return
    isRunning = true
    for (const topic of device.allTopics()) {
      try {
        await lookAt(parts, topic)
      } catch (thrown) {
        // One chat that cannot be packed now keeps no other from it.
        if (!isEnded) ports.log?.('not-compacted', { topic, error: String(thrown) })
      }
    }
    isRunning = false
  }
  const again = (): void => {
    cancel = ports.clock.after(lookMs, () => {
      void run()
      again()
    })
  }
  again()
  const stop = sync.onPack(() => void run())
  return {
    look: () => void run(),
    close: () => {
      isEnded = true
      cancel()
      stop()
    },
  }
}

async function lookAt(parts: Parts, topic: TopicId): Promise<void> {
  const { device, counts, seen } = parts
  const { heads } = device.sync.topicState(topic).read()
  const count = heads.reduce((sum, { seq }) => sum + seq, 0)
  if (count !== counts.get(topic)) {
    for (const head of heads) seen.set(head.device, device.ports.clock.now())
    if (await packIfLong(parts, topic)) counts.set(topic, count)
  }
  await vouch(parts, topic)
  await forget(repacking(parts), topic)
}

function repacking(parts: Parts): RepackParts {
  const { device, line } = parts
  return {
    device,
    line,
    confirmedOf: (topic, packs, among) => among.findLast((pack) => isConfirmedPack(device, topic, packs, pack)) ?? null,
    giveWord: async (topic, pack) => giveWord(parts, topic, pack),
    waitForRank: async (topic, ends) => {
      const candidates = candidatesOf(parts, topic)
      if (!candidates.includes(device.account.device)) return false
      const rank = await rankOf(device.ports.suite, { device: device.account.device, candidates, frontier: ends })
      return wait(parts, firstWaitMs + rank * rankWaitMs)
    },
  }
}

/** Resolves when the time has passed, or nothing is to be done any more. */
async function wait({ device, ended }: Parts, ms: number): Promise<boolean> {
  await new Promise<void>((resolve) => void device.ports.clock.after(ms, resolve))
  return !ended()
}

function isLong({ envelopes, sizeBytes }: Tail): boolean {
  return envelopes >= minTailEnvelopes || sizeBytes >= minTailBytes
}

/**
 * In a 1:1 there is no log to vouch in: the two take turns, and each pack is the word of its author on the one before it. Null for a
 * topic of the workspace.
 */
function turnOf({ topics, log }: MemberDevice, topic: TopicId, last: StoredPack | undefined): ((device: DeviceId) => boolean) | null {
  if (!topics.usersOfDirect(topic)) return null
  const author = last && log.fold.ownerOf(last.author)
  return (device) => author === undefined || log.fold.ownerOf(device) !== author
}

/** Who may pack or vouch, and was there not long ago. */
function candidatesOf({ device, seen }: Parts, topic: TopicId): readonly DeviceId[] {
  const { ports, log, topics, account } = device
  const pos = log.fold.head()?.pos ?? 0
  const recent = [...seen].filter(([, atMs]) => ports.clock.now() - atMs < seenMs).map(([each]) => each)
  return [account.device, ...recent].filter((each) => topics.mayCompact(topic, each, pos))
}

/** False when it is to be tried again. */
async function packIfLong(parts: Parts, topic: TopicId): Promise<boolean> {
  const { device, line } = parts
  const { sync, ports, account } = device
  const before = await sync.tailOf(topic)
  const last = (await sync.packsOf(topic)).at(-1)
  const isTurn = turnOf(device, topic, last)
  const candidates = candidatesOf(parts, topic).filter(isTurn ?? (() => true))
  if (!isLong(before) || !candidates.includes(account.device)) return true
  const stale = parts.stale.get(topic)
  if (stale && stale.last === before.last && ports.clock.now() - stale.atMs < disputeMs) return false
  if (isTurn && last && !(await sync.wordOn(topic, last.id))?.isMine) {
    ports.log?.('pack-not-vouched', { topic })
    return true
  }
  // Others may have packed it while this device was away.
  line.wantPacks(topic, before.last)
  const rank = await rankOf(ports.suite, { device: account.device, candidates, frontier: before.frontier })
  if (!(await wait(parts, firstWaitMs + rank * rankWaitMs))) return true
  const tail = await sync.tailOf(topic)
  if (!isLong(tail) || tail.last !== before.last) return false
  const pack = await sync.packTail(topic)
  if (!pack) return true
  const outcome = await line.offerPack(topic, pack)
  ports.log?.('pack-offered', { topic, outcome })
  if (outcome === 'stored') await sync.takePack(topic, pack)
  else if (outcome === 'stale-prev') {
    parts.stale.set(topic, { atMs: ports.clock.now(), last: tail.last })
    line.wantPacks(topic, tail.last)
  }
  return outcome === 'stored' && !isLong(await sync.tailOf(topic))
}

/** The newest pack gets this member's word, with all that it follows; the newest confirmed one stands for its envelopes when it is old. */
async function vouch(parts: Parts, topic: TopicId): Promise<void> {
  const { device } = parts
  const packs = await device.sync.packsOf(topic)
  const newest = packs.at(-1)
  if (!newest) return
  const isDirect = device.topics.usersOfDirect(topic) !== null
  const confirmed = packs.findLast((pack) => isConfirmedPack(device, topic, packs, pack))
  if (confirmed && device.ports.clock.now() - confirmed.keptAtMs >= minPackAgeMs) await device.sync.trimBehind(topic, confirmed.id)
  if (!isDirect && confirmed?.id !== newest.id) await giveWord(parts, topic, newest.id)
}

function anchorOf({ log }: MemberDevice, topic: TopicId, pack: EnvelopeId): AnchorInfo | null {
  return log.fold.anchorOf(topic, idToBytes(pack))
}

function isConfirmed(device: MemberDevice, topic: TopicId, { id, author }: StoredPack): boolean {
  const user = device.log.fold.ownerOf(author)
  return user !== null && (anchorOf(device, topic, id)?.isConfirmed(user) ?? false)
}

function isConfirmedPack(device: MemberDevice, topic: TopicId, packs: readonly StoredPack[], pack: StoredPack): boolean {
  const isDirect = device.topics.usersOfDirect(topic) !== null
  return isDirect ? isFollowed(device, packs, packs.indexOf(pack)) : isConfirmed(device, topic, pack)
}

/** The other one of the two has packed on behind it. */
function isFollowed({ log }: MemberDevice, packs: readonly StoredPack[], place: number): boolean {
  const authorOf = (pack: StoredPack | undefined): unknown => pack && log.fold.ownerOf(pack.author)
  return packs.slice(place + 1).some((next) => authorOf(next) !== authorOf(packs[place]))
}

async function giveWord(parts: Parts, topic: TopicId, pack: EnvelopeId): Promise<void> {
  const { device } = parts
  const { account, log, ports, sync, topics } = device
  const word = await sync.wordOn(topic, pack)
  const author = word && log.fold.ownerOf(word.author)
  if (!word || !author || !isWanted(device, { topic, pack, author })) return
  if (!topics.mayCompact(topic, account.device, log.fold.head()?.pos ?? 0)) return
  if (!word.isMine) return ports.log?.('pack-not-vouched', { topic })
  const candidates = candidatesOf(parts, topic).filter((each) => log.fold.ownerOf(each) !== author)
  const rank = await rankOf(ports.suite, { device: account.device, candidates, frontier: word.ends })
  if (!(await wait(parts, firstWaitMs + rank * rankWaitMs))) return
  await propose(device, { topic, pack, author, ends: word.ends })
}

interface Vouched {
  readonly topic: TopicId
  readonly pack: EnvelopeId
  readonly author: NonNullable<ReturnType<MemberDevice['log']['fold']['ownerOf']>>
}

/** Nobody's word counts twice, nor an author's own where others may write. */
function isWanted(device: MemberDevice, { topic, pack, author }: Vouched): boolean {
  const { log, account } = device
  const anchor = anchorOf(device, topic, pack)
  if (anchor?.users.includes(account.user) || anchor?.isConfirmed(author)) return false
  return author !== account.user || !log.fold.members().some(({ user, role }) => user !== author && role >= roles.editor)
}

async function propose(device: MemberDevice, { ends, ...vouched }: Vouched & { readonly ends: readonly ChainPlace[] }): Promise<void> {
  const { topic, pack } = vouched
  await device.proposals.make(async () => {
    if (!isWanted(device, vouched)) return null
    const frontier = ends.map((end) => ({ topic, device: end.device, seq: end.seq, id: end.id }))
    return { drafts: [await draftAnchor(device.ports.suite, { topic, snapshot: idToBytes(pack), frontier })] }
  })
}
