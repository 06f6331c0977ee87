/** A member's device at work: what happens when log, keys, documents or sessions have changed. */
import { makeLifetime, makeSerial } from '@poruch/base'
import type { Lifetime, UserId } from '@poruch/base'
import type { ConversationId } from './api.ts'
import { makeAdmission } from './admission.ts'
import { makeCheckpoints } from './checkpoints.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Compaction } from './compaction.ts'
import { makeCommands, runCommand } from './commands.ts'
import { openConfirmations } from './confirmations.ts'
import type { Confirmations } from './confirmations.ts'
import { beaconPeriodOf, makeFreshness } from './freshness.ts'
import type { Freshness } from './freshness.ts'
import { makeIntents } from './intents.ts'
import type { Intents } from './intents.ts'
import { makeKeyRecall } from './key-recall.ts'
import { makeLateMessages } from './late-messages.ts'
import type { LateMessages } from './late-messages.ts'
import { makeLaterCompaction } from './later-compaction.ts'
import type { MemberDevice } from './member-device.ts'
import { makeOnline } from './online.ts'
import type { Online } from './online.ts'
import { makeNameWriter } from './own-names.ts'
import type { NameWriter } from './own-names.ts'
import { makeOwnerWords } from './owner-words.ts'
import type { OwnerWords } from './owner-words.ts'
import { makeRelayWords } from './relay-words.ts'
import type { RelayWords } from './relay-words.ts'
import { makePeerLines } from './peer-lines.ts'
import type { PeerLines } from './peer-lines.ts'
import type { PeerNetwork, RelayState } from './ports.ts'
import { collections } from './records.ts'
import { makeRelayLine } from './relay-line.ts'
import type { RelayLine } from './relay-line.ts'
import { openRelayState } from './relay-state.ts'
import { makeRotation } from './rotation.ts'
import type { Rotation } from './rotation.ts'
import { makeTopicOpener } from './topic-opener.ts'
import type { TopicOpener } from './topic-opener.ts'
import { makeSigns } from './signs.ts'
import type { Signs } from './signs.ts'
import { watchWithheld } from './withheld.ts'

export interface RunningDevice {
  readonly device: MemberDevice
  /** Resolves when what is stored of all topics has been read, as far as it can be, or at the end. */
  readonly read: Promise<void>
  readonly late: LateMessages
  readonly words: OwnerWords
  readonly relayWords: RelayWords
  readonly line: RelayLine
  readonly peers: PeerLines
  readonly intents: Intents
  readonly confirmations: Confirmations
  relayState(): RelayState
  network(): PeerNetwork | null
  /** Whether this tab has the network. */
  isLeading(): boolean
  /** Holds session and direct links until the signal aborts. */
  goOnline(signal: AbortSignal): void
  /** See OpenReplica. */
  goodbye(): void
  readonly signs: Pick<Signs, 'isHere'>
  /** See Replica. */
  setTyping(id: ConversationId, isTyping: boolean): void
  close(): Promise<void>
}

