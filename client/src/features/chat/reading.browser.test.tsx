/** A conversation that is open while the log is still being read. */
import { makeCell } from '@poruch/base'
import axe from 'axe-core'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { bob, channel, conversationOf, message } from '../../testing/people.ts'
import { showConversation } from '../../testing/show-conversation.tsx'

test('[CL270] what is being read is not called empty, and what then comes of it is not announced as new', async () => {
  const view = makeCell(conversationOf(channel, [], { isReading: true }))
  const sent: string[] = []
  const onSend = async (_id: unknown, text: string): Promise<void> => {
    sent.push(text)
    return Promise.resolve()
  }
  showConversation(view, onSend, 1)
  const list = page.getByRole('region', { name: 'Messages' })
  const voice = (): string | undefined => document.querySelector('[aria-live="polite"]')?.textContent
  await expect.element(list).toHaveAttribute('aria-busy', 'true')
  await expect.element(list.getByRole('status')).toHaveTextContent('Reading the messages…')
  expect(document.querySelectorAll('.reading-row').length).toBeGreaterThan(3)
  await expect.element(page.getByText('No messages yet')).not.toBeInTheDocument()
  expect((await axe.run(list.element())).violations).toEqual([])

  await page.getByRole('textbox', { name: 'Message' }).fill('written meanwhile')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => sent).toEqual(['written meanwhile'])

  // The oldest come first.
  view.set(conversationOf(channel, [message(bob, 0, 'old')], { isReading: true }))
  expect(document.querySelectorAll('.message')).toHaveLength(0)
  view.set(conversationOf(channel, [message(bob, 0, 'old'), message(bob, 1, 'stored')]))
  await expect.element(list).toHaveAttribute('aria-busy', 'false')
  await expect.element(list.getByText('stored')).toBeVisible()
  expect(document.querySelector('.reading-row')).toBeNull()
  // The line stands over what was unread of all of it.
  expect(document.querySelector('.new-line')?.parentElement?.textContent).toContain('stored')
  expect(voice()).toBe('')
  view.set(conversationOf(channel, [message(bob, 0, 'old'), message(bob, 1, 'stored'), message(bob, 2, 'new')]))
  await expect.poll(voice).toBe('Bob: new')
  view.set(conversationOf(channel))
  await expect.element(page.getByText('No messages yet')).toBeVisible()
})
