/** Somebody with all that a person's unlocked browser holds. */
import { parseHex } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, UserId } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import type { SessionIdentity } from '@poruch/replica'
import type { Page } from '@playwright/test'

export interface Loot {
  readonly user: UserId
  readonly device: DeviceId
  readonly epochKeys: ReadonlyMap<EpochId, Bytes>
  readonly pukSeeds: ReadonlyMap<number, Bytes>
  sign(domain: string, message: Uint8Array): Promise<Bytes>
  /** Every key that can be used elsewhere, by name. */
  readonly keys: ReadonlyMap<string, Bytes>
}

/** Takes everything out of an open page of Poruch. */
export async function steal(page: Page): Promise<Loot> {
  const vault = await page.evaluate(readVault)
  const records = new Map(vault.records)
  const account = JSON.parse(textOf(records.get('account self') ?? '')) as {
    user: UserId
    signingPublicKey: DeviceId
    signingSeed: string
    hpkeSeed: string
    transportSeed: string
    pukSeeds: readonly (readonly [number, string])[]
  }
  const suite = webCryptoSuite()
  const signingKey = await suite.signingKeyFromSeed(bytesOf(account.signingSeed))
  const keys = [...records].filter(([name]) => name.startsWith('epoch-keys '))
  const laterPuks = [...records].flatMap(([name, seed]) =>
    name.startsWith('puk ') ? [[Number(name.slice('puk '.length)), seed] as const] : [],
  )
  const pukSeeds = new Map([...account.pukSeeds, ...laterPuks].map(([gen, seed]) => [gen, bytesOf(seed)] as const))
  return {
    user: account.user,
    device: account.signingPublicKey,
    epochKeys: new Map(keys.map(([name, value]) => [name.slice('epoch-keys '.length) as EpochId, bytesOf(value)])),
    pukSeeds,
    sign: async (domain, message) => suite.sign(signingKey, domain, message),
    keys: new Map([
      ['vault key', bytesOf(vault.vaultKey)],
      ['signing key', bytesOf(account.signingSeed)],
      ['HPKE key', bytesOf(account.hpkeSeed)],
      ['transport key', bytesOf(account.transportSeed)],
      ...[...pukSeeds].map(([gen, seed]) => [`per-user key ${gen}`, seed] as const),
      ...keys.map(([name, value]) => [name, bytesOf(value)] as const),
    ]),
  }
}

/** A session's identity for a thief who has the browser of its device. */
export function identityOf({ device, sign }: Loot): SessionIdentity {
  return { device, kind: 'device', proof: async () => new Uint8Array(0), sign }
}

function bytesOf(hex: string): Bytes {
  const bytes = parseHex(hex)
  if (!bytes) throw new TypeError('not hexadecimal')
  return bytes
}

function textOf(hex: string): string {
  return new TextDecoder().decode(bytesOf(hex))
}

/** Runs in the page: every sealed record, opened with the key that lies in the vault while no passphrase is set. */
async function readVault(): Promise<{ vaultKey: string; records: [string, string][] }> {
  const openDatabase = async (name: string): Promise<IDBDatabase> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name)
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(new Error('no database')))
    })
  const all = async <T>(database: IDBDatabase, store: string, read: (from: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const request = read(database.transaction(store).objectStore(store))
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(new Error('not read')))
    })
  const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const main = await openDatabase('poruch')
  const { generation } = (await all(main, 'vault', (store) => store.get('seat'))) as { generation: number }
  const seat = await openDatabase(`poruch key ${generation}`)
  const { handle } = (await all(seat, 'seat', (store) => store.get('seat'))) as { handle: CryptoKey }
  seat.close()
  const names = (await all(main, 'records', (store) => store.getAllKeys())) as [string, string][]
  const values = (await all(main, 'records', (store) => store.getAll())) as Uint8Array<ArrayBuffer>[]
  main.close()
  const subtle = crypto['subtle']
  const raw = new Uint8Array(await subtle.exportKey('raw', handle))
  const base = await subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode('poruch/vault-records v1')
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  const key = await subtle.deriveKey(derivation, base, { name: 'AES-GCM', length: 256 }, false, ['decrypt'])
  const records: [string, string][] = []
  for (const [index, name] of names.entries()) {
    const sealed = values[index]
    if (!sealed) continue
    const iv = sealed.slice(0, 12)
    const plain = new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(12)))
    const view = new DataView(plain.buffer)
    const first = 2 + view.getUint16(0)
    records.push([name.join(' '), hexOf(plain.slice(first + 2 + view.getUint16(first)))])
  }
  return { vaultKey: hexOf(raw), records }
}
