/** Messages that are taken from everybody: who may, what is asked before, and what is left. */
import { CodedError, makeCell } from '@poruch/base'
import type { MessageView } from '@poruch/replica'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { alice, bob, channel, conversationOf, makePlainDevice, message } from '../../testing/people.ts'
import { show } from '../../testing/show.tsx'
import { Conversation } from './Conversation.tsx'
import { createDrafts } from './drafts.ts'

const mine = message(alice, 2, 'the door code is 1234')
const messages: readonly MessageView[] = [message(bob, 1, 'hello'), mine, message(bob, 3, 'thanks')]
const erase = page.getByRole('button', { name: 'Delete for everyone' })

function showChat(isAdmin = false, onErase?: () => Promise<void>) {
  const view = makeCell(conversationOf(channel, messages))
  const erased: string[] = []
  const device = makePlainDevice({ name: 'member' })
  const take = async (_: unknown, id: string): Promise<void> => {
    await onErase?.()
    erased.push(id)
    const gone = { ...mine, text: '', id: 'tomb', erased: { by: alice, name: 'Alice' } }
    view.set(conversationOf(channel, [messages[0] as MessageView, gone, messages[2] as MessageView]))
  }
  show(() => (
    <Conversation
      id={channel}
      conversation={view}
      title="general"
      drafts={createDrafts(() => device)}
      unread={() => 0}
      onSend={device.send}
      onTyping={device.setTyping}
      isAdmin={isAdmin}
      onErase={take}
    />
  ))
  return { view, erased }
}

test('[CL250] one’s own message is deleted for everyone by keyboard, after a question; a tombstone says by whom', async () => {
  const { erased } = showChat()
  await expect.element(erase).toBeInTheDocument()
  expect(erase.elements()).toHaveLength(1)
  ;(erase.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  const dialog = page.getByRole('dialog', { name: 'Delete this message for everyone?' })
  await expect.element(dialog).toMatchTextContent(/the door code is 1234.*nothing brings it back/u)
  await userEvent.keyboard('{Escape}')
  expect(erased).toEqual([])
  await userEvent.keyboard('{Enter}')
  await dialog.getByRole('button', { name: 'Delete for everyone' }).click()
  await expect.element(page.getByText('Message deleted by Alice')).toBeVisible()
  await expect.element(page.getByText('the door code is 1234')).not.toBeInTheDocument()
  expect(erased).toEqual([mine.id])
  expect(erase.elements()).toHaveLength(0)
  await expect.element(page.getByRole('region', { name: 'Messages' })).toHaveFocus()
})

test('[CL250] an admin may delete what others wrote; who may not write has no such button', async () => {
  const { view } = showChat(true)
  await expect.poll(() => erase.elements()).toHaveLength(3)
  view.set(conversationOf(channel, messages, { readOnly: 'removed' }))
  await expect.poll(() => erase.elements()).toHaveLength(0)
})

test('[CL250] what cannot be deleted says why, and stays', async () => {
  showChat(false, async () =>
    Promise.reject(Object.assign(new CodedError('refused', 'nothing of it can be erased'), { reason: 'not-erasable' })),
  )
  await expect.element(erase).toBeInTheDocument()
  ;(erase.element() as HTMLElement).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for everyone' }).click()
  await expect.element(page.getByRole('alert')).toMatchTextContent(/cannot be deleted/u)
  await userEvent.keyboard('{Escape}')
  await expect.element(page.getByText('the door code is 1234')).toBeVisible()
})
