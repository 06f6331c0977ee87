/** A map that costs hardly anything while it is empty: of the books that each chat has, most stay so. */

export class LeanMap<Key, Value> {
  #entries: Map<Key, Value> | null = null

  get size(): number {
    return this.#entries?.size ?? 0
  }

  get(key: Key): Value | undefined {
    return this.#entries?.get(key)
  }

  has(key: Key): boolean {
    return this.#entries?.has(key) ?? false
  }

  set(key: Key, value: Value): void {
    this.#entries ??= new Map()
    this.#entries.set(key, value)
  }

  delete(key: Key): void {
    this.#entries?.delete(key)
    if (this.#entries?.size === 0) this.#entries = null
  }

  clear(): void {
    this.#entries = null
  }

  /** @returns the keys in order of insertion */
  keys(): Iterable<Key> {
    return this.#entries?.keys() ?? []
  }

  /** @returns the values in order of their keys' insertion */
  values(): Iterable<Value> {
    return this.#entries?.values() ?? []
  }
}
