/** Membership as a plain script of positions: what a scope's log would say, without logs and signatures. */
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import type { Authority } from '@poruch/sync'

export interface StaticCut {
  /** The position of the entry that lowers the right. */
  readonly pos: number
  readonly device: DeviceId
  /** What stands, per topic; a topic that is absent: nothing. */
  readonly keeps: ReadonlyMap<TopicId, { readonly seq: number; readonly id: EnvelopeId }>
}

export interface StaticScript {
  readonly scope: ScopeId
  readonly topics: Set<TopicId>
  readonly members: { readonly device: DeviceId; readonly user: UserId; readonly from: number; readonly until: number }[]
  /** By gen. */
  readonly epochs: { readonly pos: number; readonly key: Bytes }[]
  readonly cuts: StaticCut[]
  /** Members who may write and not compact. */
  readonly commenters: Set<DeviceId>
  /** Devices that may erase what others wrote. */
  readonly admins: Set<DeviceId>
  readonly admitted: { readonly pos: number; readonly id: EnvelopeId }[]
}

/** One replica's knowledge of a script: its positions up to a head that moves, and the epochs whose keys it has. */
export interface StaticAuthority extends Authority {
  learn(pos: number): void
  giveKey(gen: number): void
}

export function makeStaticScript(scope: ScopeId, topics: Iterable<TopicId>): StaticScript {
  return { scope, topics: new Set(topics), members: [], epochs: [], cuts: [], commenters: new Set(), admins: new Set(), admitted: [] }
}

/** The id of the entry at a position. */
export function staticEntryId(pos: number): EntryId {
  return (pos + 1).toString(16).padStart(8, '0').repeat(8) as EntryId
}

function staticEpochId(gen: number): EpochId {
  return `e9${gen.toString(16).padStart(6, '0')}`.repeat(8) as EpochId
}

export function makeStaticAuthority(
  script: StaticScript,
  options: { readonly pos: number; readonly gens: readonly number[]; readonly device: DeviceId },
): StaticAuthority {
  let head = options.pos
  const gens = new Set(options.gens)
  const newestGen = (pos: number): number => script.epochs.reduce((newest, epoch, gen) => (epoch.pos <= pos ? gen : newest), -1)
  const lastCutBefore = (pos: number): number => script.cuts.reduce((max, cut) => (cut.pos <= pos ? Math.max(max, cut.pos) : max), 0)
  const genOf = (id: EpochId): number => script.epochs.findIndex((_, each) => staticEpochId(each) === id)
  const memberOf = (device: DeviceId, pos: number): StaticScript['members'][number] | undefined =>
    script.members.find((member) => member.device === device && member.from <= pos && pos < member.until)
  return {
    learn: (pos) => {
      head = Math.max(head, pos)
    },
    giveKey: (gen) => {
      gens.add(gen)
    },
    scopeOf: (topic) => (script.topics.has(topic) ? script.scope : null),
    deviceByIndex: (_topic, index) =>
      script.members.find((member) => member.from <= head && member.device.startsWith(index))?.device ?? null,
    headIdAt: (_topic, pos) => (pos <= head ? staticEntryId(pos) : null),
    headOf: (_topic, pos, hint) => {
      if (pos > head) return 'unknown'
      const id = staticEntryId(pos)
      return id.startsWith(hint) ? { id, pos } : 'differs'
    },
    leftAt: () => null,
    authorAt: (topic, device, pos) => {
      if (!script.topics.has(topic)) return { refused: 'unknown-topic' }
      const member = memberOf(device, pos)
      return member ? { user: member.user } : { refused: 'no-right' }
    },
    mayCompact: (topic, device, pos) => script.topics.has(topic) && memberOf(device, pos) !== undefined && !script.commenters.has(device),
    mayErase: (_topic, device, pos, of) => {
      const user = memberOf(device, pos)?.user
      return (
        user !== undefined && (script.admins.has(device) || script.members.some((member) => member.device === of && member.user === user))
      )
    },
    leadsTo: (_topic, epoch, older) => genOf(older) >= 0 && genOf(older) <= genOf(epoch),
    isFrozen: () => false,
    epochFor: (_topic, _device, gen, pos) => {
      const epoch = script.epochs[gen]
      if (!epoch || epoch.pos > head) return 'unknown'
      return epoch.pos < lastCutBefore(pos) ? 'too-old' : staticEpochId(gen)
    },
    standing: (topic, place, onChain) => {
      const cut = script.cuts.find((each) => each.pos <= head && each.device === place.device)
      if (!cut || script.admitted.some((late) => late.pos <= head && late.id === place.id)) return 'stands'
      const kept = cut.keeps.get(topic)
      return kept && place.seq <= kept.seq && onChain(kept.seq, kept.id) ? 'stands' : 'void'
    },
    head: () => ({ pos: head, id: staticEntryId(head) }),
    epochKey: async (_topic, id) => {
      const gen = genOf(id)
      return Promise.resolve(gens.has(gen) ? (script.epochs[gen]?.key ?? null) : null)
    },
    writingEpoch: async () => {
      const gen = newestGen(head)
      if (!memberOf(options.device, head)) return Promise.resolve({ waiting: 'no-right' })
      if ((script.epochs[gen]?.pos ?? 0) < lastCutBefore(head)) return Promise.resolve({ waiting: 'epoch-due' })
      return Promise.resolve(gens.has(gen) ? { gen, id: staticEpochId(gen) } : { waiting: 'no-key' })
    },
    cutVersion: () => script.cuts.filter((cut) => cut.pos <= head).length + script.admitted.filter((late) => late.pos <= head).length,
  }
}
