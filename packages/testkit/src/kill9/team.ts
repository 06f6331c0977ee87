/** A workspace on the running relay: founded through the setup link, with members who came by invitation. */
import type { ConversationId } from '@poruch/replica'
import type { Device } from './devices.ts'
import { until } from './patience.ts'
import type { RelayProcess } from './relay-process.ts'

export interface Team {
  readonly founder: Device
  /** The founder is the first. */
  readonly devices: readonly Device[]
  readonly channel: ConversationId
}

const invitationLifeMs = 24 * 3_600_000

/** `open` gives a blank device of that name. */
export async function gatherTeam(
  relay: Pick<RelayProcess, 'origin' | 'setupLink'>,
  names: readonly string[],
  open: (name: string) => Promise<Device>,
): Promise<Team> {
  const [first = '', ...others] = names
  const founder = await open(first)
  const link = await relay.setupLink()
  const setupSecret = link.slice(link.lastIndexOf('/') + 1)
  await founder.replica.createWorkspace({ name: 'Works', displayName: first, origin: relay.origin, setupSecret, channelTitle: 'General' })
  await until('the founder is connected', () => founder.replica.connection.read().relay.state === 'connected')
  const devices = [founder]
  for (const name of others) devices.push(await admit(founder, await open(name)))
  await until('all can write', () => devices.every((device) => channelOf(device) !== null))
  const channel = channelOf(founder)
  if (!channel) throw new Error('the founder has no channel')
  return { founder, devices, channel }
}

/** Lets a blank device in by a link of its own. */
export async function admit(founder: Device, device: Device): Promise<Device> {
  const { link } = await invite(founder)
  await device.replica.requestJoin({ link, displayName: device.name })
  const requests = () => founder.replica.workspace.read()?.requests ?? []
  await until(`the request of ${device.name}`, () => requests().length > 0)
  for (const request of requests()) await founder.replica.admit(request)
  await until(`${device.name} is a member`, () => channelOf(device) !== null)
  return device
}

/** @throws ReplicaError */
export async function invite(founder: Device): Promise<{ readonly link: string }> {
  return founder.replica.createInvitation({ role: 'editor', validForMs: invitationLifeMs, maxUses: 1, approval: true })
}

/** The first channel, once this device may write there. */
function channelOf({ replica }: Device): ConversationId | null {
  const found = replica.workspace.read()?.conversations.find(({ id }) => id.kind === 'channel')
  return found && replica.conversation(found.id).read().readOnly === null ? found.id : null
}
