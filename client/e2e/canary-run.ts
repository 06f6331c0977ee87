/** The canary command's story: people use random words for everything that is secret, then every place that others can read is searched. */
import { expect } from '@playwright/test'
import { makeSurvey, recordWire } from '@poruch/testkit/canary'
import type { Survey, WireRecorder } from '@poruch/testkit/canary'
import { freePort, makeRelayProcess } from '@poruch/testkit/relay-process'
import type { RelayProcess } from '@poruch/testkit/relay-process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { admit, askToJoin, composer, createWorkspace, invite, message, openConversation, row, say } from './company.ts'
import { openPerson } from './person.ts'
import type { Person } from './person.ts'

const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))
/** Answers that whoever runs or watches the relay can ask for. */
const openPaths = ['/metrics', '/api/metrics', '/api/health', '/api/relay', '/api/unknown']
const slowMs = 60_000 // browsers on a busy machine; nothing waits for it

export interface Secrets {
  readonly workspace: string
  readonly names: readonly [string, string]
  readonly channels: readonly [string, string]
  readonly drafts: readonly [string, string]
  /** Of messages: said in the first channel, then in the second, then between the two. */
  readonly texts: readonly string[]
}

export interface Searched {
  readonly survey: Survey
  readonly places: readonly string[]
}

/** Spoils one of the places before they are searched. */
export interface Sabotage {
  /** After the relay was killed and before its folder is read. */
  relayFolder(folder: string): Promise<void>
}

/** @throws Error when the people cannot do what they are asked to */
export async function runCanaries(options: { folder: string; secrets: Secrets; sabotage?: Sabotage }): Promise<Searched> {
  const { folder, secrets, sabotage } = options
  const [port, relayPort] = [await freePort(), await freePort()]
  const relay = await makeRelayProcess({ dataFolder: join(folder, 'relay'), clientFolder, url: `http://localhost:${port}`, port: relayPort })
  const wire = await recordWire({ port, relayPort })
  const people: Person[] = []
  try {
    await relay.start()
    const link = await liveALittle({ relay, folder, people }, secrets)
    const survey = makeSurvey([...wordsOf(secrets), secretOf(link)])
    const answers = await askOpenly(`http://localhost:${relayPort}`)
    for (const { path, body } of answers) survey.bytes(`the answer to ${path}`, body)
    await relay.kill()
    await Promise.all(people.map(async (person) => person.quit()))
    await sabotage?.relayFolder(relay.dataFolder)
    await searchAll(survey, { relay, wire, folder, people })
    return { survey, places: ['relay', 'output', ...answers.map(({ path }) => path), 'wire', ...people.map(({ name }) => `profile of ${name}`)] }
  } finally {
    await Promise.all(people.map(async (person) => person.quit().catch(() => undefined)))
    await relay.kill()
    await wire.close()
  }
}

interface Stage {
  readonly relay: RelayProcess
  readonly folder: string
  readonly people: Person[]
}

/** Answers the invitation's link. */
async function liveALittle({ relay, folder, people }: Stage, secrets: Secrets): Promise<string> {
  const { workspace, names, channels, drafts, texts } = secrets
  const arrive = async (name: string, url: string): Promise<Person> => {
    const person = await openPerson({ name, folder, url })
    people.push(person)
    person.page.setDefaultTimeout(slowMs)
    return person
  }
  const alice = await arrive('founder', await relay.setupLink())
  await createWorkspace(alice.page, { workspace, name: names[0] })
  const link = await invite(alice.page)
  const bob = await arrive('guest', link)
  await askToJoin(bob.page, names[1])
  await admit(alice.page, names[1])
  const third = Math.ceil(texts.length / 3)
  for (const [index, title] of channels.entries()) {
    await createChannel(alice, title)
    await openConversation(alice.page, title)
    for (const text of texts.slice(index * third, (index + 1) * third)) await say(alice.page, text)
  }
  await seen(row(bob.page, channels[0]))
  await openConversation(bob.page, names[0])
  for (const text of texts.slice(2 * third)) await say(bob.page, text)
  await openConversation(alice.page, names[1])
  await seen(message(alice.page, texts.at(-1) ?? ''))
  await composer(alice.page).fill(drafts[0])
  await composer(bob.page).fill(drafts[1])
  // A reload and a second look at everything: sessions are kept, pages are cached.
  await alice.page.reload()
  await openConversation(alice.page, channels[0])
  await seen(message(alice.page, texts[0] ?? ''))
  return link
}

async function createChannel({ page }: Person, title: string): Promise<void> {
  await page.getByRole('button', { name: 'New channel' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Channel name').fill(title)
  await dialog.getByRole('button', { name: 'Create channel' }).click()
}

async function seen(what: ReturnType<typeof row>): Promise<void> {
  await expect(what).toBeVisible({ timeout: slowMs })
}

function wordsOf({ workspace, names, channels, drafts, texts }: Secrets): readonly string[] {
  return [workspace, ...names, ...channels, ...drafts, ...texts]
}

/** The last 16 characters of what the link carries behind `#`. */
function secretOf(link: string): string {
  return link.slice(-16)
}

async function askOpenly(origin: string): Promise<readonly { path: string; body: Buffer }[]> {
  return Promise.all(
    openPaths.map(async (path) => {
      const answer = await fetch(`${origin}${path}`)
      return { path, body: Buffer.from(await answer.arrayBuffer()) }
    }),
  )
}

interface Places {
  readonly relay: RelayProcess
  readonly wire: WireRecorder
  readonly folder: string
  readonly people: readonly Person[]
}

async function searchAll(survey: Survey, { relay, wire, folder, people }: Places): Promise<void> {
  await survey.folder('relay', relay.dataFolder)
  survey.bytes("the relay's output", Buffer.from(relay.output()))
  for (const { place, bytes } of wire.taken()) survey.bytes(`wire: ${place}`, bytes)
  for (const { name } of people) await survey.folder(`profile of ${name}`, join(folder, name))
}
