/** A workspace on the real relay process, with devices in this process that are the product's own. */
import { join } from 'node:path'
import { openDevice } from '../kill9/devices.ts'
import type { Device } from '../kill9/devices.ts'
import { makePromiseBook } from '../promises.ts'
import { makeRelayProcess } from '../kill9/relay-process.ts'
import { gatherTeam } from '../kill9/team.ts'
import type { Team } from '../kill9/team.ts'
import { childWith } from './child-process.ts'

export interface RelayTeam extends Team {
  readonly relayPid: number
  close(): Promise<void>
}

export async function openRelayTeam(folder: string, members: number): Promise<RelayTeam> {
  const dataFolder = join(folder, 'relay')
  const relay = await makeRelayProcess({ dataFolder })
  await relay.start()
  const quiet = { connected: () => undefined, frame: () => undefined }
  const names = Array.from({ length: members }, (_, index) => `Member ${index}`)
  const team = await gatherTeam(relay, names, async (name) => openDevice({ name, book: makePromiseBook(), events: quiet }))
  return {
    ...team,
    relayPid: childWith(dataFolder),
    close: async () => {
      await Promise.all(team.devices.map(async (device) => device.close()))
      await relay.stop()
    },
  }
}

/** Resolves when the device shows a message with this text. */
export async function shows({ replica }: Device, channel: Team['channel'], text: string): Promise<void> {
  const view = replica.conversation(channel)
  const isThere = (): boolean => view.read().messages.some((message) => message.text === text)
  if (isThere()) return
  await new Promise<void>((resolve) => {
    const stop = view.subscribe(() => {
      if (!isThere()) return
      stop()
      resolve()
    })
  })
}
