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
}

/** Takes everything out of an open page of Poruch. */
export async function steal(page: Page): Promise<Loot> {
  const records = new Map(await page.evaluate(readRecords))
  const account = JSON.parse(textOf(records.get('account self') ?? '')) as {
    user: UserId
    signingPublicKey: DeviceId
    signingSeed: string
    pukSeeds: readonly (readonly [number, string])[]
  }
  const suite = webCryptoSuite()
  const signingKey = await suite.signingKeyFromSeed(bytesOf(account.signingSeed))
  const keys = [...records].filter(([name]) => name.startsWith('epoch-keys '))
  return {
    user: account.user,
    device: account.signingPublicKey,
    epochKeys: new Map(keys.map(([name, value]) => [name.slice('epoch-keys '.length) as EpochId, bytesOf(value)])),
    pukSeeds: new Map(account.pukSeeds.map(([gen, seed]) => [gen, bytesOf(seed)])),
    sign: async (domain, message) => suite.sign(signingKey, domain, message),
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

/** Runs in the page: every sealed record, opened with the key that never leaves the browser. */
async function readRecords(): Promise<[string, string][]> {
  const open = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('poruch')
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(new Error('no database')))
  })
  const all = async <T>(store: string, read: (from: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const request = read(open.transaction(store).objectStore(store))
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(new Error('not read')))
    })
  const key = (await all('keys', (store) => store.get('at-rest'))) as CryptoKey
  const names = (await all('records', (store) => store.getAllKeys())) as [string, string][]
  const values = (await all('records', (store) => store.getAll())) as Uint8Array<ArrayBuffer>[]
  open.close()
  const opened: [string, string][] = []
  for (const [index, name] of names.entries()) {
    const sealed = values[index]
    if (!sealed) continue
    const iv = sealed.slice(0, 12)
    const plain = new Uint8Array(await crypto['subtle'].decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(12)))
    const view = new DataView(plain.buffer)
    const first = 2 + view.getUint16(0)
    const value = plain.slice(first + 2 + view.getUint16(first))
    opened.push([name.join(' '), [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')])
  }
  return opened
}
