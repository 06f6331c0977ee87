/** A member's device at work: what happens when log, keys, documents or sessions have changed. */
import { makeLifetime } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { makeAdmission } from './admission.ts'
import { makeCommands, runCommand } from './commands.ts'
import { makeIntents } from './intents.ts'
import type { Intents } from './intents.ts'
import { makeLateMessages } from './late-messages.ts'
import type { LateMessages } from './late-messages.ts'
import type { MemberDevice } from './member-device.ts'
import { makeNameWriter } from './own-names.ts'
import { makePeerLines } from './peer-lines.ts'
import type { PeerLines } from './peer-lines.ts'
import type { PeerNetwork, RelayState } from './ports.ts'
import { collections } from './records.ts'
import { openRelayState } from './relay-state.ts'
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
  readonly intents: Intents
  close(): Promise<void>
}

/** Whoever can opens a due epoch; the wait is spread so that seldom two do. */
const rotateSpreadMs = 3000

/** `onChange` is called whenever something that screens show may have changed. */
export async function runDevice(device: MemberDevice, onChange: () => void): Promise<RunningDevice> {
  const { ports, account, log, sync, directs, documents, conversations, directory } = device
  const lifetime = makeLifetime()
  const serial = makeSerial()
  const relayState = await openRelayState(ports, onChange)
  let network: PeerNetwork | null = null
  let leading: AbortSignal | null = null
  let cancelRotation = (): void => {}

  const background = (name: string, task: () => Promise<void>): void => {
    serial
      .run(async () => (lifetime.ended ? undefined : task()))
      .catch((thrown: unknown) => {
        if (!lifetime.ended) ports.log?.('task-failed', { name, error: String(thrown) })
      })
  }
  const late = makeLateMessages({
    sync,
    conversationOf: conversations.ofTopic,
    nameOf: (user) => directory.read().names.get(user) ?? '',
    onChange,
  })
  /** Topics whose void envelopes are watched, with how many there were. */
  const voids = new Map<TopicId, number>()
  const watchVoids = (topic: TopicId): void => {
    const state = sync.topicState(topic)
    voids.set(topic, 0)
    const look = (): void => {
      if (state.read().voids === voids.get(topic)) return
      voids.set(topic, state.read().voids)
      background('late', async () => late.refresh(device.workspaceTopics()))
    }
    lifetime.add(state.subscribe(look))
    look()
  }
  const openTopics = async (topics: readonly TopicId[]): Promise<void> => {
    for (const topic of topics) {
      await sync.openTopic(topic)
      if (!voids.has(topic)) watchVoids(topic)
    }
  }
  const names = makeNameWriter(device)
  const onKeys = async (): Promise<void> => {
    await sync.authorityChanged()
    conversations.invalidateAll()
    await names.settle()
    onChange()
  }
  const line = makeRelayLine({ ...device, onKeys, onChange })
  const peers = makePeerLines({ ...device, ownTopics: device.allTopics, onKeys })

  const commands = makeCommands({ device, late, names })
  const intents = makeIntents({
    ports,
    isLeading: () => leading?.aborted === false,
    run: async (name, args) => runCommand(commands, name, args),
  })
  const serve = (): void => {
    intents.serve().catch((thrown: unknown) => ports.log?.('intents-failed', { error: String(thrown) }))
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
    directory.refresh()
    conversations.refresh()
    line.settle()
    network?.setWanted(peers.wanted())
    rotateWhenDue()
    await names.settle()
    onChange()
  }
  lifetime.add(log.onGrown(() => background('log-grown', onLogGrown)))
  lifetime.add(
    directs.onAdded((other) =>
      background('direct-added', async () => {
        const topic = device.directTopic(other)
        peers.shareDirect(other)
        await sync.openTopic(topic)
        await sync.authorityChanged([topic])
        line.settle()
        onChange()
      }),
    ),
  )
  lifetime.add(
    documents.onChanged((topic) => {
      if (topic === directory.topic()) conversations.invalidateAll()
      else conversations.invalidate(topic)
      onChange()
    }),
  )
  lifetime.add(
    sync.delivery.subscribe(() => {
      conversations.invalidateDelivery()
      onChange()
    }),
  )
  lifetime.add(
    device.marks.onChanged(() => {
      conversations.invalidateAll()
      onChange()
    }),
  )
  const admission = makeAdmission(device)
  lifetime.add(
    device.joinRequests.onChanged(() => {
      admission.run()
      onChange()
    }),
  )
  lifetime.add(device.proposals.onWaiting(onChange))
  lifetime.add(
    device.requests.onConnected(() => {
      rotateWhenDue()
      admission.run()
    }),
  )
  peers.onChanged(onChange)
  lifetime.add(
    ports.store.watch((change) => {
      if ('collection' in change && change.collection === collections.intents) serve()
      else if ('collection' in change && change.collection === collections.relayState) background('relay-state', relayState.refresh)
      else if ('collection' in change)
        background('reload', async () => {
          if (await device.reload(change.collection)) await onKeys()
        })
    }),
  )
  lifetime.add(() => {
    cancelRotation()
  })
  background('open', async () => {
    await openTopics(device.allTopics())
    directory.refresh()
    conversations.refresh()
    await names.settle()
    onChange()
  })

  return {
    device,
    late,
    line,
    peers,
    intents,
    relayState: relayState.read,
    network: () => network,
    goOnline: (signal) => {
      const handlers = { onSession: line.onSession, onState: relayState.lead(signal) }
      leading = signal
      serve()
      ports.relay.keep({ origin: device.origin, identity: memberIdentity(ports, account), signal, handlers })
      void joinNetwork(device, peers, signal).then((opened) => {
        if (signal.aborted) return
        network = opened
        network?.setWanted(peers.wanted())
      })
      signal.addEventListener('abort', () => {
        network = null
        onChange()
      })
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
