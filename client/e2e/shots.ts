/**
 * `npm run shots`: every screen in light and dark, wide and on a phone, in both languages, into an ignored folder; with `--pictures` those
 * of the guides and the README anew, too.
 */
import { gatherCompany } from '@poruch/testkit/demo'
import type { Page } from '@playwright/test'
import { mkdir } from 'node:fs/promises'
import { admit, askToJoin, invite, openCompany, row, setPassphrase } from './company.ts'
import type { Company } from './company.ts'
import type { Person } from './person.ts'
import { makePictures, setLanguage, shoot, shotsFolder } from './shots-camera.ts'
import type { Language } from './shots-camera.ts'

const languages = ['uk', 'en'] as const
const words = {
  en: { workspace: 'Verba Design', passphrase: 'four words by chance', alice: 'Alice Moore', bob: 'Bob Stone', guest: 'Iryna Melnyk' },
  uk: {
    workspace: 'Студія «Верба»',
    passphrase: 'чотири слова навмання',
    alice: 'Аліса Мороз',
    bob: 'Богдан Ступка',
    guest: 'Ірина Мельник',
  },
} as const
/** The first Monday of the demo company. */
const firstMorningMs = new Date(2026, 10, 9, 9).getTime()
const wrongGuesses = 3 // then a wait is shown

async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((next) => (location.hash = next), hash)
  await page.getByRole('main').waitFor()
}

/** The session with the relay is open again. */
async function connected(page: Page): Promise<void> {
  await page.waitForFunction(() => !/Connecting|Зʼєднуємося/u.test(document.querySelector('.side-link-note')?.textContent ?? ''))
}

/** From a blank profile into an empty workspace; answers the founder. */
async function shootFirstRun(company: Company, language: Language): Promise<Person> {
  const alice = await company.arrive('Alice', company.relay.origin)
  const { page } = alice
  const shot = async (name: string): Promise<void> => shoot(page, `${language}-${name}`)
  await setLanguage(page, language)
  await shot('welcome')
  await page.locator('input').first().fill('https://example.org')
  await page.locator('button[type="submit"]').click()
  await page.locator('[aria-invalid="true"]').waitFor()
  await shot('error-bad-link')
  await page.locator('main > button').click()
  await page.locator('textarea, main input').first().waitFor()
  await shot('recovery')
  await page.goto(await company.relay.setupLink())
  await shot('create')
  const [name, own] = await page.locator('main input').all()
  await name?.fill(words[language].workspace)
  await own?.fill(words[language].alice)
  await page.locator('button[type="submit"]').click()
  await page.locator('.words').waitFor()
  await shot('words')
  await page.locator('main input[type="checkbox"]').check()
  await page.locator('main .button[data-kind="primary"]').click()
  await page.locator('.first-steps:visible').first().waitFor()
  await connected(page)
  await shot('workspace-empty')
  await page.locator('.conversations a').first().click()
  await page.locator('textarea').waitFor()
  await shot('conversation-empty')
  return alice
}

async function shootInvitations(company: Company, alice: Person, language: Language): Promise<void> {
  const { page } = alice
  await goTo(page, 'members')
  await page.locator('.section-head .button').click()
  await page.getByRole('dialog').waitFor()
  await shoot(page, `${language}-invite`)
  await page.locator('dialog button[type="submit"]').click()
  await page.locator('dialog input[readonly]').waitFor()
  await page.locator('dialog svg').first().waitFor()
  await shoot(page, `${language}-invite-link`)
  await page.keyboard.press('Escape')
  await setLanguage(page, 'en')
  const bob = await company.arrive('Bob', await invite(page, { uses: 2 }))
  await setLanguage(bob.page, language)
  await shoot(bob.page, `${language}-join`)
  await setLanguage(bob.page, 'en')
  await askToJoin(bob.page, words[language].bob)
  await setLanguage(bob.page, language)
  await shoot(bob.page, `${language}-waiting`)
  await setLanguage(page, language)
  // The first screen is what was kept of the last one; what waits comes with the log.
  await page.locator('[aria-labelledby="join-requests"]').waitFor()
  await shoot(page, `${language}-join-request`)
  await setLanguage(page, 'en')
  await admit(page, words[language].bob)
  await setLanguage(page, language)
  await page.locator('.rows .row-more').first().waitFor()
  await shoot(page, `${language}-members-owner`)
  await shootRelayChoices(page, language)
  await shootOwners(page, language)
  await shootLock(bob, language)
}

