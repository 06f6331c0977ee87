/** Kills Chromium in mid-write, again and again, and looks each time whether all that was committed is there. */
import type { BrowserContext, Page } from '@playwright/test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { composer, createWorkspace, messagesLike, openCompany, openConversation } from './company.ts'
import type { Company } from './company.ts'
import { openPerson } from './person.ts'
import type { Person } from './person.ts'

const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))
/** The end of a chain under its topic and device, as the database tells it. */
type Ends = Readonly<Record<string, number>>
/** Between two messages; the writer is quicker than any person. */
const pauseMs = 15
/** A crash comes so long after the first message of its run, at most. */
const maxRunMs = 900
/** Messages that are looked for on the screen: a long list shows only its end. */
const lookedAt = 5

export interface CrashOutcome {
  readonly crashes: number
  readonly committed: number
  /** One line for each commit or message that was not there any more. */
  readonly lost: readonly string[]
}

export interface CrashOptions {
  readonly crashes: number
  /** Hears one line after each crash. */
  readonly note?: (line: string) => void
}

/** @throws Error when the app does not come back */
export async function runCrashes({ crashes, note = () => undefined }: CrashOptions): Promise<CrashOutcome> {
  const company = await openCompany()
  const told = new Map<string, number>()
  const writer = await openWriter(company, told)
  const lost: string[] = []
  try {
    let next = 1
    let shown: readonly string[] = []
    for (let crash = 1; crash <= crashes; crash++) {
      next = await writeUntilCrash(writer, next)
      // A page of the relay's answers is on the same origin, and runs nothing that could mend the database.
      await writer.reopen({ path: '/api/relay' })
      lost.push(...missing(told, await readEnds(writer.page)).map((fault) => `crash ${crash}: ${fault}`))
      await writer.page.goto(new URL('/', company.relay.origin).href)
      await openConversation(writer.page, 'General')
      const now = await messagesLike(writer.page, /^note \d+$/u)
      lost.push(...faultsOfScreen(shown, now).map((fault) => `crash ${crash}: ${fault}`))
      shown = now
      note(`crash ${crash}: ${countOf(told)} committed, ${lost.length} lost`)
    }
    return { crashes, committed: countOf(told), lost }
  } finally {
    await writer.quit().catch(() => undefined)
    await company.close()
  }
}

/** Their clients' files come by routes: a service worker would be one more thing that a crash can hurt. */
async function openWriter(company: Company, told: Map<string, number>): Promise<Person> {
  const prepare = async (context: BrowserContext): Promise<void> => {
    await context.exposeBinding('poruchCommitted', (_, key: string, seq: number) => {
      told.set(key, Math.max(seq, told.get(key) ?? 0))
    })
    await context.addInitScript(listenToCommits)
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

/** Answers the number of the next message. */
async function writeUntilCrash(writer: Person, from: number): Promise<number> {
  const endMs = performance.now() + Math.random() * maxRunMs
  let next = from
  try {
    do {
      await composer(writer.page).fill(`note ${next}`)
      await composer(writer.page).press('Enter')
      next += 1
      await delay(pauseMs)
    } while (performance.now() < endMs)
  } finally {
    await writer.crash()
  }
  return next
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

/** What was shown before is shown still, once, and numbers only grow. */
function faultsOfScreen(before: readonly string[], now: readonly string[]): readonly string[] {
  const numbers = now.map((text) => Number(text.slice('note '.length)))
  const isInOrder = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))
  const last = before.slice(-lookedAt).filter((text) => Number(text.slice('note '.length)) >= (numbers[0] ?? 0))
  return [
    ...(isInOrder ? [] : [`the screen shows ${now.join(', ')}`]),
    ...last.filter((text) => !now.includes(text)).map((text) => `${text} is gone`),
  ]
}

function countOf(told: ReadonlyMap<string, number>): number {
  return [...told.values()].reduce((sum, seq) => sum + seq, 0)
}

/** For the test and the command alike. */
export function closingLine({ crashes, committed, lost }: CrashOutcome): string {
  return `${crashes} crashes, ${committed} commits, ${lost.length} committed lost`
}

export function isGood(outcome: CrashOutcome): boolean {
  return outcome.lost.length === 0 && outcome.committed > outcome.crashes
}
