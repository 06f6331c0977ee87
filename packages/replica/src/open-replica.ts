/** Opens a device over its store, wherever it stands: blank, on its way in, or a member. */
import { makeCell } from '@poruch/base'
import type { Draft } from '@poruch/identity'
import { loadAccount, loadPhase } from './account.ts'
import type { Account, StoredPhase } from './account.ts'
import { openAlarms } from './alarms.ts'
import type { ConnectionView, OwnDevice, Phase, Replica, WorkspaceView } from './api.ts'
import { makeArrival } from './arrival.ts'
import { askedOf } from './commands.ts'
import { makeDerived } from './derived.ts'
import { openDrafts } from './drafts.ts'
import { ReplicaError } from './errors.ts'
import { makeEarlyConversations } from './early-conversations.ts'
import { keepFirstView, loadFirstView, unreadView } from './first-view.ts'
import type { FirstView } from './first-view.ts'
import { makeInspector } from './inspection.ts'
import { openKeptWords } from './kept-words.ts'
import { laterParts } from './later-parts.ts'
import { openMemberDevice } from './member-device.ts'
import { readInvitationLink } from './membership.ts'
import { ownDevicesOf } from './own-devices.ts'
import type { MoveOptions } from './moving.ts'
import type { ReplicaPorts } from './ports.ts'
import { runDevice } from './running-device.ts'
import type { RunningDevice } from './running-device.ts'
import { makeWorkspaceViews } from './workspace-view.ts'
import type { WorkspaceViews } from './workspace-view.ts'

export interface OpenReplica extends Replica {
  /** Lets this replica use the network until the signal aborts: of the tabs of a device, one at a time. */
  goOnline(signal: AbortSignal): void
  /** The page may end now, without time for anything else: others are told. */
  goodbye(): void
}

type MemberPhase = Extract<StoredPhase, { name: 'member' }>

const offline: ConnectionView = {
  relay: { state: 'offline', origin: '', code: null },
  peers: [],
  unsent: 0,
  waitingChanges: 0,
  steward: null,
  waitsFor: null,
  staleSinceMs: null,
}