/** A member is made an owner; that this is taken back waits for the new owner's word. */
async function shootOwners(page: Page, language: Language): Promise<void> {
  for (const name of ['owner-make', 'owner-unmake']) {
    await page.locator('.row-actions .icon-button').last().click()
    await page.getByRole('menuitem').waitFor()
    if (name === 'owner-make') await shoot(page, `${language}-member-menu`)
    await page.getByRole('menuitem').click()
    await page.getByRole('dialog').waitFor()
    await shoot(page, `${language}-${name}`)
    await page.locator('dialog .button').last().click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
  await page.locator('[aria-labelledby="owner-changes"]').waitFor()
  await shoot(page, `${language}-owner-changes`)
}

/** What only an owner sees of the relay. */
async function shootRelayChoices(page: Page, language: Language): Promise<void> {
  for (const [index, name] of ['relay-move', 'without-relay'].entries()) {
    await page.locator('[aria-labelledby="workspace-relay"] .section-actions .button').nth(index).click()
    await page.getByRole('dialog').waitFor()
    await shoot(page, `${language}-${name}`)
    await page.keyboard.press('Escape')
  }
}

async function shootLock({ page }: Person, language: Language): Promise<void> {
  await setLanguage(page, 'en')
  await row(page, words[language].alice).waitFor()
  await setPassphrase(page, words[language].passphrase)
  await setLanguage(page, language)
  await shoot(page, `${language}-lock`)
  for (let guess = 0; guess < wrongGuesses; guess++) {
    await page.locator('input').fill('1234')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
  }
  await shoot(page, `${language}-lock-wrong`)
  await page.locator('.lock-forgot').click()
  await page.getByRole('dialog').waitFor()
  await shoot(page, `${language}-lock-forgotten`)
}

/** A guest of the demo company, who has looked into a conversation. */
async function joinDemo(company: Company, link: string): Promise<Page> {
  const { page } = await company.arrive('Guest', link)
  await createGuest(page)
  await row(page, 'engineering').waitFor()
  await connected(page)
  return page
}

async function createGuest(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill(words.uk.guest)
  await page.getByRole('button', { name: 'Ask to join' }).click()
  await page.getByLabel('I wrote them down').check()
  await page.getByRole('button', { name: 'Continue' }).click()
}

async function shootDemo(page: Page, language: Language): Promise<void> {
  const shot = async (name: string): Promise<void> => shoot(page, `${language}-${name}`)
  await goTo(page, '')
  // The offer to install would stand over every screen.
  await page.evaluate(() => localStorage.setItem('poruch/install-refused', 'yes'))
  await setLanguage(page, language)
  await connected(page)
  await shot('list')
  await page.locator('.conversations a', { hasText: 'engineering' }).click()
  await page.locator('.message').first().waitFor()
  await page.keyboard.press('Escape')
  await shot('conversation-long')
  await page.keyboard.press('Control+.')
  await page.locator('.details').waitFor()
  await shot('details')
  await page.keyboard.press('Control+.')
  await page.setViewportSize({ width: 390, height: 844 })
  // The page is a phone's from then on.
  await page.locator('.pane-back').first().waitFor()
  await page.keyboard.press('Control+.')
  await page.locator('.details').waitFor()
  await shot('details-phone')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.keyboard.press('Control+.')
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.locator('.conversations a', { hasText: 'Priya Raman' }).click()
  await page.locator('textarea').fill(language === 'en' ? 'Is the release on Thursday?' : 'Реліз у четвер?')
  await page.keyboard.press('Enter')
  await page.locator('.message').first().waitFor()
  await shot('conversation-short')
  await shootErasing(page, language)
  for (const screen of ['members', 'connection', 'settings']) {
    await goTo(page, screen)
    await page.locator('.page').waitFor()
    await shot(screen)
  }
  await page.locator('[aria-labelledby="settings-devices"]').first().scrollIntoViewIfNeeded()
  await shot('settings-devices')
  await page.locator('[aria-labelledby="settings-about"]').first().scrollIntoViewIfNeeded()
  await shot('settings-storage')
  for (const [keys, name] of [
    ['Control+k', 'palette'],
    ['Control+/', 'shortcuts'],
  ] as const) {
    await page.keyboard.press(keys)
    await page.getByRole('dialog').waitFor()
    await shot(name)
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('Control+Shift+D')
  await page.locator('.data-table').first().waitFor()
  await shot('devtools')
  await page.keyboard.press('Control+Shift+D')
}

/** A message is deleted for everyone: the button at it, the question, and what is left. */
async function shootErasing(page: Page, language: Language): Promise<void> {
  await page.locator('.message').last().hover()
  const erase = page.locator('.message-actions button').last()
  await erase.hover()
  await page.locator('.tooltip').waitFor()
  await shoot(page, `${language}-message-actions`)
  await erase.click()
  await page.getByRole('dialog').waitFor()
  await shoot(page, `${language}-erase`)
  await page.locator('dialog [data-kind="danger"]').click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.locator('.message-gone').last().waitFor()
  await shoot(page, `${language}-erased`)
}

/** With the relay dead. */
async function shootAway(page: Page, language: Language): Promise<void> {
  await setLanguage(page, language)
  await page.locator('.conversations a', { hasText: 'engineering' }).click()
  await page.getByText(/^(No connection to the relay|Немає звʼязку з ретранслятором)/u).waitFor()
  await page.locator('textarea').fill(language === 'en' ? 'Written in the train' : 'Написано в потязі')
  await page.keyboard.press('Enter')
  await page.locator('.message .delivery[data-state="device"]').last().waitFor()
  await shoot(page, `${language}-offline`)
  await goTo(page, 'connection')
  await shoot(page, `${language}-connection-offline`)
  await goTo(page, 'members')
  await page.locator('.page > .page-section:last-child .button').click()
  await page.locator('dialog [data-kind="danger"]').click()
  await page.getByRole('alert').waitFor({ timeout: 60_000 })
  await shoot(page, `${language}-error`)
  await page.keyboard.press('Escape')
}

async function shootCompany(): Promise<void> {
  const company = await openCompany()
  const setupSecret = (await company.relay.setupLink()).split('/').at(-1) ?? ''
  const demo = await gatherCompany({ origin: company.relay.origin, setupSecret, firstMorningMs })
  try {
    const page = await joinDemo(company, demo.link)
    for (const language of languages) await shootDemo(page, language)
    await company.relay.kill()
    for (const language of languages) await shootAway(page, language)
    if (process.argv.includes('--pictures')) await makePictures(page)
  } finally {
    await demo.close()
    await company.close()
  }
}

await mkdir(shotsFolder, { recursive: true })
for (const language of languages) {
  const company = await openCompany()
  try {
    await shootInvitations(company, await shootFirstRun(company, language), language)
  } finally {
    await company.close()
  }
}
await shootCompany()
console.log(`shots: ${shotsFolder}`)
