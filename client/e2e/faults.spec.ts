/** What browsers do to a device: crashes, no room, storage taken away, tabs put to sleep, networks that change. */
import { chromium, expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { findChromium } from '../../.ci/chromium.mjs'
import {
  admit,
  askToJoin,
  composer,
  createWorkspace,
  invite,
  keptMark,
  message,
  messagesLike,
  openCompany,
  openConnection,
  openConversation,
  say,
} from './company.ts'
import type { Company } from './company.ts'
import { closingLine, isGood, runCrashes } from './crash-run.ts'
import type { Person } from './person.ts'

test('[CL170] a tab or Chromium killed in mid-write has all that was shown as kept, and all that its database had committed', async () => {
  const outcome = await runCrashes({ crashes: 10 })
  test.info().annotations.push({ type: 'crashes', description: closingLine(outcome) })
  expect(outcome.lost).toEqual([])
  expect(isGood(outcome)).toBe(true)
})

async function openFounder(company: Company): Promise<Person> {
  const alice = await company.arrive('Alice', await company.relay.setupLink())
  await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
  await openConversation(alice.page, 'General')
  return alice
}

async function openPair(company: Company): Promise<{ alice: Person; bob: Person }> {
  const alice = await openFounder(company)
  const bob = await company.arrive('Bob', await invite(alice.page))
  await askToJoin(bob.page, 'Bob')
  await admit(alice.page, 'Bob')
  for (const { page } of [alice, bob]) await openConversation(page, 'General')
  return { alice, bob }
}

const full = /The disk of this device is full: nothing new can be kept here/u

test('[CL171] a used-up quota shows a banner and gives the text back; nothing old is lost, and it works again when there is room', async () => {
  const company = await openCompany()
  try {
    const alice = await openFounder(company)
    const browser = await alice.page.context().newCDPSession(alice.page)
    const { origin } = company.relay
    await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
    // Chromium remembers for half a minute that there was room.
    let written = 0
    await expect(async () => {
      written += 1
      await composer(alice.page).fill(`note ${written}`)
      await composer(alice.page).press('Enter')
      // Said beside the field of the note itself; the banner may come of a draft before it.
      await expect(alice.page.getByText('Free some space and try again; nothing was lost.')).toBeVisible({ timeout: 2_000 })
    }).toPass({ timeout: 120_000 })
    const notes = Array.from({ length: written }, (_, index) => `note ${index + 1}`)
    await expect(alice.page.getByText(full)).toBeVisible()
    await expect(composer(alice.page)).toHaveValue(`note ${written}`)
    expect(await messagesLike(alice.page, /^note \d+$/u)).toEqual(notes.slice(0, -1))
    await browser.send('Storage.overrideQuotaForOrigin', { origin })
    await expect(async () => {
      if ((await composer(alice.page).inputValue()) !== '') await composer(alice.page).press('Enter')
      await expect(keptMark(alice.page, `note ${written}`)).toBeVisible({ timeout: 2_000 })
    }).toPass({ timeout: 120_000 })
    await expect(alice.page.getByText(full)).toBeHidden()
    await alice.page.reload()
    await openConversation(alice.page, 'General')
    await expect(message(alice.page, `note ${written}`)).toBeVisible()
    expect(await messagesLike(alice.page, /^note \d+$/u)).toEqual(notes)
  } finally {
    await company.close()
  }
})

test('[CL172] storage that is cleared while the app runs is said, and after the reload there is a way back', async () => {
  const company = await openCompany()
  try {
    const alice = await openFounder(company)
    await say(alice.page, 'before')
    const browser = await alice.page.context().newCDPSession(alice.page)
    await browser.send('Storage.clearDataForOrigin', { origin: company.relay.origin, storageTypes: 'indexeddb' })
    const banner = alice.page.getByText(/The browser has closed the storage of this device/u)
    await expect(banner).toBeVisible()
    await alice.page.getByRole('button', { name: 'Reload' }).click()
    await expect(banner).toBeHidden()
    await expect(alice.page.getByRole('button', { name: 'I have my 24 recovery words' })).toBeVisible()
  } finally {
    await company.close()
  }
})

/** Whether nobody holds a transaction of the device's databases open. */
async function isDiskFree(page: Page): Promise<boolean> {
  return page.evaluate(async (patienceMs) => {
    const databases = await indexedDB.databases()
    const used = databases.map(async ({ name = '' }) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.addEventListener('success', () => resolve(opening.result))
        opening.addEventListener('error', () => reject(opening.error ?? new Error(name)))
      })
      const names = [...database.objectStoreNames]
      const transaction = database.transaction(names, 'readwrite')
      transaction.objectStore(names[0] ?? '').count()
      await new Promise((resolve) => transaction.addEventListener('complete', resolve))
      database.close()
    })
    return Promise.race([
      Promise.all(used).then(() => true),
      new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), patienceMs)
      }),
    ])
  }, 1_000)
}

