/** The circuit relay, loaded when somebody first needs it: its libraries are half of a start, and no session waits for them. */
import { codeOf } from '@poruch/base'
import type { Note } from './log-lines.ts'
import type { PeerRelay, PeerRelayOptions } from './peer-relay.ts'

export function makeLatePeers(options: PeerRelayOptions, note: Note): Omit<PeerRelay, 'peerId'> {
  let opening: Promise<PeerRelay> | null = null
  const open = (): Promise<PeerRelay> => {
    opening ??= load(options).catch((thrown: unknown) => {
      // Whoever asks next tries again.
      opening = null
      note('peer-relay-failed', { code: codeOf(thrown) })
      throw thrown
    })
    return opening
  }
  return {
    upgrade: (request, socket, head) => {
      open().then(
        (peers) => peers.upgrade(request, socket, head),
        () => socket.destroy(),
      )
    },
    sweep: () => {
      opening?.then((peers) => peers.sweep()).catch(() => undefined)
    },
    close: async () => {
      await opening?.then(async (peers) => peers.close()).catch(() => undefined)
    },
  }
}

async function load(options: PeerRelayOptions): Promise<PeerRelay> {
  const { openPeerRelay } = await import('./peer-relay.ts')
  return openPeerRelay(options)
}
