/** The story of the canaries: people use random words for everything that is secret, then every place that others can read is searched. */
import { expect } from '@playwright/test'
import { makeCanary, makeSurvey, plantInFile, recordWire, withPlant } from '@poruch/testkit/canary'
import type { Plant, Sought, Survey, WireRecorder } from '@poruch/testkit/canary'
import { freePort, makeRelayProcess } from '@poruch/testkit/relay-process'
import type { RelayProcess } from '@poruch/testkit/relay-process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  admit,
  askToJoin,
  composer,
  createWorkspace,
  expectLocked,
  invite,
  message,
  openConversation,
  row,
  say,
  setPassphrase,
  unlock,
} from './company.ts'
import { openPerson } from './person.ts'
import type { Person } from './person.ts'
import { steal } from './thief.ts'

const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))
/** Answers that whoever runs or watches the relay can ask for. */
const openPaths = ['/metrics', '/api/metrics', '/api/health', '/api/relay', '/api/unknown']
/** The folders of the two profiles. */
const [founder, guest] = ['founder', 'guest']
const slowMs = 60_000 // browsers on a busy machine; nothing waits for it

/** Words that no program writes by itself, for everything that people type. */
export interface Secrets {
  readonly workspace: string
  readonly names: readonly [string, string]
  readonly channels: readonly [string, string]
  readonly drafts: readonly [string, string]
  readonly passphrase: string
  /** Said in the first channel, then in the second, then between the two. */
  readonly texts: readonly string[]
}

const textCount = 18

export function makeSecrets(): Secrets {
  const pair = (): [string, string] => [makeCanary(), makeCanary()]
  return {
    workspace: makeCanary(),
    names: pair(),
    channels: pair(),
    drafts: pair(),
    passphrase: makeCanary(),
    texts: Array.from({ length: textCount }, makeCanary),
  }
}

export function wordsOf({ workspace, names, channels, drafts, passphrase, texts }: Secrets): readonly string[] {
  return [workspace, ...names, ...channels, ...drafts, passphrase, ...texts]
}

export interface RunOptions {
  /** Empty; everything is written below it. */
  readonly folder: string
  readonly secrets: Secrets
  /** Put in its place before that is searched. */
  readonly plant?: Plant | null
}

/** @throws Error when the people cannot do what they are asked to */
export async function runCanaries({ folder, secrets, plant = null }: RunOptions): Promise<Survey> {
  const [port, relayPort] = [await freePort(), await freePort()]
  const relay = await makeRelayProcess({
    dataFolder: join(folder, 'relay'),
    clientFolder,
    url: `http://localhost:${port}`,
    port: relayPort,
  })
  const wire = await recordWire({ port, relayPort })
  const people: Person[] = []
  try {
    await relay.start()
    const { link, keys } = await liveALittle({ relay, folder, people }, secrets)
    const survey = makeSurvey([...wordsOf(secrets), secretOf(link), ...keys])
    for (const { path, body } of await askOpenly(`http://localhost:${relayPort}`)) survey.bytes(`answer to ${path}`, body)
    // Killed, so that the write-ahead log is still there as it was.
    await relay.kill()
    await Promise.all(people.map(async (person) => person.quit()))
    await searchAll(survey, { relay, wire, folder, secret: secretOf(link), plant })
    return survey
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

/** Answers the invitation's link, and the keys of the founder as they were before the passphrase. */
async function liveALittle(
  { relay, folder, people }: Stage,
  secrets: Secrets,
): Promise<{ readonly link: string; readonly keys: readonly Sought[] }> {
  const { workspace, names, channels, drafts, passphrase, texts } = secrets
  const arrive = async (name: string, url: string): Promise<Person> => {
    const person = await openPerson({ name, folder, url })
    people.push(person)
    person.page.setDefaultTimeout(slowMs)
    return person
  }
  const alice = await arrive(founder, await relay.setupLink())
  await createWorkspace(alice.page, { workspace, name: names[0] })
  const link = await invite(alice.page)
  const bob = await arrive(guest, link)
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
  const { keys } = await steal(alice.page)
  await setPassphrase(alice.page, passphrase)
  // A lock and a second look at everything: sessions are kept, pages are cached.
  await alice.page.keyboard.press('Control+Shift+L')
  await expectLocked(alice.page)
  await unlock(alice.page, passphrase)
  await openConversation(alice.page, channels[0])
  await seen(message(alice.page, texts[0] ?? ''))
  await alice.page.keyboard.press('Control+Shift+L')
  await expectLocked(alice.page)
  return { link, keys: [...keys].map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes) })) }
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
  readonly secret: string
  readonly plant: Plant | null
}

async function searchAll(survey: Survey, { relay, wire, folder, secret, plant }: Places): Promise<void> {
  await plantInFile(plant, 'relay', join(relay.dataFolder, 'relay.db'))
  await survey.folder('relay', relay.dataFolder)
  survey.bytes('output', withPlant(plant, 'output', Buffer.from(relay.output())))
  for (const [index, { place, bytes }] of wire.taken().entries()) {
    survey.bytes(`wire: ${place}`, index === 0 ? withPlant(plant, 'wire', bytes) : bytes)
  }
  await plantInFile(plant, 'profile', join(folder, founder, 'Local State'))
  await survey.folder(`profile of the ${founder}, locked`, join(folder, founder))
  // A browser keeps every address that its person opens, and the invitation is such an address: no page can take it back.
  await survey.folder(`profile of the ${guest}`, join(folder, guest), secret)
}
