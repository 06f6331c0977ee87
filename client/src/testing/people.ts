/** The people of the screens' tests, and a device that holds plain data in the place of a replica. */
import type { Cell, ScopeId, UserId } from '@poruch/base'
import { makeCell, systemClock } from '@poruch/base'
import { systemRandom } from '@poruch/crypto'
import type {
  Alarm,
  ConnectionView,
  ConversationId,
  ConversationView,
  Draft,
  MemberView,
  MessageView,
  OwnDevice,
  Phase,
  Replica,
  WorkspaceView,
} from '@poruch/replica'
import { makeNetworkTaps, makeTraceRecorder } from '@poruch/replica/devtools'
import type { Device, DeviceState } from '../app/device.ts'
import { keyOf } from '../app/paths.ts'
import type { Devtools } from '../features/devtools/devtools.ts'

export const alice = 'a1'.repeat(32) as UserId
export const bob = 'b0'.repeat(32) as UserId
export const carol = 'c0'.repeat(32) as UserId
export const channel = { kind: 'channel', prefix: '0f'.repeat(28) } as const
export const digits = Array.from({ length: 12 }, (_, index) => String(10_000 + index)).join(' ')
export const noon = new Date(2026, 5, 1, 12).getTime()

const names: Readonly<Record<string, string>> = { [alice]: 'Alice', [bob]: 'Bob', [carol]: 'Carol' }

export function member(user: UserId, change: Partial<MemberView> = {}): MemberView {
  return {
    user,
    name: names[user] ?? '',
    role: 'editor',
    isMe: user === alice,
    reach: 'none',
    isHere: false,
    safetyNumber: user === alice ? '' : digits,
    ...change,
  }
}

export function message(author: UserId, n: number, text: string, change: Partial<MessageView> = {}): MessageView {
  const mine = author === alice
  const delivery = mine ? ({ state: 'relay' } as const) : ({ state: 'received' } as const)
  return { id: `${author}|${n}`, author, authorName: names[author] ?? '', mine, text, wallTime: noon + n, delivery, ...change }
}

export function workspaceOf(change: Partial<WorkspaceView> = {}): WorkspaceView {
  return {
    scope: '5c'.repeat(32) as ScopeId,
    name: 'Work',
    myRole: 'owner',
    members: [member(alice, { role: 'owner' }), member(bob, { reach: 'direct' })],
    conversations: [{ id: channel, title: 'general', lastText: '', lastWallTime: null, unread: 0 }],
    invitations: [],
    requests: [],
    late: [],
    proposals: [],
    ...change,
  }
}

export function connectionOf(change: Partial<ConnectionView> = {}): ConnectionView {
  const relay: ConnectionView['relay'] = { state: 'connected', origin: 'https://relay.example', code: null }
  return { relay, peers: [], unsent: 0, waitingChanges: 0, steward: null, waitsFor: null, staleSinceMs: null, ...change }
}

export function conversationOf(
  id: ConversationId,
  messages: readonly MessageView[] = [],
  change: Partial<ConversationView> = {},
): ConversationView {
  return { id, title: '', messages, isReading: false, typing: [], readOnly: null, ...change }
}

/** Over no network. */
export function makeDevtools(replica: Pick<Replica, 'holdings'>): Devtools {
  const taps = makeNetworkTaps({ clock: systemClock, random: systemRandom })
  return { faults: taps.faults, recorder: makeTraceRecorder({ taps, clock: systemClock, holdings: replica.holdings }) }
}

/** What a tab starts: a device that is open, and has no passphrase unless said otherwise. */
export function makeOpenDevice(replica: Replica, passphrase: 'none' | 'set' = 'none'): Device & { readonly calls: unknown[][] } {
  const calls: unknown[][] = []
  const noted =
    (name: string) =>
    async (...args: unknown[]): Promise<void> => {
      calls.push([name, ...args])
      return Promise.resolve()
    }
  return {
    calls,
    state: makeCell<DeviceState>({ name: 'open', replica, devtools: makeDevtools(replica), passphrase }),
    unlock: noted('unlock'),
    lock: noted('lock'),
    changePassphrase: noted('changePassphrase'),
    erase: noted('erase'),
    check: noted('check'),
    restart: noted('restart'),
  }
}

