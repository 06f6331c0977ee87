import { toHex } from '@poruch/base'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { openMemoryLogStore } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { createAccount, loadAccount } from './account.ts'
import { collections, jsonBytes, readJson } from './records.ts'

async function openAccount() {
  const random = seededRandom(1)
  const suite = keyedHashSuite(random)
  const store = openMemoryLogStore()
  const { account } = await createAccount({ suite, random, store })
  return { suite, store, account }
}

test('[RP100] opens with the keys that it was made with, from its record alone', async () => {
  const { suite, store, account } = await openAccount()
  const loaded = await loadAccount({ suite, store })
  expect(loaded?.device).toBe(account.device)
  if (!loaded) throw new Error('no account')
  const message = new Uint8Array([1, 2, 3])
  const signature = await suite.sign(loaded.signingKey, 'test', message)
  expect(await suite.verify(account.signingKey.publicKey, 'test', message, signature)).toBe(true)
  const sealed = await suite.hpkeSeal(account.hpkeKey.publicKey, message, message, message)
  expect(await suite.hpkeOpen(loaded.hpkeKey, sealed, message, message)).toEqual(message)
})

test('[RP100] of an earlier version opens with the handles that were kept, and not without', async () => {
  const { suite, store, account } = await openAccount()
  const { signingSeed, hpkeSeed, ...older } = (await readJson(store, collections.account, 'self')) as Record<string, unknown>
  expect([signingSeed, hpkeSeed]).toEqual([expect.any(String), expect.any(String)])
  await store.putRecords([{ collection: collections.account, key: 'self', value: jsonBytes(older) }])
  const handles = new Map([
    [`device-signing/${toHex(account.signingKey.publicKey)}`, account.signingKey.handle],
    [`device-hpke/${toHex(account.hpkeKey.publicKey)}`, account.hpkeKey.handle],
  ])
  const loaded = await loadAccount({ suite, store, olderKeys: { loadKey: async (name) => handles.get(name) ?? null } })
  expect(loaded?.signingKey).toEqual(account.signingKey)
  expect(loaded?.hpkeKey).toEqual(account.hpkeKey)
  expect(await loadAccount({ suite, store })).toBeNull()
})
