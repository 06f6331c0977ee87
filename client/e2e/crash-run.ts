/** Kills Chromium in mid-write, again and again, and looks each time whether all that was committed is there. */
import type { BrowserContext, Page } from '@playwright/test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { composer, createWorkspace, message, messagesLike, openCompany, openConversation } from './company.ts'
import type { Company } from './company.ts'
import { openPerson } from './person.ts'
import type { Person } from './person.ts'

const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))
/** The end of a chain under its topic and device, as the database tells it. */
type Ends = Readonly<Record<string, number>>
/** A crash comes so long after the first message of its run that was shown as kept, at most. */
const maxRunMs = 500
/** How long the app may take to show what it holds. */
const shownMs = 30_000
/** Newest messages that the page holds at least. */
const maxShown = 8
/** Less than what the page holds of the list. */
const wheelPx = 300
const notes = /^note \d+$/u
/** Of so many crashes one kills the whole browser, as a power cut would; the others its tab alone. */
const browserEvery = 10

export interface CrashOutcome {
  readonly crashes: number
  /** Messages that the screen showed as kept, on this device or beyond. */
  readonly acknowledged: number
  /** One line for each commit or message that was not there any more. */
  readonly lost: readonly string[]
}

export interface CrashOptions {
  readonly crashes: number
  /** Hears one line after each crash. */
  readonly note?: (line: string) => void
}

/** What pages told before they died. */
interface Told {
  /** The end of each chain of which the database said that it is written. */
  readonly ends: Map<string, number>
  /** The numbers of the messages that the screen showed with a mark of delivery. */
  readonly acknowledged: Set<number>
}

/** @throws Error when the app does not come back */
export async function runCrashes({ crashes, note = () => undefined }: CrashOptions): Promise<CrashOutcome> {
  const company = await openCompany()
  const told: Told = { ends: new Map(), acknowledged: new Set() }
  const writer = await openWriter(company, told)
  const lost: string[] = []
  try {
    let next = 1
    for (let crash = 1; crash <= crashes; crash++) {
      const first = next
      const isTab = crash % browserEvery !== 0
      next = await writeUntilCrash(writer, { from: first, isTab, isBegun: () => [...told.acknowledged].some((number) => number >= first) })
      // A page of the relay's answers is on the same origin, and runs nothing that could mend the database.
      if (isTab) await writer.page.goto(new URL('/api/relay', company.relay.origin).href)
      else await writer.reopen({ path: '/api/relay' })
      const faults = [...missing(told.ends, await readEnds(writer.page))]
      await openApp(writer, company)
      const since = [...told.acknowledged].filter((number) => number >= first)
      faults.push(...(await gone(writer.page, since)))
      lost.push(...faults.map((fault) => `crash ${crash}: ${fault}`))
      note(`crash ${crash}: ${told.acknowledged.size} acknowledged, ${lost.length} lost`)
    }
    lost.push(...faultsOfAll(await readAll(writer.page), told.acknowledged))
    return { crashes, acknowledged: told.acknowledged.size, lost }
  } finally {
    await writer.quit().catch(() => undefined)
    await company.close()
  }
}

async function openApp({ page }: Person, company: Company): Promise<void> {
  await page.goto(new URL('/', company.relay.origin).href)
  await openConversation(page, 'General')
}

/** Their clients' files come by routes: a service worker would be one more thing that a crash can hurt. */
async function openWriter(company: Company, told: Told): Promise<Person> {
  const prepare = async (context: BrowserContext): Promise<void> => {
    await context.exposeBinding('poruchCommitted', (_, key: string, seq: number) => {
      told.ends.set(key, Math.max(seq, told.ends.get(key) ?? 0))
    })
    await context.exposeBinding('poruchAcknowledged', (_, number: number) => void told.acknowledged.add(number))
    await context.addInitScript(listenToCommits)
    await context.addInitScript(listenToMarks)
  }
  const url = await company.relay.setupLink()
  const writer = await openPerson({ name: 'Writer', folder: company.folder, url, clientFolder, prepare })
  await createWorkspace(writer.page, { workspace: 'Works', name: 'Writer' })
  await openConversation(writer.page, 'General')
  return writer
}

/** Runs in the page: tells of each envelope once the database says that its transaction is complete. */
function listenToCommits(): void {
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
    if (this.name === 'heads' && Array.isArray(key)) {
      const { seq } = value as { seq: number }
      const name = key.join(' ')
      this.transaction.addEventListener('complete', () => {
        const tell = (globalThis as unknown as { poruchCommitted(name: string, seq: number): void }).poruchCommitted
        tell(name, seq)
      })
    }
    return put.call(this, value, key)
  }
}

