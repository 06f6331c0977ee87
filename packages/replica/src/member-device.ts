/** One member's device: everything that runs between its store and the network, put together. */
import { makeEmitter } from '@poruch/base'
import type { Bytes, DeviceId, TopicId, UserId } from '@poruch/base'
import { docKinds, makeTopicAuthority, topicIdOf } from '@poruch/identity/fold'
import type { CutRow, TopicAuthority } from '@poruch/identity/fold'
import { isDirectoryTuple } from '@poruch/model'
import { openSync } from '@poruch/sync'
import type { Sync } from '@poruch/sync'
import type { Account, StoredPhase } from './account.ts'
import type { Alarms } from './alarms.ts'
import { makeAuthority } from './authority.ts'
import { makeRequests } from './control.ts'
import type { Requests } from './control.ts'
import { chatShape, makeConversations } from './conversations.ts'
import type { Conversations } from './conversations.ts'
import { openDirectChats } from './direct-chats.ts'
import type { DirectChats } from './direct-chats.ts'
import { makeWorkspaceDirectory } from './directory.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { makeDocumentWriter } from './document-writer.ts'
import type { DocumentWriter } from './document-writer.ts'
import { makeDocuments } from './documents.ts'
import type { Documents } from './documents.ts'
import { openEpochKeys } from './epoch-keys.ts'
import type { EpochKeys } from './epoch-keys.ts'
import { openJoinRequests } from './join-requests.ts'
import type { JoinRequests } from './join-requests.ts'
import { makeKeyExchange } from './key-exchange.ts'
import type { KeyExchange } from './key-exchange.ts'
import { makeMembership } from './membership.ts'
import type { Membership, MembershipOptions } from './membership.ts'
import type { ReplicaPorts } from './ports.ts'
import { makeProposals } from './proposals.ts'
import type { Proposals } from './proposals.ts'
import { makeOwnDevices } from './own-devices.ts'
import type { OwnDevices } from './own-devices.ts'
import { makeOwnKeys } from './own-keys.ts'
import type { OwnKeys } from './own-keys.ts'
import { openReadMarks } from './read-marks.ts'
import type { ReadMarks } from './read-marks.ts'
import { collections } from './records.ts'
import { makeSequencerLine } from './sequencer-line.ts'
import type { SequencerLine } from './sequencer-line.ts'
import { makeSteward } from './steward.ts'
import type { Steward } from './steward.ts'
import { makeAllTopics, workspaceTopicsOf } from './workspace-topics.ts'
import { openWorkspaceLog } from './workspace-log.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface HeardEphemeral {
  readonly topic: TopicId
  readonly user: UserId
  readonly body: Bytes
}

export interface MemberDevice {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly alarms: Alarms
  readonly origin: string
  readonly log: WorkspaceLog
  readonly topics: TopicAuthority
  readonly keys: EpochKeys
  readonly exchange: KeyExchange
  readonly directs: DirectChats
  readonly documents: Documents
  /** Hears each opened ephemeral message of another device. */
  onEphemeral(listener: (heard: HeardEphemeral) => void): () => void
  readonly sync: Sync
  readonly directory: WorkspaceDirectory
  readonly writer: DocumentWriter
  readonly marks: ReadMarks
  readonly conversations: Conversations
  readonly requests: Requests
  readonly steward: Steward
  readonly sequencer: SequencerLine
  readonly proposals: Proposals
  readonly membership: Membership
  readonly joinRequests: JoinRequests
  readonly ownKeys: OwnKeys
  readonly ownDevices: OwnDevices
  /** Topics of the workspace's own documents. */
  workspaceTopics(): readonly TopicId[]
  /** And those of the 1:1 chats that have begun. */
  allTopics(): ReadonlySet<TopicId>
  directTopic(other: UserId): TopicId
  /** What is known here of the devices' chains in all topics of the workspace. */
  chainEnds(devices: ReadonlySet<DeviceId>): Promise<readonly CutRow[]>
  /** Another tab has written to a collection of the store; true when that brought keys. */
  reload(collection: string): Promise<boolean>
}

const directoryShape = { schema: isDirectoryTuple, lamportField: 2 } as const