export async function openReplica(ports: ReplicaPorts): Promise<OpenReplica> {
  const phase = makeCell<Phase>({ name: 'blank' })
  let isClosed = false
  let running: RunningDevice | null = null
  let views: WorkspaceViews | null = null
  let online: AbortSignal | null = null
  /** Ends the network of the device that runs, when another one takes its place. */
  let leaving = new AbortController()
  const closing = new AbortController()
  /** What the last session has kept, until what is stored has been read. */
  let first: FirstView | null = null
  const workspace = makeDerived<WorkspaceView | null>(ports.clock, () => first?.workspace ?? views?.workspace.read() ?? null)
  const connection = makeDerived<ConnectionView>(ports.clock, () => views?.connection.read() ?? first?.connection ?? offline)

  const devices = makeDerived<readonly OwnDevice[]>(ports.clock, () =>
    running ? ownDevicesOf(running.device.log.fold, running.device.account) : [],
  )

  const onChange = (): void => {
    views?.workspace.invalidate()
    views?.connection.invalidate()
    workspace.invalidate()
    devices.invalidate()
    connection.invalidate()
    keeper?.look()
    if (!running) return
    phase.set(phaseOf(running, phase.read()))
    if (first && phase.read().name !== 'member') endFirst()
  }
  const endFirst = (): void => {
    if (!first) return
    first = null
    onChange()
  }
  const goOnlineNow = (): void => {
    if (!online || !running) return
    const network = new AbortController()
    leaving = network
    if (online.aborted) network.abort()
    online.addEventListener('abort', () => network.abort(), { once: true })
    running.goOnline(network.signal)
  }
  /** The same device under another relay. */
  const move = async (options: MoveOptions): Promise<'ordered' | 'waiting'> => {
    const { device, relayWords } = await member()
    const { moveTo } = await laterParts.moving()
    const moved = await moveTo(device, { ...options, words: relayWords }, closing.signal)
    if (!moved) return 'waiting'
    await restart(device.account, moved.stored, moved.again)
    return 'ordered'
  }
  const restart = async (present: Account, stored: MemberPhase, again: readonly Draft[]): Promise<void> => {
    leaving.abort()
    await running?.close()
    await become(present, stored, again)
  }
  const become = async (account: Account, stored: MemberPhase, again: readonly Draft[] = []): Promise<void> => {
    const opened = await runDevice(await openMemberDevice({ ports, account, alarms }, stored), onChange)
    if (isClosed) return opened.close()
    running = opened
    views = makeWorkspaceViews(running, onChange)
    if (again.length > 0) (await laterParts.moving()).proposeAgain(opened.device, again)
    opened.device.log.onFalseStart(() => {
      restart(account, stored, []).catch((thrown: unknown) => ports.log?.('not-restarted', { error: String(thrown) }))
    })
    goOnlineNow()
    phase.set(phaseOf(running, { name: 'member' }))
    onChange()
    void opened.read.then(endFirst)
  }
  const [drafts, alarms, words, stored] = await Promise.all([
    openDrafts(ports),
    openAlarms(ports),
    openKeptWords(ports.store),
    loadPhase(ports.store),
  ])
  const arrival = makeArrival({ ports, phase, words, become })
  const member = async (): Promise<RunningDevice> => {
    await opening
    if (!running) throw new ReplicaError('not-member', 'no workspace yet')
    return running
  }
  const start = async (stored: StoredPhase): Promise<void> => {
    if (first) await ports.whenShown?.()
    const account = await loadAccount(ports)
    if (!account) {
      first = null
      phase.set({ name: 'blank' })
      return
    }
    if (stored.name === 'member') await become(account, stored)
    else arrival.resume(account, stored)
  }
  if (stored?.name === 'member' && ports.whenShown) first = await loadFirstView(ports, stored.scope)
  if (first) phase.set({ name: 'member' })
  const keeper = ports.whenShown
    ? keepFirstView({
        ports,
        before: first?.bytes ?? null,
        read: () => (first || !running || !views ? null : { workspace: views.workspace.read(), origin: running.device.origin }),
      })
    : null
  const opening = stored ? start(stored) : Promise.resolve()
  if (!first) await opening
  // Whoever asks hears of it.
  opening.catch(() => undefined)
  const early = makeEarlyConversations({
    clock: ports.clock,
    opened: opening,
    real: (id) => running?.device.conversations.view(id) ?? null,
    unread: (id) => unreadView(id, first?.workspace ?? null),
  })

  return {
    phase,
    workspace,
    connection,
    drafts: drafts.view,
    alarms: alarms.view,
    devices,
    words: words.view,
    wordsWritten: words.forget,
    opened: opening,
    conversation: (id) => (running ? running.device.conversations.view(id) : early.view(id)),
    createWorkspace: arrival.createWorkspace,
    requestJoin: arrival.requestJoin,
    findAccount: arrival.findAccount,
    recover: arrival.recover,
    moveRelay: move,
    ...makeInspector(() => running),
    ...askedOf(async (name, args) => (await member()).intents.ask(name, args)),
    invitationLink: async (id) => readInvitationLink(ports.store, id),
    send: async (id, text) => (await member()).device.conversations.send(id, text),
    erase: async (id, messageId) => (await member()).device.conversations.erase(id, messageId),
    markRead: async (id) => {
      const { device, read } = await member()
      // A mark counts what is stored.
      await read
      await device.conversations.markRead(id)
    },
    setTyping: (id, isTyping) => running?.setTyping(id, isTyping),
    writeDraft: async (id, text, after) => Promise.resolve(drafts.write(id, text, after)),
    goOnline: (signal) => {
      online = signal
      goOnlineNow()
    },
    goodbye: () => {
      running?.goodbye()
      keeper?.flush().catch(() => undefined)
    },
    close: async () => {
      isClosed = true
      closing.abort()
      workspace.close()
      connection.close()
      devices.close()
      early.close()
      arrival.close()
      words.close()
      await alarms.close()
      await keeper?.flush().catch(() => undefined)
      await running?.close()
      await drafts.close()
      await ports.store.close()
    },
  }
}

function phaseOf(running: RunningDevice, before: Phase): Phase {
  const { account, log } = running.device
  if (log.fold.member(account.user)) return before.name === 'member' ? before : { name: 'member' }
  // Not a member yet as far as this device has read, or not any more.
  const wasMember = log.fold.ownerOf(account.device) !== null
  if (!wasMember) return before.name === 'member' ? before : { name: 'member' }
  return before.name === 'former' ? before : { name: 'former' }
}