/** Runs in the page: tells of each message as soon as the screen says where it is kept. */
function listenToMarks(): void {
  const known = new Set<number>()
  const look = (): void => {
    for (const row of document.querySelectorAll('.message:has(.delivery)')) {
      const number = Number(/^note (\d+)$/u.exec(row.querySelector('.message-text')?.textContent ?? '')?.[1])
      if (Number.isNaN(number) || known.has(number)) continue
      known.add(number)
      ;(globalThis as unknown as { poruchAcknowledged(number: number): void }).poruchAcknowledged(number)
    }
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true })
}

/** Answers the number of the next message. */
async function writeUntilCrash(
  writer: Person,
  { from, isTab, isBegun }: { from: number; isTab: boolean; isBegun(): boolean },
): Promise<number> {
  let next = from
  let isOver = false
  const write = async (): Promise<void> => {
    try {
      for (; !isOver; next++) {
        await composer(writer.page).fill(`note ${next}`)
        await composer(writer.page).press('Enter')
      }
    } catch (thrown) {
      if (!isOver) throw thrown
    }
  }
  const writing = write()
  const endMs = performance.now() + shownMs
  while (!isBegun() && performance.now() < endMs) await Promise.race([writing, delay(10)])
  await Promise.race([writing, delay(Math.random() * maxRunMs)])
  isOver = true
  await (isTab ? writer.crashTab() : writer.crash())
  await writing
  return next + 1
}

async function readEnds(page: Page): Promise<Ends> {
  return page.evaluate(
    async () =>
      new Promise<Record<string, number>>((resolve, reject) => {
        const opening = indexedDB.open('poruch')
        opening.addEventListener('error', () => reject(new Error('the database does not open')))
        opening.addEventListener('success', () => {
          const ends: Record<string, number> = {}
          const cursor = opening.result.transaction('envelopes').objectStore('envelopes').openKeyCursor()
          cursor.addEventListener('error', () => reject(new Error('the database cannot be read')))
          cursor.addEventListener('success', () => {
            if (!cursor.result) {
              opening.result.close()
              return resolve(ends)
            }
            const [topic, device, seq] = cursor.result.key as [string, string, number]
            // Without holes: each one follows the one before.
            if ((ends[`${topic} ${device}`] ?? 0) === seq - 1) ends[`${topic} ${device}`] = seq
            cursor.result.continue()
          })
        })
      }),
  )
}

function missing(told: ReadonlyMap<string, number>, ends: Ends): readonly string[] {
  return [...told]
    .filter(([key, seq]) => (ends[key] ?? 0) < seq)
    .map(([key, seq]) => `${key.slice(0, 8)} ends at ${ends[key] ?? 0}, not ${seq}`)
}

/** The newest ones are in the page, also where the list is long. */
async function gone(page: Page, numbers: readonly number[]): Promise<readonly string[]> {
  const last = numbers.at(-1)
  if (last === undefined) return []
  await message(page, `note ${last}`)
    .waitFor({ timeout: shownMs })
    .catch(() => undefined)
  const shown = (await messagesLike(page, notes)).map(numberOf)
  const isInOrder = shown.every((number, index) => index === 0 || number > (shown[index - 1] ?? 0))
  const lacking = numbers.slice(-maxShown).filter((number) => !shown.includes(number))
  return [...(isInOrder ? [] : [`the screen shows ${shown.join(', ')}`]), ...lacking.map((number) => `note ${number} is gone`)]
}

function numberOf(text: string): number {
  return Number(text.slice('note '.length))
}

/** Every message of the conversation, from the oldest on, by scrolling up. */
async function readAll(page: Page): Promise<readonly number[]> {
  const found = new Set<number>()
  const list = page.getByRole('list', { name: 'Messages' })
  await list.hover()
  for (let still = 0; still < 20;) {
    const before = found.size
    for (const text of await messagesLike(page, notes)) found.add(numberOf(text))
    still = found.size === before ? still + 1 : 0
    await page.mouse.wheel(0, -wheelPx)
    await delay(50)
  }
  return [...found].toSorted((a, b) => a - b)
}

function faultsOfAll(found: readonly number[], acknowledged: ReadonlySet<number>): readonly string[] {
  const there = new Set(found)
  return [...acknowledged].filter((number) => !there.has(number)).map((number) => `at the end: note ${number} is gone`)
}

/** For the test and the command alike. */
export function closingLine({ crashes, lost }: CrashOutcome): string {
  return `${crashes} crashes, ${lost.length} acknowledged lost`
}

export function isGood(outcome: CrashOutcome): boolean {
  return outcome.lost.length === 0 && outcome.acknowledged >= outcome.crashes
}
