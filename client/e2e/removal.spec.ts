/** Somebody is removed: what comes after is closed to them, and nothing that they write counts. */
import { connectRelay } from '@poruch/adapters-browser/relay'
import { concatBytes, encodeUtf8, idToBytes, systemClock } from '@poruch/base'
import type { Bytes, EnvelopeId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import { openSealedKey } from '@poruch/identity'
import { decodeSealedKey } from '@poruch/identity/fold'
import {
  decodeEnvelope,
  decodeFrame,
  deviceIndexOf,
  encodeFrame,
  encodeHeader,
  envelopeContext,
  envelopeId,
  envelopeKinds,
  envelopeSignatureDomain,
  hintOf,
} from '@poruch/sync/wire'
import { expect, test } from '@playwright/test'
import { message, openCompany, openConversation, openMembers, openTrio, removeMember, row, say } from './company.ts'
import { join } from 'node:path'
import { buildPatchedClient, goDeaf } from './patched-client.ts'
import { opensWith, readRelayDatabase } from './relay-database.ts'
import type { RelayDatabase, StoredEnvelope } from './relay-database.ts'
import { identityOf, steal } from './thief.ts'
import type { Loot } from './thief.ts'

const suite = webCryptoSuite()

/** The last answer of the relay to an envelope that somebody hands in. */
async function handIn(origin: string, loot: Loot, entry: { topic: StoredEnvelope['topic']; envelope: Bytes }): Promise<string> {
  const ending = new AbortController()
  const { link } = await connectRelay({
    origin,
    device: loot.device,
    authenticate: identityOf(loot),
    clock: systemClock,
    signal: ending.signal,
  })
  try {
    return await new Promise<string>((resolve) => {
      link.onFrame((bytes) => {
        const frame = decodeFrame(bytes)
        if (!frame.ok) return
        if (frame.value.type === 'REFUSE') resolve(frame.value.code)
        if (frame.value.type === 'ACK') resolve('accepted')
      })
      link.send(encodeFrame({ type: 'APPEND', ref: 1, ...entry }))
    })
  } finally {
    ending.abort()
  }
}

/** What the removed one's patched client writes: the next envelope of the own chain, by default as if before the removal. */
async function forged(
  database: RelayDatabase,
  bob: Loot,
  { topic, pos: stated }: { topic: StoredEnvelope['topic']; pos?: number },
): Promise<Bytes> {
  const { fold, scope, envelopes } = database
  const last = envelopes.findLast((envelope) => envelope.topic === topic && envelope.device === bob.device)
  const before = last && decodeEnvelope(last.bytes)
  if (!last || !before?.ok) throw new Error('the removed one had written nothing')
  const { gen, lamport } = before.value.header
  const pos = stated ?? before.value.header.pos
  const epoch = fold.epochByGen(gen)
  const head = fold.entryIdAt(pos)
  const key = epoch && bob.epochKeys.get(epoch.id)
  if (!epoch || !head || !key) throw new Error('no key')
  const kind = envelopeKinds.update
  const info = concatBytes(encodeUtf8('msg v1'), idToBytes(epoch.id), Uint8Array.of(kind), idToBytes(bob.device))
  const nonce = systemRandom.bytes(12)
  const prev: EnvelopeId = last.id
  const place = { kind, gen, deviceIndex: deviceIndexOf(bob.device), seq: last.seq + 1, pos, lamport: lamport + 1 }
  const header = encodeHeader({ ...place, nonce, prevHint: hintOf(prev), headHint: hintOf(head) })
  const context = envelopeContext({ scope, topic, epoch: epoch.id, device: bob.device, prev, head })
  const derived = await suite.deriveAeadKey(key, idToBytes(topic), info)
  const ct = await suite.seal(derived, nonce, concatBytes(context, header), new Uint8Array([0, 0, 0, 1, 0, 0, 0x80, 0]))
  const id = await envelopeId(suite, context, header, ct)
  return concatBytes(header, ct, await bob.sign(envelopeSignatureDomain, idToBytes(id)))
}

test('[CL5] the removed one opens nothing that came after, with all keys and the whole database; the relay refuses the patched client', async () => {
  const company = await openCompany()
  try {
    const { relay } = company
    const { alice, bob, carol } = await openTrio(company)
    for (const { page } of [alice, bob, carol]) await openConversation(page, 'General')
    for (const { page, name } of [alice, bob, carol]) await say(page, `${name} before`)
    for (const { name } of [alice, bob, carol]) await expect(message(bob.page, `${name} before`)).toBeVisible()
    await removeMember(alice.page, 'Bob')
    await expect(row(carol.page, 'Bob')).toBeHidden()
    for (const { page } of [alice, carol]) await openConversation(page, 'General')
    await say(alice.page, 'Alice after')
    await say(carol.page, 'Carol after')
    await expect(message(alice.page, 'Carol after')).toBeVisible()
    await expect(message(carol.page, 'Alice after')).toBeVisible()
    await expect(message(bob.page, 'Alice after')).toBeHidden()
    await expect(bob.page.getByText('You are no longer a member', { exact: false }).first()).toBeVisible()

    await relay.stop()
    const database = await readRelayDatabase(relay.dataFolder)
    const loot = await steal(bob.page)
    const newEpochPos = database.fold.epochs().at(-1)?.pos ?? 0
    const keys = [...loot.epochKeys.values(), ...(await keysIn(database, loot))]
    const inWorkspace = database.envelopes.filter((envelope) => isWorkspaces(database, envelope))
    const after = inWorkspace.filter((envelope) => decodedPos(envelope) >= newEpochPos)
    const before = inWorkspace.filter((envelope) => decodedPos(envelope) < newEpochPos)
    expect(after.length).toBeGreaterThanOrEqual(2)
    expect(before.length).toBeGreaterThanOrEqual(1)
    for (const envelope of before) expect(await opensWith(database, envelope, keys)).toBe(true)
    for (const envelope of after) expect(await opensWith(database, envelope, keys)).toBe(false)

    await relay.start()
    const topic = database.envelopes.findLast((envelope) => envelope.device === loot.device && isWorkspaces(database, envelope))?.topic
    if (!topic) throw new Error('no topic')
    const backDated = await forged(database, loot, { topic })
    const dated = await forged(database, loot, { topic, pos: database.fold.head()?.pos ?? 0 })
    for (const envelope of [backDated, dated]) {
      await expect(handIn(relay.origin, loot, { topic, envelope })).rejects.toMatchObject({ reason: 'not-a-member' })
    }
    // Nor does it help him that a member hands it in.
    const accomplice = await steal(carol.page)
    expect(await handIn(relay.origin, accomplice, { topic, envelope: backDated })).toBe('void')
    expect(await handIn(relay.origin, accomplice, { topic, envelope: dated })).toBe('no-right')
  } finally {
    await company.close()
  }
})

test('[CL5] with the relay dead, peers take nothing of the removed one, whose patched client goes on writing', async () => {
  const company = await openCompany()
  try {
    const bobsClient = join(company.folder, 'patched-client')
    await buildPatchedClient(bobsClient)
    const { alice, bob, carol } = await openTrio(company, { bobsClient })
    for (const { page } of [alice, bob, carol]) await openConversation(page, 'General')
    await say(bob.page, 'Bob before')
    for (const { page } of [alice, carol]) await expect(message(page, 'Bob before')).toBeVisible()
    await goDeaf(bob.page)
    await removeMember(alice.page, 'Bob')
    await expect(row(carol.page, 'Bob')).toBeHidden()
    await company.relay.kill()

    await say(bob.page, 'Bob after, to whom it may reach')
    for (const { page } of [alice, carol]) await openConversation(page, 'General')
    await say(alice.page, 'Alice after')
    await say(carol.page, 'Carol after')
    await expect(message(carol.page, 'Alice after')).toBeVisible()
    await expect(message(alice.page, 'Carol after')).toBeVisible()
    await say(bob.page, 'Bob again')
    const bobs = bob.page.getByRole('list', { name: 'Messages' }).getByRole('listitem').filter({ hasText: 'Bob again' })
    await expect(bobs.getByText('only on this device')).toBeVisible()
    await expect(message(bob.page, 'Alice after')).toBeHidden()
    for (const { page } of [alice, carol]) {
      await expect(message(page, 'Bob before')).toBeVisible()
      await expect(message(page, 'Bob after, to whom it may reach')).toBeHidden()
      await expect(message(page, 'Bob again')).toBeHidden()
    }
    await company.relay.start()
    await say(alice.page, 'The relay is back')
    await expect(message(carol.page, 'The relay is back')).toBeVisible()
    for (const { page } of [alice, carol]) await expect(message(page, 'Bob again')).toBeHidden()
  } finally {
    await company.close()
  }
})

test('[CL6] what the removed one wrote before knowing is void everywhere, until an admin admits it', async () => {
  const company = await openCompany()
  try {
    const { relay } = company
    const { alice, bob, carol } = await openTrio(company)
    for (const { page } of [alice, bob, carol]) await openConversation(page, 'General')
    await say(bob.page, 'Bob before')
    await expect(message(alice.page, 'Bob before')).toBeVisible()
    await expect(message(carol.page, 'Bob before')).toBeVisible()
    await expect(bob.page.getByText('on the relay').first()).toBeVisible()
    await alice.quit()
    await relay.kill()
    // Only Carol is there to hear it; neither the relay nor Alice can know.
    await say(bob.page, 'Honest work offline')
    await expect(message(carol.page, 'Honest work offline')).toBeVisible()
    await bob.quit()
    await carol.quit()

    await relay.start()
    await alice.reopen()
    await removeMember(alice.page, 'Bob')
    await carol.reopen()
    await expect(row(carol.page, 'Bob')).toBeHidden()
    for (const { page } of [alice, carol]) {
      await openConversation(page, 'General')
      await expect(message(page, 'Bob before')).toBeVisible()
      await expect(message(page, 'Honest work offline')).toBeHidden()
    }
    await openMembers(alice.page)
    await expect(alice.page.getByRole('list', { name: 'Late messages' }).getByText('Honest work offline')).toBeVisible({ timeout: 60_000 })
    await alice.page.getByRole('button', { name: 'Admit message of Bob' }).click()
    for (const { page } of [alice, carol]) {
      await openConversation(page, 'General')
      await expect(message(page, 'Honest work offline')).toBeVisible()
    }
  } finally {
    await company.close()
  }
})

function decodedPos({ bytes }: StoredEnvelope): number {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value.header.pos
}

function isWorkspaces({ fold }: RelayDatabase, { topic }: StoredEnvelope): boolean {
  return fold.topicRuleAt(topic, fold.head()?.pos ?? 0) !== null
}

/** What the sealed keys in the database give to somebody's per-user key. */
async function keysIn({ fold, keyRecords }: RelayDatabase, { pukSeeds }: Loot): Promise<Bytes[]> {
  const found: Bytes[] = []
  for (const record of keyRecords) {
    if (record[0] !== 1) continue
    const sealed = decodeSealedKey(record.slice(1))
    const epoch = fold.epochs().find(({ id }) => id === sealed.epoch)
    const key = epoch && (await openSealedKey({ suite, pukSeeds, sealed, keyCommitment: epoch.keyCommitment }))
    if (key) found.push(key)
  }
  return found
}
