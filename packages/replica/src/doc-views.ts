/** Views over documents that a rebuild may replace by others. */
import type { TopicId } from '@poruch/base'
import type { DocView } from '@poruch/model'
import type * as Y from 'yjs'
import type { Documents } from './documents.ts'

export interface TopicView<T> {
  read(): T
  /** Who may say what has changed: everything is read anew. */
  refresh(): void
}

/** The same view for as long as the topic's document stays the same object. */
export function makeTopicView<T>(documents: Documents, topic: TopicId, make: (doc: Y.Doc) => DocView<T>): TopicView<T> {
  let known: { readonly doc: Y.Doc; readonly view: DocView<T> } | null = null
  const present = (): DocView<T> => {
    const doc = documents.get(topic)
    if (known?.doc !== doc) known = { doc, view: make(doc) }
    return known.view
  }
  return {
    read: () => present().read(),
    refresh: () => {
      present().refresh()
    },
  }
}
