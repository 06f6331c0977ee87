/** A peer that sends whatever it is told to, and envelopes as only a patched client would make them. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes, EnvelopeId } from '@poruch/base'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { makeLinkPair } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { encodeInner } from '../envelope/inner.ts'
import type { Dep } from '../envelope/inner.ts'
import { makeEnvelopeKeys, sealEnvelope } from '../envelope/seal.ts'

export interface Feed {
  give(...envelopes: readonly Bytes[]): Promise<void>
  readonly answers: Frame[]
}

/** A peer that sends whatever it is told to. */
export function feedTo(world: SyncWorld, player: SyncPlayer): Feed {
  const pair = makeLinkPair()
  const answers: Frame[] = []
  pair.left.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) answers.push(frame.value)
  })
  player.sync.attachPeer({ link: pair.right, topics: () => world.topics, mayRead: () => true })
  return {
    answers,
    give: async (...envelopes) => {
      for (const envelope of envelopes) pair.left.send(encodeFrame({ type: 'ENTRY', topic: world.topic, relaySeq: 0, envelope }))
      await world.pass(50)
    },
  }
}

export async function opened(world: SyncWorld, options: Parameters<SyncWorld['join']>[0] = {}): Promise<SyncPlayer> {
  const player = await world.join(options)
  await player.sync.openTopic(world.topic)
  return player
}

export async function chainOf(world: SyncWorld, holder: SyncPlayer, author = holder): Promise<Bytes[]> {
  return (await holder.store.read(world.topic, author.device, 1, 100)).map((row) => row.bytes)
}

export interface Plan {
  readonly seq: number
  readonly prev: EnvelopeId | null
  readonly lamport: number
  readonly inner?: Bytes
  readonly text?: string
  readonly deps?: readonly Dep[]
  readonly gen?: number
  readonly pos?: number
  readonly spoilt?: boolean
}

/** An envelope as only a patched client would make it; signed by its author all the same. */
export async function craft(world: SyncWorld, author: SyncPlayer, plan: Plan): Promise<{ id: EnvelopeId; bytes: Bytes }> {
  const { suite, topic, script } = world
  const { authority, signer } = author
  const pos = plan.pos ?? 10
  const gen = plan.gen ?? 0
  const id = authority.headIdAt(topic, pos)
  const epoch = authority.epochFor(topic, author.device, gen, pos)
  const keys = makeEnvelopeKeys(suite, authority)
  const key = await keys.keyOf({
    topic: plan.spoilt === true ? world.topics[1]! : topic,
    epoch: epoch as never,
    kind: 1,
    device: author.device,
  })
  if (!id || !key) throw new Error('nothing to seal with')
  const inner = plan.inner ?? encodeInner({ deps: plan.deps ?? [], n: 1, updates: [encodeUtf8(plan.text ?? 'x')] })
  return sealEnvelope({
    suite,
    signer,
    topic,
    kind: 1,
    key,
    inner,
    seq: plan.seq,
    prev: plan.prev,
    lamport: plan.lamport,
    random: { bytes: (length) => new Uint8Array(length).fill(plan.seq) },
    scope: script.scope,
    head: { pos, id },
    epoch: { gen, id: epoch as never },
  })
}
