/** The other end of a relay session that says only what a test tells it to. */
import type { TopicId } from '@poruch/base'
import type { BulkReader, RelaySession } from '@poruch/sync'
import { decodeFrame, decodeSyncRequest, encodeFrame } from '@poruch/sync/wire'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import { makeLinkPair } from './frame-link.ts'
import type { LinkPair } from './frame-link.ts'
import type { SyncPlayer, SyncWorld } from './sync-world.ts'

export interface ScriptedRelay {
  readonly pair: LinkPair
  readonly sent: Frame[]
  readonly session: RelaySession
  answer(frame: Frame): Promise<void>
  appends(): readonly FrameOf<'APPEND'>[]
}

/** A relay that says only what it is told to; its bulk answer is `frames`, which hear where the first topic is read from. */
export async function scriptRelay(
  world: SyncWorld,
  player: SyncPlayer,
  frames: (fromSeq: number) => readonly Frame[] = () => [],
  isKnown: (topic: TopicId) => boolean = () => true,
): Promise<ScriptedRelay> {
  const pair = makeLinkPair()
  const sent: Frame[] = []
  pair.right.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) sent.push(frame.value)
  })
  const bulk: BulkReader = {
    sync: async (request, take) => {
      const fromSeq = decodeSyncRequest(request)?.find(({ topic }) => topic === world.topic)?.relaySeq ?? 0
      for (const frame of frames(fromSeq)) await take(encodeFrame(frame))
      for (const topic of world.topics.filter(isKnown)) await take(encodeFrame({ type: 'HEAD', topic, relaySeq: 0 }))
    },
  }
  const session = player.sync.attachRelay({ relay: 'scripted', link: pair.left, bulk, topics: () => world.topics })
  await world.settle()
  return {
    pair,
    sent,
    session,
    appends: () => sent.filter((frame) => frame.type === 'APPEND'),
    answer: async (frame) => {
      pair.right.send(encodeFrame(frame))
      await world.settle()
    },
  }
}
