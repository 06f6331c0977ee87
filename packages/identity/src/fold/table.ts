/** A keyed table with a draft over it: what a batch changes is seen by the batch alone until it is committed. */

export interface Table<Key, Value> {
  /** The committed value. */
  get(key: Key): Value | undefined
  /** The value as the running batch sees it. */
  draft(key: Key): Value | undefined
  /** Values are immutable; a change is a new one. */
  set(key: Key, value: Value): void
  /** Makes the draft real; the returned function puts back what was there before. */
  commit(): () => void
  discard(): void
  committed(): IterableIterator<Value>
  /** Calls `visit` for each value as the running batch sees it. */
  eachDraft(visit: (value: Value) => void): void
}

export function makeTable<Key, Value>(): Table<Key, Value> {
  const rows = new Map<Key, Value>()
  const changed = new Map<Key, Value>()
  const commit = (): (() => void) => {
    const before = [...changed.keys()].map((key) => ({ key, value: rows.get(key) }))
    for (const [key, value] of changed) rows.set(key, value)
    changed.clear()
    return () => {
      for (const { key, value } of before) {
        if (value === undefined) rows.delete(key)
        else rows.set(key, value)
      }
    }
  }
  return {
    get: (key) => rows.get(key),
    draft: (key) => changed.get(key) ?? rows.get(key),
    set: (key, value) => {
      changed.set(key, value)
    },
    commit,
    discard: () => {
      changed.clear()
    },
    committed: () => rows.values(),
    eachDraft: (visit) => {
      for (const [key, value] of rows) visit(changed.get(key) ?? value)
      for (const [key, value] of changed) if (!rows.has(key)) visit(value)
    },
  }
}
