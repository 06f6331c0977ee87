/** A page of the benchmarks: a long conversation as the app shows it, and the same texts in the bare virtual list. */
import { makeCell } from '@poruch/base'
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { render } from 'solid-js/web'
import { VList } from 'virtua/solid'
import { I18nContext, createAppI18n, loadLanguage } from '../app/i18n.ts'
import { PreferencesContext, createPreferences } from '../app/preferences.ts'
import { Conversation } from '../features/chat/Conversation.tsx'
import { createDrafts } from '../features/chat/drafts.ts'
import { alice, bob, carol, channel, conversationOf, makePlainDevice, message } from './people.ts'
import '../app/app.css'

export interface ScrollTiming {
  readonly fps: number
  /** The longest task while it scrolled; 0 when none took 50 ms. */
  readonly longestTaskMs: number
}

/** Each frame: a hard flick, a screenful in a third of a second. */
const stepPx = 240
/** Long enough for each size: the first frames after the opening are no part of it. */
const settleFrames = 30
const wordsFrom = 3
const wordsTo = 92

const words = ['ранок', 'station', 'ключ', 'the', 'and', 'зустріч', 'report', 'о девʼятій', 'for', 'harbour']

/** The same texts in every run, and neither sorted by length nor repeating on one screen. */
function textOf(n: number): string {
  const count = wordsFrom + ((n * 7919) % (wordsTo - wordsFrom + 1))
  return Array.from({ length: count }, (_, index) => words[(n * 31 + index * 7) % words.length]).join(' ')
}

const authors = [alice, bob, carol]

function messagesOf(from: number, to: number): readonly MessageView[] {
  return Array.from({ length: to - from }, (_, index) => {
    const n = from + index
    return message(authors[Math.floor(n / 3) % authors.length] ?? bob, n, textOf(n), { wallTime: 1_750_000_000_000 + n * 60_000 })
  })
}

const frame = async (): Promise<number> => new Promise(requestAnimationFrame)

async function frames(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await frame()
}

function openRoot(): HTMLElement {
  const root = document.createElement('div')
  root.style.cssText = 'position: fixed; inset: 0; display: grid; grid-template-rows: minmax(0, 1fr)'
  document.body.append(root)
  return root
}

async function shown(code: () => JSX.Element, work: (scroller: HTMLElement) => Promise<ScrollTiming>): Promise<ScrollTiming> {
  const root = openRoot()
  const dispose = render(code, root)
  await frames(settleFrames)
  const scroller = root.querySelector<HTMLElement>('.message-scroller')
  if (!scroller) throw new Error('no list')
  try {
    return await work(scroller)
  } finally {
    dispose()
    root.remove()
  }
}

/** From the middle up and back down: rows are measured on the way up, and met again on the way down. */
async function scrollBoth(scroller: HTMLElement, count: number): Promise<ScrollTiming> {
  scroller.scrollTop = scroller.scrollHeight / 2
  await frames(settleFrames)
  let longestTaskMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
  })
  observer.observe({ type: 'longtask' })
  const startMs = await frame()
  let endMs = startMs
  for (const step of [-stepPx, stepPx]) {
    for (let n = 0; n < count; n++) {
      scroller.scrollTop += step
      endMs = await frame()
    }
  }
  await frames(2)
  observer.disconnect()
  return { fps: (count * 2 * 1000) / (endMs - startMs), longestTaskMs }
}

function Ours(props: { readonly view: ReturnType<typeof viewOf> }): JSX.Element {
  const device = makePlainDevice({ name: 'member' })
  const send = async (): Promise<void> => Promise.resolve()
  return (
    <PreferencesContext.Provider value={createPreferences()}>
      <I18nContext.Provider value={createAppI18n('en')}>
        <Conversation
          id={channel}
          conversation={props.view}
          title="general"
          drafts={createDrafts(() => device)}
          unread={() => 0}
          onSend={send}
          onTyping={() => undefined}
        />
      </I18nContext.Provider>
    </PreferencesContext.Provider>
  )
}

function viewOf(messages: readonly MessageView[]) {
  return makeCell(conversationOf(channel, messages))
}

function Bare(props: { readonly texts: readonly string[] }): JSX.Element {
  return (
    <VList data={props.texts} class="message-scroller">
      {(text) => <p>{text}</p>}
    </VList>
  )
}

async function ours(count: number, steps: number): Promise<ScrollTiming> {
  const view = viewOf(messagesOf(0, count))
  return shown(
    () => <Ours view={view} />,
    async (scroller) => scrollBoth(scroller, steps),
  )
}

async function bare(count: number, steps: number): Promise<ScrollTiming> {
  const texts = messagesOf(0, count).map(({ text }) => text)
  return shown(
    () => <Bare texts={texts} />,
    async (scroller) => scrollBoth(scroller, steps),
  )
}

/** Pixels by which the message in sight moved when earlier ones came: read in the middle, `grown` more above. */
async function drift(count: number, grown: number): Promise<number> {
  const all = messagesOf(0, count + grown)
  const view = viewOf(all.slice(grown))
  let movedPx = 0
  await shown(
    () => <Ours view={view} />,
    async (scroller) => {
      scroller.scrollTop = scroller.scrollHeight / 2
      await frames(settleFrames)
      const place = (row: Element): number => row.getBoundingClientRect().top
      const middle = scroller.getBoundingClientRect().top + scroller.clientHeight / 2
      const rows = (): Element[] => [...scroller.querySelectorAll('[role=listitem]')]
      const row = rows().find((one) => one.getBoundingClientRect().bottom > middle)
      const text = row?.querySelector('.message-text')?.textContent ?? ''
      const before = row ? place(row) : Number.NaN
      view.set(conversationOf(channel, all))
      await frames(settleFrames)
      const again = rows().find((one) => one.querySelector('.message-text')?.textContent === text)
      movedPx = again ? Math.abs(place(again) - before) : Number.NaN
      return { fps: 0, longestTaskMs: 0 }
    },
  )
  return movedPx
}

await loadLanguage('en')
Object.assign(globalThis, { bench: { ours, bare, drift } })
