/** People with devices around one relay: what the tests of whole replicas are told with. */
import { setImmediate } from 'node:timers/promises'
import { makeEmitter, toBase64Url } from '@poruch/base'
import type { Emitter, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { LogStore } from '@poruch/sync'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { makeManualClock, makeMemoryDisk } from '@poruch/testkit/memory'
import type { ManualClock, MemoryDisk } from '@poruch/testkit/memory'
import type { ConversationId, ConversationView, MemberView, WorkspaceView } from '../api.ts'
import type { NetworkTaps } from '../devtools/network-taps.ts'
import { loadLaterParts } from '../later-parts.ts'
import { openReplica } from '../open-replica.ts'
import type { OpenReplica } from '../open-replica.ts'
import type { RelayPort } from '../ports.ts'
import { makeCounted } from './counted-suite.ts'
import { makeFragile } from './fragile-store.ts'
import type { FragileStore } from './fragile-store.ts'
import { makePeerAir } from './peer-air.ts'
import type { PeerAir } from './peer-air.ts'
import { openRelayHouse, origin } from './relay-house.ts'
import type { RelayHouse, Wire } from './relay-house.ts'

/** One tab of a device. */
export interface Tab {
  readonly replica: OpenReplica
  readonly store: FragileStore
  /** Events of the replica's log, in order. */
  readonly events: readonly { readonly event: string; readonly detail: Readonly<Record<string, string | number>> }[]
  /** Lets the tab use the network. */
  online(): void
  offline(): void
  close(): Promise<void>
  /** Nothing is written or sent from here on. */
  kill(): void
  workspace(): WorkspaceView
  /** Texts of a conversation. */
  texts(id: ConversationId): readonly string[]
  view(id: ConversationId): ConversationView
  member(name: string): MemberView
}

export interface Device {
  readonly name: string
  readonly disk: MemoryDisk
  /** What an earlier version has left. */
  readonly olderKeys: Map<string, unknown>
  /** Sees and may cut what passes between this device and the relay. */
  wire: Wire
  /** Before its network, from its next opening on. */
  taps: NetworkTaps | null
  /** When what a tab shows early is painted; null where no screen waits. */
  whenShown: (() => Promise<void>) | null
  /** What its tabs say to each other. */
  readonly tabs: Emitter<{ readonly from: object; readonly message: unknown }>
  /** Whom it takes for its relay, from its next opening on. */
  relay: RelayHouse
  /** What a changed client seals by, from its next opening on. */
  bend: ((suite: Suite) => Suite) | null
  open(): Promise<Tab>
  /** A device with the same keys and a copy of the disk: a backup that is restored, a profile that is copied. */
  copy(): Device
}

export interface Scene {
  readonly suite: Suite
  readonly random: Random
  readonly clock: ManualClock
  readonly relay: RelayHouse
  /** Another relay, at `otherOrigin`, with a key of its own. */
  readonly other: RelayHouse
  readonly air: PeerAir
  /** See ReplicaPorts. */
  readonly checkpointEntries?: number
  device(name: string): Device
  /** Lets time pass until the condition holds. @throws Error when it does not within 40 s of the scene's time */
  until(what: string, check: () => boolean): Promise<void>
  /** Lets time pass. */
  pass(ms: number): Promise<void>
}

export const otherOrigin = 'http://other-relay.test'

const stepMs = 50
const maxWaitMs = 40_000
const turnsPerStep = 6

export async function openScene(
  options: { suite?: Suite; seed?: number; direct?: boolean; checkpointEntries?: number } = {},
): Promise<Scene> {
  await loadLaterParts()
  const random = seededRandom(options.seed ?? 1)
  const { suite, running } = makeCounted(options.suite ?? keyedHashSuite(random))
  const clock = makeManualClock()
  const relay = await openRelayHouse({ suite, random, clock })
  const other = await openRelayHouse({ suite, random, clock })
  const air = makePeerAir(suite)
  air.set(options.direct ?? false)
  const step = async (): Promise<void> => {
    for (let turn = 0; turn < turnsPerStep; turn++) {
      do await setImmediate()
      while (running() > 0)
    }
    clock.advance(stepMs)
  }
  const scene: Scene = {
    suite,
    random,
    clock,
    relay,
    other,
    air,
    ...(options.checkpointEntries ? { checkpointEntries: options.checkpointEntries } : {}),
    device: (name) => makeDevice(scene, { name, disk: makeMemoryDisk(), olderKeys: new Map() }),
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += stepMs) await step()
    },
    until: async (what, check) => {
      for (let passed = 0; passed < maxWaitMs; passed += stepMs) {
        if (check()) return
        await step()
      }
      throw new Error(`not within ${maxWaitMs} ms: ${what}`)
    },
  }
  return scene
}

function makeDevice(scene: Scene, parts: Pick<Device, 'name' | 'disk' | 'olderKeys'>): Device {
  const device: Device = {
    ...parts,
    wire: () => true,
    taps: null,
    whenShown: null,
    tabs: makeEmitter(),
    relay: scene.relay,
    bend: null,
    open: async () => openTab(scene, device),
    copy: () => makeDevice(scene, { ...parts, disk: parts.disk.copy() }),
  }
  return device
}

