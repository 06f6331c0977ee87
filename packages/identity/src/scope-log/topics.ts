/** Topic ids: 28 bytes of prefix and a number whose parity tells messages from reactions. */
import type { TopicId } from '@poruch/base'
import { IdentityError } from '../errors.ts'

const prefixLength = 56
const maxN = 2 ** 32 - 1

/** The topic `n` of a prefix (56 hexadecimal characters): even ones hold messages (`/m`), odd ones reactions (`/r`). @throws IdentityError `bad-shape` */
export function topicIdOf(prefix: string, n: number): TopicId {
  if (!/^[0-9a-f]{56}$/u.test(prefix) || !Number.isInteger(n) || n < 0 || n > maxN)
    throw new IdentityError('bad-shape', 'not a prefix and a u32')
  return (prefix + n.toString(16).padStart(8, '0')) as TopicId
}

export function prefixOf(topic: TopicId): string {
  return topic.slice(0, prefixLength)
}

/** True for `/r`, which asks for minReact; false for `/m`, which asks for minWrite. */
export function isReactionTopic(topic: TopicId): boolean {
  return Number.parseInt(topic.slice(-1), 16) % 2 === 1
}
