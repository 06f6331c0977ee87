/** What people do in the app, as they would do it: by the names on the screen. */
import { expect as anyExpect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import type { RelayProcess } from '@poruch/testkit/relay-process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPerson } from './person.ts'
import type { Person } from './person.ts'
import { startRelay } from './relay-process.ts'

/** As in playwright.config.ts, for those who run without it. */
export const expect = anyExpect.configure({ timeout: 30_000 })

export interface Company {
  readonly relay: RelayProcess
  readonly folder: string
  /** Opens a browser for somebody who has no workspace yet. */
  arrive(name: string, url: string, options?: { clientFolder?: string }): Promise<Person>
  close(): Promise<void>
}

/** `clientFolder`: of another build than the one that is tested. */
export async function openCompany({ clientFolder }: { clientFolder?: string } = {}): Promise<Company> {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-e2e-'))
  const relay = await startRelay(join(folder, 'relay'), clientFolder)
  const people: Person[] = []
  return {
    relay,
    folder,
    arrive: async (name, url, arriveOptions = {}) => {
      const person = await openPerson({ name, folder, url, ...arriveOptions })
      people.push(person)
      return person
    },
    close: async () => {
      await Promise.all(people.map(async (person) => person.quit().catch(() => {})))
      await relay.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A workspace founded by Alice, which Bob and Carol have joined by link with approval. */
export async function openTrio(
  company: Company,
  { bobsClient }: { bobsClient?: string } = {},
): Promise<{ alice: Person; bob: Person; carol: Person }> {
  const alice = await company.arrive('Alice', await company.relay.setupLink())
  await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
  const link = await invite(alice.page, { uses: 2 })
  const bob = await company.arrive('Bob', link, bobsClient ? { clientFolder: bobsClient } : {})
  const carol = await company.arrive('Carol', link)
  for (const person of [bob, carol]) {
    await askToJoin(person.page, person.name)
    await admit(alice.page, person.name)
    await expect(row(person.page, 'Alice')).toBeVisible()
  }
  return { alice, bob, carol }
}

export async function createWorkspace(page: Page, names: { workspace: string; name: string }): Promise<readonly string[]> {
  await page.getByLabel('Workspace name').fill(names.workspace)
  await page.getByLabel('Your name').fill(names.name)
  await page.getByRole('button', { name: 'Create workspace' }).click()
  return confirmWords(page)
}

/** Answers the recovery words. */
export async function askToJoin(page: Page, name: string): Promise<readonly string[]> {
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Ask to join' }).click()
  const words = await confirmWords(page)
  await expect(page.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible()
  return words
}

async function confirmWords(page: Page): Promise<readonly string[]> {
  const list = page.getByRole('list', { name: 'Recovery words' })
  await expect(list.getByRole('listitem')).toHaveCount(24)
  const words = await list.getByRole('listitem').allInnerTexts()
  await page.getByLabel('I wrote them down').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  return words.map((word) => word.replace(/^\d+\s*/u, '').trim())
}

/** Creates a link; answers it. */
export async function invite(page: Page, { uses = 1, approval = true }: { uses?: number; approval?: boolean } = {}): Promise<string> {
  await openMembers(page)
  await page.getByRole('button', { name: 'Invite people' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('How many people can use it').fill(String(uses))
  if (!approval) await dialog.getByLabel('An admin approves each person').uncheck()
  await dialog.getByRole('button', { name: 'Create link' }).click()
  const link = await dialog.getByLabel('Invitation link').inputValue()
  await dialog.getByRole('button', { name: 'Done' }).click()
  return link
}

export async function admit(page: Page, name: string): Promise<void> {
  await openMembers(page)
  await page.getByRole('button', { name: `Admit ${name}` }).click()
  await expect(page.getByRole('list', { name: 'Members' }).getByText(name, { exact: false })).toBeVisible()
}

export async function removeMember(page: Page, name: string): Promise<void> {
  await openMembers(page)
  await page.getByRole('button', { name: `Remove ${name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('list', { name: 'Members' }).getByText(name, { exact: false })).toBeHidden()
}

export async function setPassphrase(page: Page, passphrase: string): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Set a passphrase' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('New passphrase', { exact: true }).fill(passphrase)
  await dialog.getByLabel('New passphrase again').fill(passphrase)
  await dialog.getByRole('button', { name: 'Set a passphrase' }).click()
  await expect(page.getByRole('button', { name: /^Lock now/u })).toBeVisible()
}

export async function expectLocked(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Poruch is locked' })).toBeVisible()
}

export async function unlock(page: Page, passphrase: string): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await page.getByRole('button', { name: 'Unlock' }).click()
}

export async function openMembers(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Members' }).click()
}

export async function openConnection(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Connection' }).click()
}

/** The row of a channel or a person in the list of conversations. */
export function row(page: Page, title: string): Locator {
  return page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: title })
}

export async function openConversation(page: Page, title: string): Promise<void> {
  await row(page, title).click()
  await expect(composer(page)).toBeVisible()
}

export function composer(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Message', exact: true })
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
  await expect(message(page, text)).toBeVisible()
  await expect(keptMark(page, text)).toBeVisible()
}

/** The mark of an own message, which is shown at once: the mark comes with the disk. */
export function keptMark(page: Page, text: string): Locator {
  return page.locator('.message', { has: page.getByText(text, { exact: true }) }).locator('.delivery')
}

/** A message by its whole text. */
export function message(page: Page, text: string): Locator {
  return page.getByRole('list', { name: 'Messages' }).getByText(text, { exact: true })
}

/** The texts of the messages on the screen, in order, of those that match. */
export async function messagesLike(page: Page, pattern: RegExp): Promise<readonly string[]> {
  return page.getByRole('list', { name: 'Messages' }).getByText(pattern).allInnerTexts()
}
