/** What this device says in its beacons of log and topics, and how it compares what others say. */
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { maxBeaconEnds } from '@poruch/sync'
import type { BeaconEnd, HeardBeacon } from '@poruch/sync'
import type { Claim } from './claims.ts'
import type { MemberDevice } from './member-device.ts'

export interface BeaconView {
  /** Ends of chains that a relay has acknowledged or shown here; of many some, others each time. */
  ends(): readonly BeaconEnd[]
  /** What a beacon says, each to be held against what is here. */
  claimsOf(beacon: HeardBeacon): readonly Claim[]
}

const indexCharacters = 16
const nameCharacters = 16

export function makeBeaconView({ ports, log, sync, workspaceTopics }: MemberDevice): BeaconView {
  const { fold } = log
  /** Who signed twice has an alarm of its own, and its branches settle by themselves. */
  const forked = new Set<DeviceId>()
  sync.onForked(({ device }) => forked.add(device))
  const headsOf = (topic: TopicId) => sync.topicState(topic).read().heads

  const headClaim = ({ user, head }: HeardBeacon): Claim => ({
    key: `head ${user}`,
    height: head.pos,
    place: { code: 'views-differ', user, scope: log.scope },
    isMet: async () => Promise.resolve(fold.entryIdAt(head.pos) === head.id),
  })
  const hereClaim = ({ topic, seq }: BeaconEnd, device: DeviceId): Claim => ({
    key: `here ${topic} ${device}`,
    height: seq,
    place: { code: 'withheld', topic, device },
    isMet: async () => {
      const { heads, gaps } = sync.topicState(topic).read()
      const held = heads.find((head) => head.device === device)?.seq ?? 0
      return Promise.resolve(held >= seq && !gaps.some((gap) => gap.device === device && gap.isRelays))
    },
  })
  const sameClaim = ({ topic, seq, id }: BeaconEnd, device: DeviceId, user: UserId): Claim => ({
    key: `same ${user} ${topic} ${device}`,
    height: seq,
    place: { code: 'views-differ', user, device, topic },
    isMet: async () => {
      if (forked.has(device)) return true
      const head = headsOf(topic).find((each) => each.device === device)
      if (!head || head.seq <= seq) return !head || head.seq < seq || head.id.startsWith(id)
      const [row] = await ports.store.read(topic, device, seq, 1)
      return !row || row.seq !== seq || row.id.startsWith(id)
    },
  })
  return {
    ends: () => {
      const all = workspaceTopics().flatMap((topic) =>
        headsOf(topic).flatMap(({ device, seq, id }): BeaconEnd[] =>
          sync.deliveryOf(topic, device, seq) === 'relay'
            ? [{ topic, deviceIndex: device.slice(0, indexCharacters), seq, id: id.slice(0, nameCharacters) }]
            : [],
        ),
      )
      const [high = 0, low = 0] = ports.random.bytes(2)
      const first = all.length > maxBeaconEnds ? (high * 256 + low) % all.length : 0
      return [...all.slice(first), ...all.slice(0, first)].slice(0, maxBeaconEnds)
    },
    claimsOf: (beacon) => {
      const topics = new Set(workspaceTopics())
      const ends = beacon.ends.flatMap((end): Claim[] => {
        const device = topics.has(end.topic) ? fold.deviceByIndex(end.deviceIndex) : null
        return device ? [hereClaim(end, device), sameClaim(end, device, beacon.user)] : []
      })
      return [headClaim(beacon), ...ends]
    },
  }
}
