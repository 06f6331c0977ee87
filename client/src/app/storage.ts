/** The browser's storage of this device: how much is used, and whether the browser may throw it away. */

export interface StorageState {
  readonly usedBytes: number
  /** What the browser would give at most; a guess of its own. */
  readonly quotaBytes: number
  /** False: the browser may clear it when the disk is short. */
  readonly isKept: boolean
}

const askedKey = 'poruch/persist-asked'

/** Null where the browser does not say. */
export async function readStorage(): Promise<StorageState | null> {
  if (!('storage' in navigator)) return null
  const [{ usage = 0, quota = 0 }, isKept] = await Promise.all([navigator.storage.estimate(), navigator.storage.persisted()])
  return { usedBytes: usage, quotaBytes: quota, isKept }
}

/** True when the browser now promises to keep it. Some browsers ask the person. */
export async function keepStorage(): Promise<boolean> {
  return 'storage' in navigator && navigator.storage.persist()
}

/** Once per device, at the first message sent: by then there is something to lose, and a reason to say yes. */
export async function keepStorageOnce(): Promise<void> {
  if (localStorage.getItem(askedKey) !== null) return
  localStorage.setItem(askedKey, 'yes')
  await keepStorage()
}
