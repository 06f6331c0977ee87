/** Tells what changed in the store: to listeners here, and to those in the other tabs of this browser. */
import { makeEmitter } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { StoreChange } from '@poruch/sync'

export interface ChangeChannel {
  tell(change: StoreChange): void
  watch(changed: (change: StoreChange) => void): () => void
  close(): void
}

export function openChangeChannel(name: string): ChangeChannel {
  const changes = makeEmitter<StoreChange>()
  const channel = new BroadcastChannel(`poruch-changes ${name}`)
  let open = true
  channel.addEventListener('message', (event: MessageEvent<unknown>) => {
    const change = parseChange(event.data)
    if (open && change) changes.emit(change)
  })
  return {
    tell: (change) => {
      if (!open) return
      channel.postMessage(change)
      changes.emit(change)
    },
    watch: changes.subscribe,
    close: () => {
      open = false
      channel.close()
    },
  }
}

/** Another tab may run another version of the program: what it says is read with care. */
function parseChange(data: unknown): StoreChange | null {
  if (typeof data !== 'object' || data === null) return null
  if ('topic' in data && typeof data.topic === 'string') return { topic: data.topic as TopicId }
  if ('cursor' in data && typeof data.cursor === 'string') return { cursor: data.cursor as TopicId }
  return 'collection' in data && typeof data.collection === 'string' ? { collection: data.collection } : null
}
