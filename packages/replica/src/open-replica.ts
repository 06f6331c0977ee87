/** Opens a device over its store, wherever it stands: blank, on its way in, or a member. */
import { makeCell, parseBase64Url, toHex } from '@poruch/base'
import { parseInvitationLink } from '@poruch/identity'
import { directoryValueMaxCharacters } from '@poruch/model'
import { createAccount, loadAccount, loadPhase } from './account.ts'
import type { Account, StoredPhase } from './account.ts'
import type { ConnectionView, Phase, Replica, WorkspaceView } from './api.ts'
import { makeDerived } from './derived.ts'
import { ReplicaError } from './errors.ts'
import { openMemberDevice } from './member-device.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes } from './records.ts'
import { runDevice } from './running-device.ts'
import type { RunningDevice } from './running-device.ts'
import { found, join, joinNumber } from './way-in.ts'
import type { Requesting } from './way-in.ts'
import { grouped, makeWorkspaceViews } from './workspace-view.ts'
import type { WorkspaceViews } from './workspace-view.ts'

export interface OpenReplica extends Replica {
  /** Lets this replica use the network until the signal aborts: of the tabs of a device, one at a time. */
  goOnline(signal: AbortSignal): void
}

const offline: ConnectionView = { relay: { state: 'offline', origin: '', code: null }, peers: [], unsent: 0, waitingChanges: 0 }
const setupSecretSizeBytes = 16

