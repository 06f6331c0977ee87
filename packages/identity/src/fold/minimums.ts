/** The role that a topic asks for. */
import type { TopicId } from '@poruch/base'
import type { Role } from '../roles.ts'
import { isReactionTopic } from '../scope-log/topics.ts'
import type { Minimum } from './state.ts'

/** The role that writing this very topic asks for. */
export function minRoleOf(topic: TopicId, minimum: Minimum): Role {
  return isReactionTopic(topic) ? minimum.minReact : minimum.minWrite
}
