/** A long conversation: what is painted, where the reader is, and how they get to what is new. */
import { makeCell } from '@poruch/base'
import type { Cell } from '@poruch/base'
import type { ConversationView, MessageView } from '@poruch/replica'
import { beforeEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { alice, bob, channel, conversationOf, message } from '../../testing/people.ts'
import { showConversation } from '../../testing/show-conversation.tsx'

const rows = page.getByRole('list', { name: 'Messages' }).getByRole('listitem')
const scroller = (): HTMLElement => page.getByRole('region', { name: 'Messages' }).element() as HTMLElement
const fromEnd = (): number => scroller().scrollHeight - scroller().clientHeight - scroller().scrollTop
const numbered = (from: number, to: number): MessageView[] =>
  Array.from({ length: to - from }, (_, index) => message(bob, from + index, `text ${from + index}`))
/** How far under the upper edge a message is. */
const placeOf = (text: string): number =>
  page.getByText(text, { exact: true }).element().getBoundingClientRect().top - scroller().getBoundingClientRect().top

beforeEach(async () => {
  await page.viewport(1000, 700)
})

function showLong(messages: readonly MessageView[], unread = 0): Cell<ConversationView> {
  const view = makeCell(conversationOf(channel, messages))
  const send = async (_: unknown, text: string): Promise<void> => {
    view.set(conversationOf(channel, [...view.read().messages, message(alice, 10_000_000, text)]))
    return Promise.resolve()
  }
  showConversation(view, send, unread)
  return view
}

const frame = async (): Promise<number> => new Promise(requestAnimationFrame)

/** As a reader does, once the list has come to rest at its end. */
async function goUp(to: number): Promise<void> {
  await expect
    .poll(async () => {
      scroller().scrollTop = to
      for (let n = 0; n < 10; n++) await frame()
      return Math.abs(scroller().scrollTop - to)
    })
    .toBeLessThan(200)
  await expect.element(page.getByRole('button', { name: 'To the latest' })).toBeVisible()
}

test('[CL12] of 100,000 messages a screenful is painted, the newest in sight, each with its place among all', async () => {
  showLong(numbered(0, 100_000))
  await expect.element(page.getByText('text 99999', { exact: true })).toBeVisible()
  expect(rows.elements().length).toBeLessThan(120)
  expect(rows.elements().at(-1)?.getAttribute('aria-posinset')).toBe('100000')
  expect(rows.elements().at(-1)?.getAttribute('aria-setsize')).toBe('100000')
  await goUp(0)
  await expect.element(page.getByText('text 0', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'To the latest' }).click()
  await expect.element(page.getByText('text 99999', { exact: true })).toBeVisible()
})

test('[CL41] who is at the end stays there: with new messages, and when the screen grows smaller', async () => {
  const view = showLong(numbered(0, 500))
  await expect.poll(fromEnd).toBeLessThan(2)
  view.set(conversationOf(channel, [...numbered(0, 500), message(bob, 500, 'long\n'.repeat(40)), message(bob, 501, 'the end')]))
  await expect.element(page.getByText('the end')).toBeVisible()
  await expect.poll(fromEnd).toBeLessThan(2)
  await page.viewport(600, 400)
  await expect.poll(fromEnd).toBeLessThan(2)
})

test('[CL41] who reads above stays at the message: when earlier, later and other ones come', async () => {
  const view = showLong(numbered(1000, 2000))
  await goUp(4000)
  const text = rows.elements()[15]?.querySelector('.message-text')?.textContent ?? ''
  await expect.poll(() => page.getByText(text, { exact: true }).elements().length).toBe(1)
  const before = placeOf(text)
  view.set(conversationOf(channel, numbered(800, 2000)))
  await expect.poll(() => Math.abs(placeOf(text) - before)).toBeLessThan(2)
  view.set(conversationOf(channel, numbered(800, 2040)))
  await expect.element(page.getByRole('button', { name: '40 new messages' })).toBeVisible()
  expect(Math.abs(placeOf(text) - before)).toBeLessThan(2)
  const between = message(alice, 5_000_000, 'late')
  view.set(conversationOf(channel, [...numbered(800, 820), between, ...numbered(820, 2040)]))
  await expect.poll(() => Math.abs(placeOf(text) - before)).toBeLessThan(2)
  await page.getByRole('button', { name: '40 new messages' }).click()
  await expect.element(page.getByText('text 2039', { exact: true })).toBeVisible()
})

test('[CL41] what is sent from above is in sight', async () => {
  showLong(numbered(0, 500))
  await goUp(1000)
  await page.getByRole('textbox', { name: 'Message' }).fill('my answer')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('my answer')).toBeVisible()
  await expect.poll(fromEnd).toBeLessThan(2)
})

test('[CL42] a line stands over the first unread message, which is in sight at the opening; Escape ends it and leads to the latest', async () => {
  showLong(numbered(0, 500), 120)
  await expect.element(page.getByText('New', { exact: true })).toBeVisible()
  await expect.element(page.getByText('text 380', { exact: true })).toBeVisible()
  expect(page.getByText('New', { exact: true }).element().closest('[role=listitem]')?.textContent).toContain('text 380')
  await page.getByRole('button', { name: 'To the latest' }).click()
  await expect.element(page.getByText('text 499', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'First unread' }).click()
  await expect.element(page.getByText('text 380', { exact: true })).toBeVisible()
  await page.getByRole('textbox', { name: 'Message' }).click()
  await userEvent.keyboard('{Escape}')
  await expect.element(page.getByText('text 499', { exact: true })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'First unread' })).not.toBeInTheDocument()
})

test('[CL42] what comes while the page is looked at draws no line', async () => {
  const view = showLong(numbered(0, 3))
  view.set(conversationOf(channel, numbered(0, 4)))
  await expect.element(page.getByText('text 3', { exact: true })).toBeVisible()
  expect(page.getByText('New', { exact: true }).elements()).toEqual([])
})
