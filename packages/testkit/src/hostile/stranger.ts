/** A session with the relay that is no replica's: whatever frames one likes, in the name of a key that one has. */
import { connectRelay } from '@poruch/adapters-browser/relay'
import { codeOf, emptyBytes } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import type { Member } from './members.ts'
import type { World } from './world.ts'

export interface StrangerSession {
  send(frame: Frame): void
  close(): void
}

/** Null when the relay opens none. */
export async function strangerSession({ relay, suite, clock }: World, member: Member): Promise<StrangerSession | null> {
  const key = await member.signingKey()
  try {
    const connection = await connectRelay({
      origin: relay.origin,
      device: member.id,
      authenticate: {
        kind: 'device',
        proof: async () => Promise.resolve(emptyBytes),
        sign: async (domain, message) => suite.sign(key, domain, message),
      },
      clock,
      signal: AbortSignal.timeout(60_000),
    })
    return { send: (frame) => void connection.link.send(encodeFrame(frame)), close: connection.close }
  } catch (thrown) {
    if (codeOf(thrown) === 'refused') return null
    throw thrown
  }
}
