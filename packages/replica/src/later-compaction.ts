/** Compaction begins with the first session: what packs chats is in no start's way. */
import type { Compaction } from './compaction.ts'
import { laterParts } from './later-parts.ts'
import type { MemberDevice } from './member-device.ts'
import type { RelayLine } from './relay-line.ts'

/** Its code is asked for again with the next look, when it did not come. */
export function makeLaterCompaction(device: MemberDevice, line: Pick<RelayLine, 'offerPack' | 'wantPacks'>): Compaction {
  let begun: Compaction | null = null
  let isBeginning = false
  let isClosed = false
  const begin = async (): Promise<void> => {
    isBeginning = true
    try {
      const { makeCompaction } = await laterParts.compaction()
      if (isClosed) return
      begun = makeCompaction(device, line)
      begun.look()
    } catch (thrown) {
      device.ports.log?.('compaction-not-loaded', { error: String(thrown) })
    } finally {
      isBeginning = false
    }
  }
  return {
    look: () => {
      if (begun) begun.look()
      else if (!isBeginning && !isClosed && device.requests.connected) void begin()
    },
    close: () => {
      isClosed = true
      begun?.close()
    },
  }
}
