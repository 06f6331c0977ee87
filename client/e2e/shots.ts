/** `npm run shots`: every screen in light and dark, wide and on a phone, in both languages, into an ignored folder. */
import type { Page } from '@playwright/test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { admit, askToJoin, createWorkspace, invite, openCompany, openConversation, say, setPassphrase } from './company.ts'
import type { Company } from './company.ts'
import type { Person } from './person.ts'

const folder = fileURLToPath(new URL('../../.reports/shots', import.meta.url))
const sizes = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
] as const
const words = {
  en: {
    workspace: 'Verba Design',
    passphrase: 'four words by chance',
    ask: ['The brochure is at the printer. First copies on Thursday.', 'Great. Who takes them to the fair?'],
    answers: ['I will. Is the van free on Friday?', 'It is. I have put you down for 8:00.', 'Thank you!'],
  },
  uk: {
    workspace: 'Студія «Верба»',
    passphrase: 'чотири слова навмання',
    ask: ['Буклет уже в друкарні. Перші примірники — у четвер.', 'Чудово. Хто повезе їх на виставку?'],
    answers: ['Я. Чи вільний бус у пʼятницю?', 'Вільний. Записала тебе на 8:00.', 'Дякую!'],
  },
} as const
type Language = keyof typeof words

/** One picture per theme and size. */
async function shoot(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const { name: size, ...viewport } of sizes) {
    await page.setViewportSize(viewport)
    for (const theme of ['light', 'dark']) {
      await page.evaluate((chosen) => (document.documentElement.dataset['theme'] = chosen), theme)
      await page.evaluate(async () => {
        await document.fonts.ready
        await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))
      })
      await page.screenshot({ path: join(folder, `${name}-${theme}-${size}.png`) })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

async function setLanguage(page: Page, language: Language): Promise<void> {
  await page.evaluate((chosen) => {
    localStorage.setItem('poruch/language', chosen)
  }, language)
  await page.reload()
  await page.getByRole('main').waitFor()
}

async function fill(alice: Person, bob: Person, language: Language): Promise<void> {
  const { ask, answers } = words[language]
  await openConversation(alice.page, 'General')
  for (const text of ask) await say(alice.page, text)
  await openConversation(bob.page, 'General')
  await say(bob.page, answers[0])
  await say(alice.page, answers[1])
  await say(bob.page, answers[2])
}

/** The session with the relay is open again. */
async function connected(page: Page): Promise<void> {
  await page.waitForFunction(() => !/Connecting|Зʼєднуємося/u.test(document.querySelector('.side-link-note')?.textContent ?? ''))
}

async function shootMember(company: Company, alice: Person, language: Language): Promise<void> {
  const { page } = alice
  const address = new URL(page.url())
  await setLanguage(page, language)
  await connected(page)
  await shoot(page, `${language}-conversation`)
  for (const screen of ['members', 'connection', 'settings', '']) {
    await page.evaluate((hash) => (location.hash = hash), screen)
    await page.getByRole('main').waitFor()
    await shoot(page, `${language}-${screen || 'home'}`)
  }
  for (const [keys, name] of [
    ['Control+k', 'palette'],
    ['Control+/', 'shortcuts'],
  ] as const) {
    await page.keyboard.press(keys)
    await page.getByRole('dialog').waitFor()
    await shoot(page, `${language}-${name}`)
    await page.keyboard.press('Escape')
  }
  await page.goto(address.href)
  await company.relay.kill()
  await page.getByText(/^(No connection to the relay|Немає звʼязку з ретранслятором)/u).waitFor()
  await shoot(page, `${language}-offline`)
}

const wrongGuesses = 3 // then a wait is shown

/** Leaves the page locked. */
async function shootLock({ page }: Person, language: Language): Promise<void> {
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

async function shootLanguage(company: Company, language: Language): Promise<void> {
  const alice = await company.arrive('Alice', company.relay.origin)
  await setLanguage(alice.page, language)
  await shoot(alice.page, `${language}-welcome`)
  await alice.page.goto(await company.relay.setupLink())
  await shoot(alice.page, `${language}-create`)
  await setLanguage(alice.page, 'en')
  await createWorkspace(alice.page, { workspace: words[language].workspace, name: language === 'en' ? 'Alice Moore' : 'Аліса Мороз' })
  await setLanguage(alice.page, language)
  await shoot(alice.page, `${language}-first-home`)
  await setLanguage(alice.page, 'en')
  const link = await invite(alice.page, { uses: 2 })
  const name = language === 'en' ? 'Bob Stone' : 'Богдан Ступка'
  const bob = await company.arrive('Bob', link)
  await askToJoin(bob.page, name)
  await setLanguage(bob.page, language)
  await shoot(bob.page, `${language}-waiting`)
  await setLanguage(alice.page, language)
  await shoot(alice.page, `${language}-join-request`)
  await setLanguage(alice.page, 'en')
  await setLanguage(bob.page, 'en')
  await admit(alice.page, name)
  await fill(alice, bob, language)
  await shootLock(bob, language)
  await shootMember(company, alice, language)
}

await mkdir(folder, { recursive: true })
for (const language of ['uk', 'en'] as const) {
  const company = await openCompany()
  try {
    await shootLanguage(company, language)
  } finally {
    await company.close()
  }
}
console.log(`shots: ${folder}`)