export async function openReplica(ports: ReplicaPorts): Promise<OpenReplica> {
  const phase = makeCell<Phase>({ name: 'blank' })
  const ending = new AbortController()
  let running: RunningDevice | null = null
  let views: WorkspaceViews | null = null
  let online: AbortSignal | null = null
  const workspace = makeDerived<WorkspaceView | null>(() => views?.workspace.read() ?? null)
  const connection = makeDerived<ConnectionView>(() => views?.connection.read() ?? offline)

  const onChange = (): void => {
    views?.workspace.invalidate()
    views?.connection.invalidate()
    workspace.invalidate()
    connection.invalidate()
    if (running) phase.set(phaseOf(running, phase.read()))
  }
  const become = async (account: Account, stored: Extract<StoredPhase, { name: 'member' }>): Promise<void> => {
    running = await runDevice(await openMemberDevice(ports, account, stored), onChange)
    views = makeWorkspaceViews(running)
    views.workspace.subscribe(workspace.invalidate)
    if (online) running.goOnline(online)
    phase.set(phaseOf(running, { name: 'member' }))
    onChange()
  }
  /** Goes on with what a restart interrupted; waits in the background. */
  const resume = async (account: Account, stored: StoredPhase): Promise<void> => {
    if (stored.name === 'member') return become(account, stored)
    if (stored.name === 'requesting') return ask(account, stored)
    const scope = await found({ ports, account, signal: ending.signal }, stored)
    return become(account, { name: 'member', origin: stored.origin, scope })
  }
  const ask = async (account: Account, stored: Requesting): Promise<void> => {
    const link = parseInvitationLink(stored.link)
    const number = link ? { safetyNumber: grouped(await joinNumber(ports, link.scope, account.user)) } : {}
    const scope = await join({ ports, account, signal: ending.signal }, stored, (state) => {
      phase.set({ name: 'requesting', ...state, ...number })
    })
    await become(account, { name: 'member', origin: stored.origin, scope })
  }
  const background = (task: Promise<void>): void => {
    task.catch((thrown: unknown) => ports.log?.('way-in-failed', { error: String(thrown) }))
  }
  const member = (): RunningDevice => {
    if (!running) throw new ReplicaError('not-member', 'no workspace yet')
    return running
  }
  /** A blank device's account, with where it stands and what it will be called, durable before anything is sent. */
  const begin = async (stored: StoredPhase, names: StoredNames): Promise<{ account: Account; words: readonly string[] }> => {
    if (phase.read().name !== 'blank') throw new ReplicaError('already-member', 'this device has a workspace or has asked for one')
    const created = await createAccount(ports)
    await ports.store.putRecords([
      { collection: collections.account, key: 'phase', value: jsonBytes(stored) },
      { collection: collections.account, key: 'names', value: jsonBytes(names) },
    ])
    return created
  }
  const forget = async (): Promise<void> => {
    await ports.store.putRecords([{ collection: collections.account, key: 'phase', value: null }])
    phase.set({ name: 'blank' })
  }

  const account = await loadAccount(ports.store, ports.keys)
  const stored = account && (await loadPhase(ports.store))
  if (account && stored?.name === 'member') await become(account, stored)
  else if (account && stored) {
    phase.set({ name: 'requesting', state: 'sending', code: null })
    background(resume(account, stored))
  }

  return {
    phase,
    workspace,
    connection,
    conversation: (id) => member().device.conversations.view(id),
    createWorkspace: async ({ name, displayName, origin, setupSecret, channelTitle = 'General' }) => {
      const names = { workspace: checkedName(name), channel: checkedName(channelTitle), display: checkedName(displayName) }
      const secret = parseSecret(setupSecret)
      const creating = { name: 'creating', origin, setupSecret: secret, founding: null, sent: false } as const
      const created = await begin(creating, names)
      try {
        await resume(created.account, creating)
      } catch (thrown) {
        await forget()
        throw thrown
      }
      return { words: created.words }
    },
    requestJoin: async ({ link, displayName }) => {
      const parsed = parseInvitationLink(link)
      if (!parsed) throw new ReplicaError('bad-link', 'not an invitation')
      const requesting = { name: 'requesting', origin: parsed.origin, link, displayName: checkedName(displayName) } as const
      const created = await begin(requesting, { workspace: '', channel: '', display: requesting.displayName })
      phase.set({ name: 'requesting', state: 'sending', code: null })
      background(ask(created.account, requesting))
      return { words: created.words }
    },
    createInvitation: async ({ role, validForMs, maxUses, approval }) => {
      const { device } = member()
      const roleNumber = ({ viewer: 1, commenter: 2, editor: 3 } as const)[role]
      const expiresAtMs = ports.clock.now() + validForMs
      return {
        link: await device.membership.createInvitation({ role: roleNumber, expiresAtMs, maxUses, policy: approval ? 'approval' : 'auto' }),
      }
    },
    revokeInvitation: async (id) => member().device.membership.revokeInvitation(id),
    admit: async ({ user, invitation }) => {
      const { device, line } = member()
      const waiting = device.joinRequests.find(user, invitation)
      if (!waiting) throw new ReplicaError('refused', 'the request is gone', { reason: 'request-unknown' })
      await device.membership.admit(waiting.request)
      device.joinRequests.drop(user, invitation)
      await line.settle()
    },
    deny: async ({ user, invitation }) => {
      const { device } = member()
      await device.requests.ask((ref) => ({ type: 'JOINDENY', ref, invitation, user }))
      device.joinRequests.drop(user, invitation)
    },
    removeMember: async (user) => {
      const { device, line } = member()
      await device.membership.remove(user)
      await line.settle()
    },
    leave: async () => member().device.membership.leave(),
    createChannel: async (title) => {
      const checked = checkedName(title)
      const at = member()
      const prefix = await at.device.membership.addChannel()
      await at.setName(`title/${prefix}`, checked)
      return { kind: 'channel', prefix }
    },
    send: async (id, text) => member().device.conversations.send(id, text),
    markRead: async (id) => member().device.conversations.markRead(id),
    admitLate: async ({ id }) => {
      const { device, late } = member()
      const entry = late.find(id)
      if (!entry) throw new ReplicaError('refused', 'the message is gone', { reason: 'message-unknown' })
      const { topic, opened } = entry
      await device.membership.admitLate({ device: opened.device, topic, seq: opened.seq, envelope: opened.id })
    },
    goOnline: (signal) => {
      online = signal
      running?.goOnline(signal)
    },
    close: async () => {
      ending.abort()
      await running?.close()
      await ports.store.close()
    },
  }
}

type StoredNames = { readonly workspace: string; readonly channel: string; readonly display: string }

function checkedName(text: string): string {
  const name = text.trim()
  if (name === '') throw new ReplicaError('empty', 'a name is needed')
  if (name.length > directoryValueMaxCharacters) throw new ReplicaError('too-long', `${name.length} characters`)
  return name
}

function parseSecret(text: string): string {
  const bytes = parseBase64Url(text)
  if (bytes?.length !== setupSecretSizeBytes) throw new ReplicaError('bad-link', 'not a setup link')
  return toHex(bytes)
}

function phaseOf(running: RunningDevice, before: Phase): Phase {
  const { account, log } = running.device
  if (log.fold.member(account.user)) return before.name === 'member' ? before : { name: 'member' }
  // Not a member yet as far as this device has read, or not any more.
  const wasMember = log.fold.ownerOf(account.device) !== null
  if (!wasMember) return before.name === 'member' ? before : { name: 'member' }
  return before.name === 'former' ? before : { name: 'former' }
}
