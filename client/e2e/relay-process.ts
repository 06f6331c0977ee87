/** The relay of the end-to-end tests: a process of its own that serves the built app. */
import { makeRelayProcess } from '@poruch/testkit/relay-process'
import type { RelayProcess } from '@poruch/testkit/relay-process'
import { fileURLToPath } from 'node:url'

/** What `vite build` has made. */
export const builtClient = fileURLToPath(new URL('../dist', import.meta.url))

/** A started relay on a free port. */
export async function startRelay(dataFolder: string, clientFolder = builtClient): Promise<RelayProcess> {
  const relay = await makeRelayProcess({ dataFolder, clientFolder })
  await relay.start()
  return relay
}