/** `onChange` is called whenever something that screens show may have changed. */
export async function runDevice(device: MemberDevice, onChange: () => void): Promise<RunningDevice> {
  const { ports, sync, directory, conversations } = device
  const lifetime = makeLifetime()
  const serial = makeSerial()
  const background: Parts['background'] = (name, task) => {
    serial
      .run(async () => (lifetime.ended ? undefined : task()))
      .catch((thrown: unknown) => {
        if (!lifetime.ended) ports.log?.('task-failed', { name, error: String(thrown) })
      })
  }
  const nameOf = (user: UserId): string => directory.read().names.get(user) ?? ''
  const late = makeLateMessages({ sync, conversationOf: conversations.ofTopic, nameOf, onChange })
  const withheld = watchWithheld({ sync, clock: ports.clock, alarms: device.alarms })
  const onVoids = (): void => background('late', async () => late.refresh(device.workspaceTopics()))
  const topics = makeTopicOpener(sync, onVoids, (topic) => {
    withheld.follow(topic)
    conversations.noteRead(topic)
  })
  const names = makeNameWriter(device)
  const onKeys = async (): Promise<void> => {
    // Others may wait for the same key.
    peers.announce()
    freshness.look()
    line.settle()
    await sync.authorityChanged()
    conversations.invalidateAll()
    await names.settle()
    onChange()
  }
  const line = makeRelayLine({ ...device, onKeys, onChange })
  const peers = makePeerLines({ ...device, ownTopics: device.allTopics, onKeys })
  const confirmations = await openConfirmations(device, onChange)
  const freshness = makeFreshness({ device, confirmations, hasPeers: () => peers.linked().length > 0 })
  const rotation = makeRotation(device)
  const compaction = makeLaterCompaction(device, line)
  const checkpoints = makeCheckpoints(device)
  const online = makeOnline(device, { line, peers, relayState: await openRelayState(ports, onChange), onChange })
  const signs = followSigns(device, { isLeading: online.isLeading, lifetime, onChange })
  const words = makeOwnerWords(device, names, onChange)
  const relayWords = makeRelayWords(device, names, onChange)
  const commands = makeCommands({ device, late, names, words, relayWords })
  const intents = makeIntents({ ports, isLeading: online.isLeading, run: async (name, args) => runCommand(commands, name, args) })
  const parts: Parts = {
    device,
    lifetime,
    background,
    topics,
    names,
    line,
    peers,
    rotation,
    compaction,
    checkpoints,
    words,
    online,
    intents,
    confirmations,
    freshness,
    onKeys,
    onChange,
  }
  follow(parts)
  lifetime.add(topics.close)
  lifetime.add(withheld.close)
  lifetime.add(rotation.close)
  lifetime.add(compaction.close)
  lifetime.add(checkpoints.close)
  lifetime.add(words.close)
  const recall = makeKeyRecall({ clock: ports.clock, ask: line.askKeys })
  lifetime.add(sync.onBeacon(recall.heard))
  lifetime.add(recall.close)
  const read = new Promise<void>((resolve) => {
    lifetime.add(resolve)
    background('open', async () =>
      readAll(parts).finally(() => {
        conversations.noteRead()
        resolve()
      }),
    )
  })
  return {
    device,
    read,
    late,
    words,
    relayWords,
    line,
    peers,
    intents,
    confirmations,
    relayState: online.relayState,
    network: online.network,
    isLeading: online.isLeading,
    goodbye: freshness.goodbye,
    signs,
    setTyping: (id, isTyping) => {
      const topic = conversations.topicOf(id)
      if (topic) signs.type(topic, isTyping)
    },
    goOnline: (signal) => {
      freshness.begin(signal)
      online.begin(signal)
      serve(parts)
    },
    close: async () => {
      lifetime.end()
      conversations.close()
      device.proposals.close()
      intents.close()
      await sync.close()
    },
  }
}

interface Parts {
  readonly device: MemberDevice
  readonly lifetime: Lifetime
  /** Runs a task after the earlier ones; a fault is noted. */
  readonly background: (name: string, task: () => Promise<void>) => void
  readonly topics: TopicOpener
  readonly names: NameWriter
  readonly line: RelayLine
  readonly peers: PeerLines
  readonly rotation: Rotation
  readonly compaction: Compaction
  readonly checkpoints: Checkpoints
  readonly words: OwnerWords
  readonly online: Online
  readonly intents: Intents
  readonly confirmations: Confirmations
  readonly freshness: Freshness
  readonly onKeys: () => Promise<void>
  readonly onChange: () => void
}

/** Who hears of what. */
function follow(parts: Parts): void {
  const { device, lifetime, background, rotation, compaction, checkpoints, freshness, peers, onChange } = parts
  const { log, directs, documents, sync, conversations, directory } = device
  const admission = makeAdmission(device)
  const changed = (first: () => void) => (): void => {
    first()
    onChange()
  }
  lifetime.add(log.onGrown(() => background('log-grown', async () => takeLog(parts))))
  lifetime.add(directs.onAdded((other) => background('direct-added', async () => takeDirect(parts, other))))
  lifetime.add(
    documents.onChanged((topic) => {
      if (topic === directory.topic()) {
        conversations.invalidateAll()
        parts.words.look()
      } else conversations.invalidate(topic)
      onChange()
    }),
  )
  followEvidence(device, lifetime)
  lifetime.add(sync.delivery.subscribe(changed(conversations.invalidateDelivery)))
  lifetime.add(device.marks.onChanged(changed(conversations.invalidateAll)))
  lifetime.add(device.joinRequests.onChanged(changed(admission.run)))
  lifetime.add(device.proposals.onWaiting(onChange))
  lifetime.add(
    device.requests.onConnected(() => {
      rotation.look()
      compaction.look()
      checkpoints.look()
      freshness.look()
      admission.run()
    }),
  )
  peers.onChanged(changed(freshness.look))
  lifetime.add(
    device.ports.store.watch((change) => {
      if ('collection' in change) takeRecord(parts, change.collection)
    }),
  )
}