/** Opens what this device holds; nothing here touches a network. */
export async function openMemberDevice(
  { ports, account, alarms }: { ports: ReplicaPorts; account: Account; alarms: Alarms },
  phase: Extract<StoredPhase, { name: 'member' }>,
): Promise<MemberDevice> {
  const { suite, store } = ports
  const log = await openWorkspaceLog({ suite, store, scope: phase.scope })
  const { fold } = log
  const keys = await openEpochKeys(store)
  const topics = makeTopicAuthority(() => [fold], {
    find: (_scope, pos, hint) => log.left.find(pos, hint),
    epochOf: (_scope, head, gen) => log.left.epochOf(head, gen),
  })
  const directs = await openDirectChats({ ports, account, log, topics, keys })
  const isDirectory = (topic: TopicId): boolean =>
    fold.docs().some(({ prefix, kind }) => kind === docKinds.directory && topic.startsWith(prefix))
  const ephemerals = makeEmitter<HeardEphemeral>()
  const documents = makeDocuments({
    suite,
    store,
    device: account.device,
    shapeOf: (topic) => (isDirectory(topic) ? directoryShape : chatShape),
    ...(ports.checkUpdate ? { checkUpdate: ports.checkUpdate } : {}),
    onEphemeral: (topic, from, body) => ephemerals.emit({ topic, user: from.user, body }),
  })
  const authority = makeAuthority({ account, log, topics, keys, directs: () => directs })
  const sync = (ports.openSync ?? openSync)({
    suite,
    random: ports.random,
    clock: ports.clock,
    store,
    log: (event, detail) => ports.log?.(event, detail),
    authority,
    signer: { device: account.device, sign: async (domain, message) => suite.sign(account.signingKey, domain, message) },
    applier: documents,
    relays: [phase.origin],
  })
  const directory = makeWorkspaceDirectory(fold, documents)
  const marks = await openReadMarks(store)
  const writer = makeDocumentWriter({ documents, sync, authority })
  const conversations = makeConversations({ ports, account, log, documents, directory, directs, marks, keys, sync, writer })
  const requests = makeRequests()
  const exchange = makeKeyExchange({ ports, account, log, keys })
  const steward = makeSteward({ ports, account, log })
  const sequencer = makeSequencerLine({ relay: requests, steward, account, log })
  const proposals = makeProposals({ ports, account, log, requests: sequencer })
  const workspaceTopics = (): TopicId[] => workspaceTopicsOf(fold)
  const directTopic = (other: UserId): TopicId => topicIdOf(directs.prefixOf(other) ?? '', 0)
  const membershipOptions: MembershipOptions = {
    ports,
    account,
    origin: phase.origin,
    fold,
    keys,
    exchange,
    proposals,
    chainEnds: async (devices) => {
      const ends = await Promise.all(
        workspaceTopics().map(async (topic) => {
          const heads = await store.heads(topic)
          return heads.filter(({ device }) => devices.has(device)).map(({ device, seq, id }) => ({ topic, device, seq, id }))
        }),
      )
      return ends.flat()
    },
  }
  const membership = makeMembership(membershipOptions)
  const ownKeys = makeOwnKeys({ ports, account, log })
  const ownDevices = makeOwnDevices(membershipOptions)
  const joinRequests = await openJoinRequests(ports, log)
  const reloads: Readonly<Record<string, () => Promise<unknown>>> = {
    [collections.log]: log.refresh,
    [collections.leftHeads]: log.left.refresh,
    [collections.leftEpochs]: log.left.refresh,
    [collections.epochKeys]: keys.refresh,
    [collections.puk]: ownKeys.reload,
    [collections.directEpochs]: directs.reload,
    [collections.read]: marks.refresh,
    [collections.requests]: joinRequests.refresh,
  }
  return {
    ports,
    account,
    alarms,
    origin: phase.origin,
    log,
    topics,
    keys,
    exchange,
    directs,
    documents,
    onEphemeral: ephemerals.subscribe,
    sync,
    directory,
    writer,
    marks,
    conversations,
    requests,
    steward,
    sequencer,
    proposals,
    membership,
    joinRequests,
    ownKeys,
    ownDevices,
    workspaceTopics,
    allTopics: makeAllTopics({ fold, opened: directs.opened, directTopic }),
    directTopic,
    chainEnds: membershipOptions.chainEnds,
    reload: async (collection) => (await reloads[collection]?.()) === true,
  }
}
