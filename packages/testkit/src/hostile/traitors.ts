/** Who helps the relay: a removed member with all that they once had, and their forgery of another's device. */
import { encodeUtf8 } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { makeMemoryDisk } from '../memory/log-store.ts'
import type { MemoryDisk } from '../memory/log-store.ts'
import { openMember, readAccount } from './members.ts'
import type { Member, MemberParts } from './members.ts'

/** What a replica needs to go on where another one stood. */
const collections = ['account', 'log', 'epoch-keys']
const maxRows = 1000

/** A disk with what the device knows; of the envelopes, those of these topics, or all. */
export async function copyOf(store: LogStore, topics?: readonly TopicId[]): Promise<MemoryDisk> {
  const disk = makeMemoryDisk()
  const copy = disk.open()
  for (const collection of collections) {
    const records = await store.listRecords(collection)
    await copy.putRecords(records.map(({ key, value }) => ({ collection, key, value })))
  }
  for (const topic of topics ?? (await store.topics()))
    for (const { device } of await store.heads(topic))
      for (const row of await store.read(topic, device, 1, maxRows)) await copy.append(topic, row.seq - 1, row)
  return disk
}

/**
 * A replica that believes to be `victim`'s device: it has the epoch keys of `traitor`, and signs with the traitor's key. All that it writes
 * is what the victim would write, but for the signature.
 */
export async function impersonate(traitor: Member, victim: Member, parts: MemberParts): Promise<Member> {
  const disk = await copyOf(traitor.store)
  const store = disk.open()
  const [own, stolen] = [await readAccount(traitor.store), await readAccount(victim.store)]
  const account = { ...own, user: stolen?.user, signingPublicKey: stolen?.signingPublicKey }
  await store.putRecords([{ collection: 'account', key: 'self', value: encodeUtf8(JSON.stringify(account)) }])
  return openTraitor(`false ${victim.name}`, parts, disk)
}

/** A replica without a network over such a disk. */
export async function openTraitor(name: string, parts: MemberParts, disk: MemoryDisk): Promise<Member> {
  return openMember({ name, parts, disk, offline: true })
}