/** Stops a tab between two of its writes: it runs nothing, and keeps its lock and its sockets. Answers what lets it go on. */
async function freeze(page: Page, other: Page): Promise<() => Promise<void>> {
  // Not by its lifecycle state: the runner keeps its pages visible, and no browser puts a visible page to sleep.
  const browser = await page.context().newCDPSession(page)
  await browser.send('Debugger.enable')
  for (;;) {
    const paused = new Promise((resolve) => browser.once('Debugger.paused', resolve))
    await browser.send('Runtime.evaluate', { expression: 'setTimeout(() => { debugger })' })
    await paused
    if (await isDiskFree(other)) break
    await browser.send('Debugger.resume')
  }
  return async () => {
    await browser.send('Debugger.resume')
    await browser.detach()
  }
}

/** Which tab holds the network, as another one sees it. */
async function leaderOf(page: Page): Promise<string> {
  const held = await page.evaluate(async () => (await navigator.locks.query()).held ?? [])
  return held.find(({ name }) => name?.startsWith('poruch-leader') === true)?.clientId ?? ''
}

test('[CL173] of five tabs the one with the network is frozen: another takes over, and nothing comes twice', async () => {
  const company = await openCompany()
  try {
    const { alice, bob } = await openPair(company)
    const tabs = [alice.page]
    for (let tab = 2; tab <= 5; tab++) tabs.push(await alice.openTab())
    for (const tab of tabs.slice(1)) await openConversation(tab, 'General')
    const [, second = alice.page, third = alice.page] = tabs
    const frozen = await leaderOf(second)
    const goOn = await freeze(alice.page, second)
    await composer(second).fill('from the second tab')
    const sentAtMs = Date.now()
    await composer(second).press('Enter')
    await expect.poll(async () => leaderOf(second), { intervals: [50] }).not.toBe(frozen)
    test.info().annotations.push({ type: 'take-over', description: `${Date.now() - sentAtMs} ms` })
    await expect(message(bob.page, 'from the second tab')).toBeVisible()
    await say(third, 'from the third tab')
    await say(bob.page, 'an answer')
    await expect(message(third, 'an answer')).toBeVisible()
    await goOn()
    await say(alice.page, 'from the first tab')
    const texts = ['from the second tab', 'from the third tab', 'an answer', 'from the first tab']
    for (const page of [...tabs, bob.page]) {
      for (const text of texts) await expect(message(page, text)).toBeVisible()
      expect((await messagesLike(page, /^(from the \w+ tab|an answer)$/u)).toSorted()).toEqual(texts.toSorted())
    }
  } finally {
    await company.close()
  }
})

test('[CL174] in a private window everything works, and the settings say that it may be cleared', async () => {
  const company = await openCompany()
  const executablePath = await findChromium()
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage()
    await page.goto(await company.relay.setupLink())
    await createWorkspace(page, { workspace: 'Acme', name: 'Alice' })
    await openConversation(page, 'General')
    await say(page, 'in private')
    await page.reload()
    await openConversation(page, 'General')
    await expect(message(page, 'in private')).toBeVisible()
    await page.getByRole('link', { name: 'Settings' }).click()
    await expect(page.getByText(/The browser may clear it when the disk is full/u)).toBeVisible()
  } finally {
    await browser.close()
    await company.close()
  }
})

test('[CL175] after a sleep, or on another network, what was missed is there by itself', async () => {
  const company = await openCompany()
  try {
    const { alice, bob } = await openPair(company)
    await alice.setOffline(true)
    await expect(alice.page.getByText(/No connection to the relay/u)).toBeVisible({ timeout: 60_000 })
    await say(bob.page, 'while you slept')
    await say(alice.page, 'while I was away')
    const backAtMs = Date.now()
    await alice.setOffline(false)
    await expect(message(alice.page, 'while you slept')).toBeVisible()
    await expect(message(bob.page, 'while I was away')).toBeVisible()
    test.info().annotations.push({ type: 'resume', description: `${Date.now() - backAtMs} ms` })
    await openConnection(alice.page)
    await expect(alice.page.getByText('Everything you wrote has reached the relay.')).toBeVisible()
  } finally {
    await company.close()
  }
})
