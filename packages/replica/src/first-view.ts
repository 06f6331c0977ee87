/** What the next start shows before it has read the log: the workspace as it was shown last, in one record. */
import { encodeUtf8, equalBytes } from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import type { ConnectionView, ConversationId, ConversationView, WorkspaceView } from './api.ts'
import type { RelayState, ReplicaPorts } from './ports.ts'
import { collections, parseJson, readJson } from './records.ts'

/** To be shown, and to decide nothing by: rights and writing wait for the log. */
export interface FirstView {
  readonly workspace: WorkspaceView
  readonly connection: ConnectionView
  /** As it is stored. */
  readonly bytes: Bytes
}

export interface FirstViewKeeper {
  /** Something may have changed: it is kept soon. */
  look(): void
  /** Keeps what is to be kept now. */
  flush(): Promise<void>
}

/** Changed with what the record holds: another version's is not read. */
const version = 2
const key = 'workspace'

/** Whatever was shown last is shown no more. */
export const noFirstView = { collection: collections.firstView, key, value: null } as const
/** A busy chat is not written down message by message; what is shown a few seconds old is soon put right. */
export const firstViewDelayMs = 5_000
/** Some 200 bytes each: 400 KB. What is beyond comes with the log. */
export const maxFirstConversations = 2_000
/** As many people. */
export const maxFirstMembers = 2_000
/** More than a line shows. */
export const maxPreviewCharacters = 160

/** Null where there is none that this version can show; a record that was changed is none. */
export async function loadFirstView({ store, log }: Pick<ReplicaPorts, 'store' | 'log'>, scope: ScopeId): Promise<FirstView | null> {
  try {
    const [bytes, relay] = await Promise.all([
      store.getRecord(collections.firstView, key),
      readJson(store, collections.relayState, 'state'),
    ])
    const kept = bytes && (parseJson(bytes) as { readonly version: number; readonly workspace: WorkspaceView; readonly origin: string })
    if (!kept || kept.version !== version || kept.workspace.scope !== scope) return null
    return { workspace: kept.workspace, connection: connectionOf(kept.origin, relay as RelayState | null), bytes }
  } catch (thrown) {
    log?.('first-view-not-read', { error: String(thrown) })
    return null
  }
}

/** `read` answers null while there is nothing to keep; without a role in it the record goes. */
export function keepFirstView(options: {
  readonly ports: Pick<ReplicaPorts, 'store' | 'clock' | 'log'>
  readonly before: Bytes | null
  read(): { readonly workspace: WorkspaceView; readonly origin: string } | null
}): FirstViewKeeper {
  const { ports, read } = options
  let kept = options.before
  let isTimed = false
  const flush = async (): Promise<void> => {
    const present = read()
    if (!present) return
    const value = present.workspace.myRole === 'none' ? null : encode(present)
    if (value === kept || (value && kept && equalBytes(value, kept))) return
    await ports.store.putRecords([{ collection: collections.firstView, key, value }])
    kept = value
  }
  return {
    flush,
    look: () => {
      if (isTimed) return
      isTimed = true
      ports.clock.after(firstViewDelayMs, () => {
        isTimed = false
        flush().catch((thrown: unknown) => ports.log?.('first-view-not-kept', { error: String(thrown) }))
      })
    },
  }
}

/** A conversation of which nothing has been read yet; what the role forbids is not offered. */
export function unreadView(id: ConversationId, workspace: WorkspaceView | null): ConversationView {
  const title = workspace?.conversations.find((one) => isSame(one.id, id))?.title ?? ''
  const isReader = id.kind === 'channel' && (workspace?.myRole === 'viewer' || workspace?.myRole === 'commenter')
  return { id, title, messages: [], isReading: true, typing: [], readOnly: isReader ? 'viewer' : null }
}

function isSame(one: ConversationId, other: ConversationId): boolean {
  return one.kind === 'channel'
    ? other.kind === 'channel' && other.prefix === one.prefix
    : other.kind === 'direct' && other.user === one.user
}

function connectionOf(origin: string, relay: RelayState | null): ConnectionView {
  // Whether it still is so is not known.
  const state = relay?.name === 'connected' ? 'connecting' : (relay?.name ?? 'offline')
  const code = relay?.name === 'refused' ? relay.code : null
  return { relay: { state, origin, code }, peers: [], unsent: 0, waitingChanges: 0, waitsFor: null, steward: null, staleSinceMs: null }
}

/** Without what is of the moment, or is for admins to decide by. */
function encode({ workspace, origin }: { readonly workspace: WorkspaceView; readonly origin: string }): Bytes {
  const { scope, name, myRole } = workspace
  const members = workspace.members
    .slice(0, maxFirstMembers)
    .map((member) => ({ ...member, reach: 'none' as const, isHere: false, safetyNumber: '' }))
  const conversations = workspace.conversations
    .slice(0, maxFirstConversations)
    .map((one) => ({ ...one, lastText: one.lastText.slice(0, maxPreviewCharacters) }))
  const shown: WorkspaceView = { scope, name, myRole, members, conversations, invitations: [], requests: [], late: [], proposals: [] }
  return encodeUtf8(JSON.stringify({ version, origin, workspace: shown }))
}
