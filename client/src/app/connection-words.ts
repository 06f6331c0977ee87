/** How the network stands, as one word for lists and marks: a team whose list a member keeps has no relay to be offline from. */
import type { ConnectionView } from '@poruch/replica'

export type ConnectionWord = ConnectionView['relay']['state'] | 'without'

export function connectionWord({ relay, steward }: ConnectionView): ConnectionWord {
  return steward ? 'without' : relay.state
}
