/** Marks a conversation as read while somebody looks at it. */
import type { ConversationId, Replica, WorkspaceView } from '@poruch/replica'
import type { Accessor } from 'solid-js'
import { createEffect, createSignal, onCleanup } from 'solid-js'
import { keyOf } from './paths.ts'

export interface ReadMarkSources {
  readonly replica: Accessor<Pick<Replica, 'markRead'>>
  readonly workspace: Accessor<WorkspaceView | null>
  readonly open: Accessor<ConversationId | null>
}

export function createReadMarks({ replica, workspace, open }: ReadMarkSources): void {
  const [isSeen, setSeen] = createSignal(document.visibilityState === 'visible')
  const follow = (): void => {
    setSeen(document.visibilityState === 'visible')
  }
  document.addEventListener('visibilitychange', follow)
  onCleanup(() => {
    document.removeEventListener('visibilitychange', follow)
  })
  createEffect(() => {
    const id = open()
    if (id === null || !isSeen()) return
    const key = keyOf(id)
    const unread = workspace()?.conversations.find((one) => keyOf(one.id) === key)?.unread ?? 0
    // A mark that could not be kept is tried again with the next message.
    if (unread > 0)
      replica()
        .markRead(id)
        .catch(() => undefined)
  })
}

/** A mark that could not be kept leaves its conversation unread. */
export function markAllRead({ workspace, markRead }: Pick<Replica, 'workspace' | 'markRead'>): void {
  for (const { id, unread } of workspace.read()?.conversations ?? []) if (unread > 0) markRead(id).catch(() => undefined)
}
