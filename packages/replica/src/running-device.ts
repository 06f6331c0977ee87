/** A member's device at work: what happens when log, keys, documents or sessions have changed. */
import { makeLifetime } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { setDirectoryValue } from '@poruch/model'
import type { DirectoryKey } from '@poruch/model'
import type { OwnNames } from './account.ts'
import { ReplicaError } from './errors.ts'
import { makeLateMessages } from './late-messages.ts'
import type { LateMessages } from './late-messages.ts'
import type { MemberDevice } from './member-device.ts'
import { makePeerLines } from './peer-lines.ts'
import type { PeerLines } from './peer-lines.ts'
import type { PeerNetwork, RelayState } from './ports.ts'
import { collections, readJson } from './records.ts'
import { makeRelayLine } from './relay-line.ts'
import type { RelayLine } from './relay-line.ts'
import { makeSerial } from './serial.ts'
import { memberIdentity } from './session-identity.ts'

export interface RunningDevice {
  readonly device: MemberDevice
  readonly late: LateMessages
  readonly line: RelayLine
  readonly peers: PeerLines
  relayState(): RelayState
  network(): PeerNetwork | null
  /** Holds session and direct links until the signal aborts. */
  goOnline(signal: AbortSignal): void
  /** Writes names into the directory; durable when it resolves. */
  setName(key: DirectoryKey, value: string): Promise<void>
  close(): Promise<void>
}

/** Whoever can opens a due epoch; the wait is spread so that seldom two do. */
const rotateSpreadMs = 3000

/** `onChange` is called whenever something that screens show may have changed. */
export async function runDevice(device: MemberDevice, onChange: () => void): Promise<RunningDevice> {
  const { ports, account, log, sync, directs, documents, conversations, directory } = device
  const lifetime = makeLifetime()
  const serial = makeSerial()
  let relayState: RelayState = { name: 'offline' }
  let network: PeerNetwork | null = null
  let cancelRotation = (): void => {}

  const background = (name: string, task: () => Promise<void>): void => {
    serial.run(task).catch((thrown: unknown) => {
      if (!lifetime.ended) ports.log?.('task-failed', { name, error: String(thrown) })
    })
  }
  const openTopics = async (topics: readonly TopicId[]): Promise<void> => {
    for (const topic of topics) await sync.openTopic(topic)
  }
  const late = makeLateMessages({ sync, conversationOf: conversations.ofTopic, onChange })
  const onKeys = async (): Promise<void> => {
    await sync.authorityChanged()
    onChange()
  }
  const line = makeRelayLine({ ...device, onKeys, onChange })
  const peers = makePeerLines({ ...device, ownTopics: device.allTopics, onKeys })

  const setName: RunningDevice['setName'] = async (key, value) => {
    const topic = directory.topic()
    if (!topic) throw new ReplicaError('unknown-conversation', 'the workspace has no directory')
    await sync.openTopic(topic)
    const { n, update } = await documents.edit(topic, (doc, session) => {
      setDirectoryValue(doc, account.device, { key, value, lamport: session.lamport() })
    })
    await sync.write(topic, n, update)
  }
  /** Names chosen on the way in, written as soon as the directory can be. */
  const settleNames = async (): Promise<void> => {
    const names = (await readJson(ports.store, collections.account, 'names')) as OwnNames | null
    if (!names || !log.fold.member(account.user) || !directory.topic()) return
    if (names.workspace) await setName('workspace', names.workspace)
    const channel = log.fold.docs().find(({ kind }) => kind === 2)
    if (names.channel && channel) await setName(`title/${channel.prefix}`, names.channel)
    await setName('name', names.display)
    await ports.store.putRecords([{ collection: collections.account, key: 'names', value: null }])
  }
  const rotateWhenDue = (): void => {
    cancelRotation()
    if (!log.fold.epochDue() || !log.fold.member(account.user)) return
    const delayMs = ((ports.random.bytes(1)[0] ?? 0) / 256) * rotateSpreadMs
    cancelRotation = ports.clock.after(delayMs, () => {
      device.membership.rotate().catch((thrown: unknown) => ports.log?.('not-rotated', { error: String(thrown) }))
    })
  }
  const onLogGrown = async (): Promise<void> => {
    peers.announce()
    await directs.refresh()
    await openTopics(device.allTopics())
    await sync.authorityChanged()
    await late.refresh(device.workspaceTopics())
    directory.refresh()
    conversations.refresh()
    await line.settle()
    network?.setWanted(peers.wanted())
    rotateWhenDue()
    await ifWritable(settleNames)
    onChange()
  }
  const ifWritable = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } catch (thrown) {
      ports.log?.('not-written-yet', { error: String(thrown) })
    }
  }

  lifetime.add(log.onGrown(() => background('log-grown', onLogGrown)))
  lifetime.add(
    directs.onAdded((other) =>
      background('direct-added', async () => {
        const topic = device.directTopic(other)
        peers.shareDirect(other)
        await sync.openTopic(topic)
        await sync.authorityChanged([topic])
        await line.settle()
        onChange()
      }),
    ),
  )
  lifetime.add(
    documents.onChanged((topic) => {
      if (topic === directory.topic()) conversations.refresh()
      else conversations.invalidate(topic)
      onChange()
    }),
  )
  lifetime.add(
    sync.delivery.subscribe(() => {
      conversations.invalidate()
      onChange()
    }),
  )
  lifetime.add(device.joinRequests.onChanged(onChange))
  lifetime.add(device.proposals.onWaiting(onChange))
  lifetime.add(device.requests.onConnected(rotateWhenDue))
  peers.onChanged(onChange)
  lifetime.add(
    ports.store.watch((change) => {
      if ('collection' in change) background('reload', async () => device.reload(change.collection))
    }),
  )
  lifetime.add(() => {
    cancelRotation()
  })
  background('open', async () => {
    await openTopics(device.allTopics())
    await late.refresh(device.workspaceTopics())
    directory.refresh()
    conversations.refresh()
    await ifWritable(settleNames)
    onChange()
  })

  return {
    device,
    late,
    line,
    peers,
    setName,
    relayState: () => relayState,
    network: () => network,
    goOnline: (signal) => {
      ports.relay.keep({
        origin: device.origin,
        identity: memberIdentity(ports, account),
        signal,
        handlers: {
          onSession: line.onSession,
          onState: (state) => {
            relayState = state
            onChange()
          },
        },
      })
      void joinNetwork(device, peers, signal).then((opened) => {
        network = opened
        network?.setWanted(peers.wanted())
        signal.addEventListener('abort', () => {
          network = null
        })
      })
    },
    close: async () => {
      lifetime.end()
      await sync.close()
    },
  }
}

async function joinNetwork(device: MemberDevice, peers: PeerLines, signal: AbortSignal): Promise<PeerNetwork | null> {
  const { ports, account, origin } = device
  try {
    const { transportSeed } = account
    return (await ports.peers?.open({ origin, transportSeed, allow: peers.allows, onLink: peers.take, signal })) ?? null
  } catch (thrown) {
    ports.log?.('no-direct-network', { error: String(thrown) })
    return null
  }
}
