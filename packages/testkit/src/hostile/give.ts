/** Gives the honest an envelope that nobody may give them. */
import type { Bytes, TopicId } from '@poruch/base'
import { delay, untilAsync } from '../kill9/patience.ts'
import type { Member } from './members.ts'
import type { World } from './world.ts'

const againMs = 100
/** Of one attack, in one topic. */
const maxGiftsBefore = 4

export interface Gift {
  readonly victim: Member
  readonly topic: TopicId
  readonly envelope: Bytes
  /** It is authentic, and void: kept unshown by whoever gets it. */
  readonly isKept?: boolean
  /** Another envelope has its place: no relay's database takes two. */
  readonly isFork?: boolean
}

/**
 * It goes to the relay in an honest member's session: a relay that checks refuses it, one that does not hands it on by itself. Then to the
 * victim, as the next in the relay's order. Resolves when the victim has judged it. @throws Error when the relay answers otherwise
 */
export async function give(
  { proxy, alice, checks }: World,
  { victim, topic, envelope, isKept = false, isFork = false }: Gift,
): Promise<void> {
  const before = { refused: victim.heard('envelope-refused'), kept: await countRows(victim, topic) }
  const answer = await proxy.lineOf(alice.id).ask((ref) => ({ type: 'APPEND', ref, topic, envelope }))
  if (answer.type !== (checks === 'on' || isFork ? 'REFUSE' : 'ACK'))
    throw new Error(`the relay with its checks ${checks} answers ${JSON.stringify(answer)}`)
  // A device with a bug takes what it should refuse: that is judged, too.
  const isJudged = async (): Promise<boolean> =>
    (await countRows(victim, topic)) > before.kept || (!isKept && victim.heard('envelope-refused') > before.refused)
  let attempts = 0
  await untilAsync('the victim has judged it', async () => {
    // A fork is evidence, not a refusal: what shows of it is the alarm.
    if (isFork ? attempts > 2 * maxGiftsBefore : await isJudged()) return true
    // As the next one; what was given before may have had that place.
    const relaySeq = proxy.seqOf(victim.id, topic) + 1 + (attempts++ % maxGiftsBefore)
    if (answer.type === 'REFUSE') proxy.lineOf(victim.id).toDevice({ type: 'ENTRY', topic, relaySeq, envelope })
    await delay(againMs)
    return false
  })
}

async function countRows({ store }: Member, topic: TopicId): Promise<number> {
  return (await store.heads(topic)).reduce((sum, { seq }) => sum + seq, 0)
}