async function openTab(scene: Scene, device: Device): Promise<Tab> {
  const { suite, random, clock, air } = scene
  const events: { event: string; detail: Readonly<Record<string, string | number>> }[] = []
  let abort = new AbortController()
  const store = makeFragile(device.disk.open(), () => abort.abort())
  const relay: RelayPort = {
    keep: (kept) => {
      const house = kept.origin === otherOrigin ? scene.other : device.relay
      house.port((way, frame, answer) => !store.isDead && device.wire(way, frame, answer)).keep(kept)
    },
  }
  const replica = await openReplica({
    suite: device.bend?.(suite) ?? suite,
    random,
    clock,
    store: store as LogStore,
    olderKeys: { loadKey: async (name) => device.olderKeys.get(name) ?? null },
    relay: device.taps?.relay(relay) ?? relay,
    peers: device.taps?.peers(air.port) ?? air.port,
    tabs: {
      post: (message) => device.tabs.emit({ from: store, message: structuredClone(message) }),
      onMessage: (listener) => device.tabs.subscribe(({ from, message }) => (from === store ? undefined : listener(message))),
    },
    ...(scene.checkpointEntries ? { checkpointEntries: scene.checkpointEntries } : {}),
    ...(device.whenShown ? { whenShown: device.whenShown } : {}),
    log: (event, detail = {}) => events.push({ event, detail }),
  })
  const workspace = (): WorkspaceView => {
    const present = replica.workspace.read()
    if (!present) throw new Error(`${device.name} has no workspace`)
    return present
  }
  const view = (id: ConversationId): ConversationView => replica.conversation(id).read()
  return {
    replica,
    store,
    events,
    workspace,
    view,
    online: () => replica.goOnline(abort.signal),
    offline: () => {
      abort.abort()
      abort = new AbortController()
    },
    close: async () => {
      abort.abort()
      await replica.close()
    },
    kill: () => {
      store.dieAfter(0)
      abort.abort()
    },
    texts: (id) => view(id).messages.flatMap(({ text, erased }) => (erased ? [] : [text])),
    member: (name) => {
      const found = workspace().members.find((each) => each.name === name)
      if (!found) throw new Error(`${device.name} knows no ${name}`)
      return found
    },
  }
}

/** Answers the founder's words. */
export async function found(scene: Scene, tab: Tab, name: string): Promise<string> {
  const setupSecret = toBase64Url(scene.relay.setup)
  const created = tab.replica.createWorkspace({ name: 'Works', displayName: name, origin, setupSecret, channelTitle: 'General' })
  let done = false
  void created.finally(() => (done = true)).catch(() => {})
  await scene.until('the workspace is founded', () => done)
  return (await created).words.join(' ')
}

/** Lets a request in as soon as it is there. */
export async function admitWhenAsked(scene: Scene, admin: Tab): Promise<void> {
  await scene.until('a request is shown', () => admin.workspace().requests.length > 0)
  for (const request of admin.workspace().requests) await finished(scene, admin.replica.admit(request))
}

export async function invite(scene: Scene, admin: Tab, options: { maxUses?: number; approval?: boolean } = {}): Promise<string> {
  const { maxUses = 1, approval = true } = options
  const made = admin.replica.createInvitation({ role: 'editor', validForMs: 3_600_000, maxUses, approval })
  return (await finished(scene, made)).link
}

/** Lets time pass until the promise settles. */
export async function finished<T>(scene: Scene, promise: Promise<T>): Promise<T> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await scene.until('the promise settles', () => settled)
  return promise
}

/** Answers the joiner's words. */
export async function joinAs(scene: Scene, admin: Tab, tab: Tab, name: string): Promise<string> {
  const link = await invite(scene, admin)
  const { words } = await tab.replica.requestJoin({ link, displayName: name })
  await admitWhenAsked(scene, admin)
  await scene.until(`${name} is a member and named`, () => {
    const views = [admin, tab].map((each) => each.replica.workspace.read())
    return views.every((each) => each?.members.some((member) => member.name === name) === true) && channelOf(tab) !== null
  })
  return words.join(' ')
}

/** Writes one message after the other. */
export async function say(scene: Scene, tab: Tab, id: ConversationId, texts: readonly string[]): Promise<void> {
  for (const text of texts) await finished(scene, tab.replica.send(id, text))
}

export async function connected(scene: Scene, ...tabs: readonly Tab[]): Promise<void> {
  await scene.until('the relay is reached', () => tabs.every((tab) => tab.replica.connection.read().relay.state === 'connected'))
}

/** The first channel, once it can be read. */
export function channelOf(tab: Tab): ConversationId | null {
  return tab.replica.workspace.read()?.conversations.find(({ id }) => id.kind === 'channel')?.id ?? null
}

export interface Team {
  readonly scene: Scene
  readonly devices: readonly Device[]
  readonly tabs: readonly Tab[]
  readonly channel: ConversationId
  /** Recovery words, in the order of the people. */
  readonly words: readonly string[]
}

/** The first founds, the others join; all are online. */
export async function openTeam(names: readonly string[], options: Parameters<typeof openScene>[0] = {}): Promise<Team> {
  const scene = await openScene(options)
  const devices = names.map((name) => scene.device(name))
  const tabs: Tab[] = []
  const words: string[] = []
  for (const [index, device] of devices.entries()) {
    const tab = await device.open()
    tab.online()
    const [admin] = tabs
    const name = names[index] ?? ''
    words.push(admin ? await joinAs(scene, admin, tab, name) : await found(scene, tab, name))
    tabs.push(tab)
  }
  const channel = tabs[0] && channelOf(tabs[0])
  if (!channel) throw new Error('no channel')
  await scene.until('all names are everywhere', () =>
    tabs.every((tab) => names.every((name) => tab.workspace().members.some((member) => member.name === name))),
  )
  return { scene, devices, tabs, channel, words }
}
