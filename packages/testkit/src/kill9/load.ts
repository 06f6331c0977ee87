/** Work that does not stop: every device writes messages, the founder also has entries ordered. */
import type { ConversationId } from '@poruch/replica'
import { ReplicaError } from '@poruch/replica'
import type { Chance } from '../sim/chance.ts'
import type { Device } from './devices.ts'
import { delay } from './patience.ts'
import { invite } from './team.ts'
import type { Team } from './team.ts'

/** Envelopes of one device that no relay has acknowledged; above it the device waits, so that the work is bounded while the relay is away. */
const maxUnsent = 16
const minPauseMs = 2
const maxPauseMs = 25
/** While there is nothing to do but wait. */
const idleMs = 20
/** Between two changes of the membership log. */
const minChangeMs = 200
const maxChangeMs = 700
/** A new channel after so many changes keeps documents short. */
const changesPerChannel = 12

export interface Load {
  /** Ends when the last call has come back. @throws what the work has met that is no refusal of the replica */
  stop(): Promise<void>
}

export function startLoad(team: Team, chance: Chance): Load {
  const work = { running: true, channels: [team.channel] as ConversationId[] }
  const loops = [
    ...team.devices.map(async (device) => writeOn(device, work, chance.fork(device.name))),
    changeOn(team.founder, work, chance.fork('changes')),
  ]
  const ended = Promise.all(loops)
  ended.catch(() => {
    work.running = false
  })
  return {
    stop: async () => {
      work.running = false
      await ended
    },
  }
}

interface Work {
  running: boolean
  /** In the order in which they were made. */
  channels: ConversationId[]
}

async function writeOn(device: Device, work: Work, chance: Chance): Promise<void> {
  const { name, replica } = device
  for (let count = 1; work.running;) {
    const isBehind = replica.connection.read().unsent >= maxUnsent
    const channel = work.channels.findLast((id) => knows(device, id))
    if (!isBehind && channel && (await tried(async () => replica.send(channel, `${name} ${count}`)))) {
      count += 1
      await delay(chance.between(minPauseMs, maxPauseMs))
    } else await delay(idleMs)
  }
}

function knows({ replica }: Device, channel: ConversationId): boolean {
  const known = replica.workspace.read()?.conversations ?? []
  return known.some(({ id }) => id.kind === 'channel' && channel.kind === 'channel' && id.prefix === channel.prefix)
}

async function changeOn(founder: Device, work: Work, chance: Chance): Promise<void> {
  for (let count = 1; work.running; count++) {
    if (count % changesPerChannel === 0) {
      await tried(async () => {
        work.channels.push(await founder.replica.createChannel(`Channel ${count}`))
      })
    } else {
      const open = founder.replica.workspace.read()?.invitations.find(({ state }) => state === 'open')
      await tried(async () => (open ? founder.replica.revokeInvitation(open.id) : void (await invite(founder))))
    }
    await delay(chance.between(minChangeMs, maxChangeMs))
  }
}

/** False when the replica says no: a change of membership while the relay is away, a channel that is not known here yet. */
async function tried(change: () => Promise<void>): Promise<boolean> {
  try {
    await change()
    return true
  } catch (thrown) {
    if (thrown instanceof ReplicaError) return false
    throw thrown
  }
}