interface SignsOptions {
  readonly lifetime: Lifetime
  isLeading(): boolean
  onChange(): void
}

/** Who is here and who types, for the screens. */
function followSigns(device: MemberDevice, { isLeading, lifetime, onChange }: SignsOptions): Signs {
  const { ports, account, log, sync, conversations } = device
  const signs = makeSigns({
    clock: ports.clock,
    sync,
    tabs: ports.tabs ?? null,
    isLeading,
    periodMs: () => beaconPeriodOf(log.fold.members().length - 1),
    onChange: (topic) => {
      if (topic) conversations.noteTyping(topic, signs.typing(topic))
      else onChange()
    },
  })
  lifetime.add(
    device.onEphemeral(({ topic, user, body }) => {
      if (user !== account.user) signs.take(topic, { user }, body)
    }),
  )
  lifetime.add(
    sync.onBeacon((beacon) => {
      if (beacon.user !== account.user) signs.hear(beacon)
    }),
  )
  lifetime.add(signs.close)
  return signs
}

/** Who signed two histories is named; this device itself is then a copy of another. */
function followEvidence({ sync, alarms, account, log }: MemberDevice, lifetime: Lifetime): void {
  lifetime.add(sync.onElsewhere(() => alarms.raise({ code: 'chain-elsewhere', device: account.device })))
  lifetime.add(
    sync.onFalsePack(({ topic, device }) => {
      const user = log.fold.ownerOf(device)
      alarms.raise({ code: 'false-pack', ...(user === null ? {} : { user }), device, topic })
    }),
  )
  lifetime.add(
    sync.onForked(({ topic, device }) => {
      const user = log.fold.ownerOf(device)
      if (device !== account.device) alarms.raise({ code: 'equivocation', ...(user === null ? {} : { user }), device, topic })
    }),
  )
}

async function readAll({ device, topics, names, onChange }: Parts): Promise<void> {
  // First what the list of conversations shows: names and titles.
  const directory = device.directory.topic()
  if (directory) await topics.open([directory])
  // And what somebody looks at.
  await topics.open(device.conversations.askedTopics())
  await topics.open(device.allTopics())
  device.directory.refresh()
  device.conversations.refresh()
  await names.settle()
  onChange()
}

async function takeLog(parts: Parts): Promise<void> {
  const { device, topics, names, line, peers, rotation, online, onChange } = parts
  if (await device.ownKeys.refresh()) line.askKeys()
  peers.announce()
  await device.directs.refresh()
  await topics.open(device.allTopics())
  await device.sync.authorityChanged()
  device.directory.refresh()
  device.conversations.refresh()
  line.settle()
  online.network()?.setWanted(peers.wanted())
  rotation.look()
  parts.compaction.look()
  parts.checkpoints.look()
  parts.words.look()
  await names.settle()
  onChange()
}

async function takeDirect({ device, topics, line, peers, onChange }: Parts, other: UserId): Promise<void> {
  const topic = device.directTopic(other)
  peers.shareDirect(other)
  await topics.open([topic])
  await device.sync.authorityChanged([topic])
  line.settle()
  onChange()
}

/** Some tab has written to a collection. */
function takeRecord(parts: Parts, collection: string): void {
  const { device, background, online, confirmations, onKeys } = parts
  if (collection === collections.intents) serve(parts)
  else if (collection === collections.relayState) background('relay-state', online.refresh)
  else if (collection === collections.freshness)
    background('freshness', async () => (online.isLeading() ? undefined : confirmations.refresh()))
  else
    background('reload', async () => {
      if (await device.reload(collection)) await onKeys()
    })
}

function serve({ device, intents }: Parts): void {
  intents.serve().catch((thrown: unknown) => device.ports.log?.('intents-failed', { error: String(thrown) }))
}
