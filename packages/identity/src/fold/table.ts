/** A keyed table with a draft over it: what a batch changes is seen by the batch alone until it is committed. */

export interface Table<Key, Value> {
  /** The committed value. */
  get(key: Key): Value | undefined
  /** The value as the running batch sees it. */
  draft(key: Key): Value | undefined
  /** Values are immutable; a change is a new one. */
  set(key: Key, value: Value): void
  remove(key: Key): void
  /** As `set`, for what is known beside the log: no entry did it, so taking entries back does not undo it. */
  note(key: Key, value: Value): void
  /** Ends an entry: the returned function takes back, in the draft, what was set since the end of the one before; null: nothing was. */
  mark(): (() => void) | null
  /** Makes the draft real; the returned function puts back what was there before. */
  commit(): () => void
  discard(): void
  committed(): IterableIterator<Value>
  /** The same value for as long as what is committed stays the same: what is computed from it may be kept so long. */
  version(): number
  /** Calls `visit` for each value as the running batch sees it. */
  eachDraft(visit: (value: Value, key: Key) => void): void
}

export function makeTable<Key, Value>(): Table<Key, Value> {
  const rows = new Map<Key, Value>()
  /** Undefined: gone. */
  const changed = new Map<Key, Value | undefined>()
  /** What the running entry found where it set something. */
  let found = new Map<Key, Value | undefined>()
  let version = 0
  const draft = (key: Key): Value | undefined => (changed.has(key) ? changed.get(key) : rows.get(key))
  const change = (key: Key, value: Value | undefined): void => {
    if (!found.has(key)) found.set(key, draft(key))
    changed.set(key, value)
  }
  return {
    get: (key) => rows.get(key),
    draft,
    set: change,
    remove: (key) => {
      change(key, undefined)
    },
    note: (key, value) => {
      changed.set(key, value)
    },
    mark: () => {
      if (found.size === 0) return null
      const before = found
      found = new Map()
      return () => {
        for (const [key, value] of before) changed.set(key, value)
      }
    },
    commit: () => {
      found.clear()
      if (changed.size === 0) return () => {}
      version++
      const undo = commitInto(rows, changed)
      return () => {
        version++
        undo()
      }
    },
    discard: () => {
      changed.clear()
      found.clear()
    },
    committed: () => rows.values(),
    version: () => version,
    eachDraft: (visit) => {
      for (const key of rows.keys()) visitKnown(draft(key), key, visit)
      for (const [key, value] of changed) if (!rows.has(key)) visitKnown(value, key, visit)
    },
  }
}

function visitKnown<Key, Value>(value: Value | undefined, key: Key, visit: (value: Value, key: Key) => void): void {
  if (value !== undefined) visit(value, key)
}

function commitInto<Key, Value>(rows: Map<Key, Value>, changed: Map<Key, Value | undefined>): () => void {
  const before = [...changed.keys()].map((key) => [key, rows.get(key)] as const)
  putAll(rows, changed)
  changed.clear()
  return () => {
    putAll(rows, before)
  }
}

function putAll<Key, Value>(rows: Map<Key, Value>, values: Iterable<readonly [Key, Value | undefined]>): void {
  for (const [key, value] of values) {
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
}

/** Computes an answer from the committed values once for each state of them: it is asked for with every frame. */
export function keptAnswer<Key, Value, Answer>(
  table: Table<Key, Value>,
  compute: (values: IterableIterator<Value>) => Answer,
): () => Answer {
  let kept: { readonly version: number; readonly answer: Answer } | null = null
  return () => {
    if (kept?.version !== table.version()) kept = { version: table.version(), answer: compute(table.committed()) }
    return kept.answer
  }
}
