/** How the relay is reached: the tab that has the network knows, and tells the other tabs through the store. */
import type { RelayState, ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, readJson } from './records.ts'

export interface SharedRelayState {
  /** Of this tab while it leads, else what the leading one has said last. */
  read(): RelayState
  /** This tab has the network until the signal aborts; the answer takes its states. */
  lead(signal: AbortSignal): (state: RelayState) => void
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
}

const key = 'state'

export async function openRelayState(ports: ReplicaPorts, onChange: () => void): Promise<SharedRelayState> {
  const { store } = ports
  const load = async (): Promise<RelayState> =>
    ((await readJson(store, collections.relayState, key)) as RelayState | null) ?? { name: 'offline' }
  let leading: AbortSignal | null = null
  let state = await load()
  const isLeading = (): boolean => leading?.aborted === false
  return {
    read: () => state,
    lead: (signal) => {
      leading = signal
      return (next) => {
        if (leading !== signal || signal.aborted) return
        state = next
        onChange()
        store.putRecords([{ collection: collections.relayState, key, value: jsonBytes(next) }]).catch((thrown: unknown) => {
          ports.log?.('relay-state-not-told', { error: String(thrown) })
        })
      }
    },
    refresh: async () => {
      if (isLeading()) return
      state = await load()
      onChange()
    },
  }
}
