/** Brings the demo company to life on a relay: each person with a device of their own that is the product's. */
import { systemClock } from '@poruch/base'
import type { Clock } from '@poruch/base'
import type { ConversationId } from '@poruch/replica'
import { openDevice } from '../kill9/devices.ts'
import type { Device } from '../kill9/devices.ts'
import { until } from '../kill9/patience.ts'
import { makePromiseBook } from '../promises.ts'
import { channels, demoMessages, people, workspaceName } from './company.ts'

export interface Demo {
  /** Lets a guest in at once, as an editor. */
  readonly link: string
  /** Of those who stayed connected. */
  close(): Promise<void>
}

export interface DemoOptions {
  readonly origin: string
  /** Base64url, from the relay's setup link. */
  readonly setupSecret: string
  /** A Monday, when the first message was written; later ones follow over two weeks. Milliseconds since 1970. */
  readonly firstMorningMs: number
}

const invitationLifeMs = 7 * 24 * 3_600_000
const guests = 100

/** A clock that shows another time; what it waits for comes as always. */
interface Calendar extends Clock {
  /** Null: the time that it is. */
  show(wallTimeMs: number | null): void
}

function makeCalendar(): Calendar {
  let shown: number | null = null
  return { now: () => shown ?? systemClock.now(), after: systemClock.after, show: (wallTimeMs) => (shown = wallTimeMs) }
}

interface Cast {
  readonly device: Device
  readonly calendar: Calendar
}

/** Resolves when all was written, and the relay has it. */
export async function gatherCompany({ origin, setupSecret, firstMorningMs }: DemoOptions): Promise<Demo> {
  const cast = await Promise.all(people.map(async ({ name }) => openPerson(name)))
  const [founder] = cast
  if (!founder) throw new Error('the company has nobody')
  const { replica } = founder.device
  await replica.createWorkspace({
    name: workspaceName,
    displayName: founder.device.name,
    origin,
    setupSecret,
    channelTitle: channels[0] ?? '',
  })
  await until('the founder is connected', () => replica.connection.read().relay.state === 'connected')
  const { link } = await replica.createInvitation({ role: 'editor', validForMs: invitationLifeMs, maxUses: people.length, approval: false })
  await Promise.all(cast.slice(1).map(async ({ device }) => device.replica.requestJoin({ link, displayName: device.name })))
  for (const title of channels.slice(1)) await replica.createChannel(title)
  await until('all can write in all channels', () => cast.every(({ device }) => writable(device).length === channels.length))
  await talk(cast, firstMorningMs)
  await part(cast)
  const { link: door } = await replica.createInvitation({ role: 'editor', validForMs: invitationLifeMs, maxUses: guests, approval: false })
  const present = cast.filter((_, index) => people[index]?.fate === 'stays')
  return { link: door, close: async () => void (await Promise.all(present.map(async ({ device }) => device.close()))) }
}

async function openPerson(name: string): Promise<Cast> {
  const calendar = makeCalendar()
  const quiet = { connected: () => undefined, frame: () => undefined }
  return { calendar, device: await openDevice({ name, parts: { clock: calendar }, book: makePromiseBook(), events: quiet }) }
}

async function talk(cast: readonly Cast[], firstMorningMs: number): Promise<void> {
  const [founder] = cast
  const byTitle = new Map(founder && writable(founder.device).map(({ title, id }) => [title, id]))
  const said = channels.map(() => 0)
  for (const { channel, author, text, atMs } of demoMessages()) {
    const writer = cast[author]
    const id = byTitle.get(channels[channel] ?? '')
    if (!writer || !id) throw new Error(`nobody writes into channel ${channel}`)
    const { replica } = writer.device
    // People answer what they have read; so the order is that of the days.
    await until('the writer has read on', () => replica.conversation(id).read().messages.length === said[channel])
    writer.calendar.show(firstMorningMs + atMs)
    await replica.send(id, text)
    writer.calendar.show(null)
    said[channel] = (said[channel] ?? 0) + 1
  }
  await until('the relay has everything', () => cast.every(({ device }) => device.replica.connection.read().unsent === 0))
}

/** One is removed, one goes offline. */
async function part(cast: readonly Cast[]): Promise<void> {
  const [founder] = cast
  for (const [index, { device }] of cast.entries()) {
    const fate = people[index]?.fate
    const member = founder?.device.replica.workspace.read()?.members.find(({ name }) => name === device.name)
    if (fate === 'removed' && member) await founder?.device.replica.removeMember(member.user)
    if (fate !== 'stays') await device.close()
  }
  await until('the removal is ordered', () => founder?.device.replica.workspace.read()?.members.length === people.length - 1)
}

function writable({ replica }: Device): readonly { readonly title: string; readonly id: ConversationId }[] {
  return (replica.workspace.read()?.conversations ?? []).filter(
    ({ id, title }) => id.kind === 'channel' && title !== '' && replica.conversation(id).read().readOnly === null,
  )
}
