/** People take messages back in a storm: the content of whole envelopes goes, from all disks and the relay. */
import { topicIdOf } from '@poruch/identity/fold'
import { messagesInUpdate, parseMessageId } from '@poruch/model'
import type { ConversationId } from '@poruch/replica'
import { becomeTraitor } from './adversaries/traitor.ts'
import { attempt, conversationsOf, founder, replicaOf } from './people.ts'
import type { Cast, Person } from './people.ts'

/** Somebody erases a message of their own, the founder one of anybody's. */
export async function eraseSomething(cast: Cast, person: Person): Promise<void> {
  const { chance, world } = cast
  const channels = conversationsOf(cast, person).filter((id) => id.kind === 'channel')
  const replica = replicaOf(cast, person)
  if (!replica || channels.length === 0) return
  const conversation = chance.pick(channels)
  const messages = replica
    .conversation(conversation)
    .read()
    .messages.filter(({ mine, erased, text }) => !erased && world.ledger.sent.has(text) && (mine || person.name === founder))
  if (messages.length === 0) return
  const { id, text } = chance.pick(messages)
  const together = await textsBeside(cast, person, { conversation, id })
  if (!together.includes(text)) return
  for (const each of together) world.ledger.erase(each, null)
  attempt(cast, `${person.name} erases ${text}`, async () => {
    await replica.erase(conversation, id)
    for (const each of together) world.ledger.erase(each, person.name)
  })
}

/** The texts of the envelope that holds a message, as they lie on this person's disk. */
async function textsBeside(
  { world }: Cast,
  person: Person,
  message: { readonly conversation: ConversationId; readonly id: string },
): Promise<readonly string[]> {
  const { conversation, id } = message
  const device = parseMessageId(id)?.device
  const reader = device && conversation.kind === 'channel' ? await becomeTraitor(world, person) : null
  if (!reader || !device || conversation.kind !== 'channel') return []
  const topic = topicIdOf(conversation.prefix, 0)
  for (const row of await reader.rowsOf(topic, device)) {
    const inner = await reader.open(topic, row)
    const messages = (inner?.updates ?? []).flatMap((update) => messagesInUpdate(update, device))
    if (messages.some((each) => each.id === id)) return messages.map(({ text }) => text)
  }
  return []
}
