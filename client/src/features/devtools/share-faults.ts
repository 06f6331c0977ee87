/** The network's switches are those of the device: each tab has them, the one with the network feels them. */
import type { Cell } from '@poruch/base'
import type { Faults } from '@poruch/replica/devtools'

/** What is used of a BroadcastChannel. */
export type FaultsChannel = Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'close'>

/** Keeps the cell equal in all tabs that share the channel; one that opens later takes what the others have. */
export function shareFaults(faults: Cell<Faults>, channel: FaultsChannel): { close(): void } {
  let isTaking = false
  const stop = faults.subscribe(() => {
    if (!isTaking) channel.postMessage(faults.read())
  })
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === 'which') {
      if (Object.values(faults.read()).some(Boolean)) channel.postMessage(faults.read())
      return
    }
    const next = parseFaults(data)
    if (!next) return
    isTaking = true
    faults.set(next)
    isTaking = false
  })
  channel.postMessage('which')
  return {
    close: () => {
      stop()
      channel.close()
    },
  }
}

/** Of a tab that may run another version. */
function parseFaults(data: unknown): Faults | null {
  if (typeof data !== 'object' || data === null) return null
  const { offline, slow, lossy } = data as Partial<Record<keyof Faults, unknown>>
  return { offline: offline === true, slow: slow === true, lossy: lossy === true }
}
