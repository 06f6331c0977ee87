/** Keeps handles of non-extractable keys (CryptoKey) in the device's database. */
import { durable, inDatabase, openDatabase, settle } from './database.ts'

/** Handles are stored by structured clone, so a non-extractable key stays one. */
export interface KeyStore {
  /** The handle, or null. */
  loadKey(name: string): Promise<unknown>
  /**
   * Stores the handle unless the name has one, and answers the one that stands: of two tabs that make a key at once, both use the first.
   * @throws SyncError `disk-full` | `store-closed`
   */
  saveKey(name: string, handle: unknown): Promise<unknown>
  deleteKey(name: string): Promise<void>
  close(): void
}

/** The keys of the database that {@link openIndexedDbStore} opens by the same name. @throws AdapterError `newer-version` | `store-unavailable` */
export async function openKeyStore(options: { readonly name: string }): Promise<KeyStore> {
  const database = await openDatabase(options.name)
  return {
    loadKey: (name) => inDatabase(database, async (connection) => (await connection.get('keys', name)) ?? null),
    saveKey: (name, handle) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('keys', 'readwrite', durable)
        const present: unknown = await transaction.store.get(name)
        const standing = present ?? handle
        await settle(transaction, () => (present === undefined ? [transaction.store.put(handle, name)] : []))
        return standing
      }),
    deleteKey: (name) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('keys', 'readwrite', durable)
        await settle(transaction, () => [transaction.store.delete(name)])
      }),
    close: database.close,
  }
}