export interface PlainDevice extends Replica {
  readonly phase: Cell<Phase>
  readonly workspace: Cell<WorkspaceView | null>
  readonly connection: Cell<ConnectionView>
  readonly drafts: Cell<readonly Draft[]>
  readonly alarms: Cell<readonly Alarm[]>
  readonly devices: Cell<readonly OwnDevice[]>
  readonly words: Cell<readonly string[] | null>
  /** The commands that were called, by name. */
  readonly calls: [name: string, ...args: unknown[]][]
}

export const words: readonly string[] = Array.from({ length: 24 }, (_, index) => `word${index + 1}`)

/** Writes down what it is told to do, and does nothing but keep drafts. */
export function makePlainDevice(phase: Phase, workspace: WorkspaceView | null = workspaceOf()): PlainDevice {
  const calls: PlainDevice['calls'] = []
  const drafts = makeCell<readonly Draft[]>([])
  const kept = makeCell<readonly string[] | null>(null)
  const withWords =
    <Args extends unknown[]>(name: string) =>
    async (...args: Args): Promise<{ words: readonly string[] }> => {
      calls.push([name, ...args])
      kept.set(words)
      return Promise.resolve({ words })
    }
  const conversations = new Map<string, Cell<ConversationView>>()
  const noted =
    <Args extends unknown[], T>(name: string, answer: T) =>
    async (...args: Args): Promise<T> => {
      calls.push([name, ...args])
      return Promise.resolve(answer)
    }
  return {
    calls,
    phase: makeCell<Phase>(phase),
    opened: Promise.resolve(),
    workspace: makeCell<WorkspaceView | null>(workspace),
    connection: makeCell(connectionOf()),
    drafts,
    alarms: makeCell<readonly Alarm[]>([]),
    devices: makeCell<readonly OwnDevice[]>([]),
    conversation: (id) => {
      const key = JSON.stringify(id)
      const view = conversations.get(key) ?? makeCell(conversationOf(id))
      conversations.set(key, view)
      return view
    },
    words: kept,
    wordsWritten: async () => {
      calls.push(['wordsWritten'])
      kept.set(null)
      return Promise.resolve()
    },
    createWorkspace: withWords('createWorkspace'),
    requestJoin: withWords('requestJoin'),
    findAccount: noted('findAccount', { devices: [] }),
    recover: noted('recover', undefined),
    moveRelay: noted('moveRelay', 'ordered' as const),
    inspect: () => null,
    readLog: async () => Promise.resolve([]),
    holdings: async () => Promise.resolve(null),
    createInvitation: noted('createInvitation', { link: 'https://relay.example/#i/AQ' }),
    invitationLink: noted('invitationLink', 'https://relay.example/#i/AQ'),
    revokeInvitation: noted('revokeInvitation', undefined),
    admit: noted('admit', undefined),
    deny: noted('deny', undefined),
    removeMember: noted('removeMember', undefined),
    leave: noted('leave', undefined),
    propose: noted('propose', 'ordered'),
    approve: noted('approve', 'ordered'),
    withdraw: noted('withdraw', undefined),
    createChannel: noted('createChannel', channel),
    send: noted('send', undefined),
    erase: noted('erase', undefined),
    markRead: noted('markRead', undefined),
    setTyping: (id, isTyping) => void calls.push(['setTyping', id, isTyping]),
    revokeDevice: noted('revokeDevice', undefined),
    setDisplayName: noted('setDisplayName', undefined),
    becomeSteward: noted('becomeSteward', 'ordered' as const),
    admitLate: noted('admitLate', undefined),
    writeDraft: async (id, text) => {
      const others = drafts.read().filter(({ conversation }) => keyOf(conversation) !== keyOf(id))
      drafts.set(text === '' ? others : [...others, { conversation: id, text }])
      return Promise.resolve()
    },
    close: noted('close', undefined),
  }
}
