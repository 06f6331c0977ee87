/** What a relay holds of some devices, checked as everybody checks it: the rows of a cut, for a device that has no copy of its own yet. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { makeTopicAuthority } from '@poruch/identity/fold'
import type { CutRow, ScopeFold } from '@poruch/identity/fold'
import type { BulkReader } from '@poruch/sync'
import { checkEnvelope, decodeEnvelope, decodeFrame, deviceIndexOf, encodeSyncRequest } from '@poruch/sync/wire'
import type { ReplicaPorts } from './ports.ts'
import { workspaceTopicsOf } from './workspace-topics.ts'

export interface ChainEndsOptions {
  readonly ports: ReplicaPorts
  readonly fold: ScopeFold
  readonly bulk: BulkReader
  readonly devices: readonly DeviceId[]
  readonly signal: AbortSignal
}

interface Link {
  readonly id: EnvelopeId
  readonly pos: number
}

/** Reads all topics of the workspace from their beginning. @throws SyncError `offline` | `unauthorised` */
export async function readChainEnds({ ports, fold, bulk, devices, signal }: ChainEndsOptions): Promise<readonly CutRow[]> {
  if (devices.length === 0) return []
  const wanted = new Set(devices.map((device) => deviceIndexOf(device)))
  const authority = makeTopicAuthority(() => [fold])
  const chains = new Map<TopicId, Map<DeviceId, Link[]>>()
  const take = async (topic: TopicId, bytes: Bytes): Promise<void> => {
    const form = decodeEnvelope(bytes)
    if (!form.ok || !wanted.has(form.value.header.deviceIndex)) return
    const ofTopic = chains.get(topic) ?? new Map<DeviceId, Link[]>()
    chains.set(topic, ofTopic)
    const at = async (device: DeviceId, seq: number): Promise<Link | null> => Promise.resolve(ofTopic.get(device)?.[seq - 1] ?? null)
    const verdict = await checkEnvelope({ suite: ports.suite, authority, topic, bytes, chain: { at } })
    if (!verdict.ok) return
    const { device, id, header } = verdict.value
    const chain = ofTopic.get(device) ?? []
    ofTopic.set(device, chain)
    // The check has held it against the one before it.
    if (header.seq === chain.length + 1) chain.push({ id, pos: header.pos })
  }
  const request = encodeSyncRequest(workspaceTopicsOf(fold).map((topic) => ({ topic, relaySeq: 0, idPrefix: '00000000' })))
  await bulk.sync(
    request,
    async (bytes) => {
      const frame = decodeFrame(bytes)
      if (frame.ok && frame.value.type === 'ENTRY') await take(frame.value.topic, frame.value.envelope)
    },
    { signal },
  )
  return [...chains].flatMap(([topic, ofTopic]) =>
    [...ofTopic].flatMap(([device, chain]) => {
      const end = chain.at(-1)
      return end ? [{ topic, device, seq: chain.length, id: end.id }] : []
    }),
  )
}
