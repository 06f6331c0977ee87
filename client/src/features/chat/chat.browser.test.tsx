/** A conversation as people read and write it. */
import { CodedError, makeCell } from '@poruch/base'
import type { ConversationId, ConversationView } from '@poruch/replica'
import { Show, createSignal } from 'solid-js'
import axe from 'axe-core'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { alice, bob, carol, channel, conversationOf, makePlainDevice, member, message, workspaceOf } from '../../testing/people.ts'
import { MutesContext } from '../../app/mutes.ts'
import { unreadOf } from '../../app/notifications.ts'
import { keyOf } from '../../app/paths.ts'
import { usePreferences } from '../../app/preferences.ts'
import { showConversation } from '../../testing/show-conversation.tsx'
import { show } from '../../testing/show.tsx'
import { Conversation } from './Conversation.tsx'
import { ConversationList } from './ConversationList.tsx'
import { createDrafts } from './drafts.ts'

const composer = page.getByRole('textbox', { name: 'Message' })
const rows = page.getByRole('list', { name: 'Messages' }).getByRole('listitem')

const noDrafts = { has: () => false }
const sendNothing = async (): Promise<void> => Promise.resolve()
const noTyping = (): void => undefined

test('[CL240] [CL241] a message shows its little Markdown, and links only to where they seem to lead', async () => {
  const text = '**bold** `code`\n```\na  b\n```\n> quoted\nhttps://example.org/x and https://a@evil.example/'
  showConversation(makeCell(conversationOf(channel, [message(bob, 1, text)])))
  await expect.element(page.getByText('quoted')).toBeVisible()
  const shown = document.querySelector('.message-text')
  for (const [tag, inner] of [
    ['strong', 'bold'],
    ['code.code', 'code'],
    ['pre', 'a  b'],
    ['blockquote', 'quoted'],
    ['a', 'https://example.org/x'],
  ] as const) {
    expect([...(shown?.querySelectorAll(tag) ?? [])].map(({ textContent }) => textContent)).toEqual([inner])
  }
  expect(shown?.querySelector('a')?.rel).toBe('noopener noreferrer')
  expect(shown?.textContent).toContain('https://a@evil.example/')
  expect((await axe.run(shown ?? document.body)).violations).toEqual([])
})

test('[CL242] marks go around what is selected, and what is typed is shown as it will look', async () => {
  showConversation(makeCell(conversationOf(channel)))
  const preview = page.getByRole('group', { name: 'Preview' })
  await composer.fill('very')
  await expect.element(preview).not.toBeInTheDocument()
  ;(composer.element() as HTMLTextAreaElement).select()
  await userEvent.keyboard('{Control>}{b}{/Control}')
  await expect.element(composer).toHaveValue('**very**')
  await expect.element(preview.getByText('very')).toBeVisible()
  expect(preview.element().querySelector('strong')?.textContent).toBe('very')
  await userEvent.keyboard('{Control>}{b}{/Control}')
  await expect.element(composer).toHaveValue('very')
  await expect.element(preview).not.toBeInTheDocument()
})

test('[CL8] Enter sends, Shift+Enter breaks the line, and the field is empty for the next', async () => {
  const sent: string[] = []
  showConversation(makeCell(conversationOf(channel)), async (_, text) => {
    sent.push(text)
    return Promise.resolve()
  })
  await composer.click()
  await userEvent.keyboard('one{Shift>}{Enter}{/Shift}two{Enter}')
  await expect.element(composer).toHaveValue('')
  await composer.fill('   ')
  await userEvent.keyboard('{Enter}')
  await composer.fill('three')
  await page.getByRole('button', { name: 'Send' }).click()
  expect(sent).toEqual(['one\ntwo', 'three'])
})

test('[CL8] Enter that ends a composition of an input method does not send', async () => {
  const sent: string[] = []
  showConversation(makeCell(conversationOf(channel)), async (_, text) => Promise.resolve(void sent.push(text)))
  await composer.fill('にほん')
  composer.element().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))
  await expect.element(composer).toHaveValue('にほん')
  expect(sent).toEqual([])
})

test('[CL9] a text that could not be kept comes back, before what was typed since, with the reason', async () => {
  let fail = (): void => undefined
  showConversation(
    makeCell(conversationOf(channel)),
    async () =>
      new Promise((_, reject) => {
        fail = () => {
          reject(new CodedError('disk-full', 'no space'))
        }
      }),
  )
  await composer.fill('precious')
  await userEvent.keyboard('{Enter}')
  await composer.fill('typed since')
  fail()
  await expect.element(page.getByRole('alert')).toMatchTextContent('The disk of this device is full')
  await expect.element(composer).toHaveValue('precious\ntyped since')
})

test('[CL10] the limit is shown before it is hit, and what is over it cannot be sent', async () => {
  showConversation(makeCell(conversationOf(channel)))
  await composer.fill('x'.repeat(15_999))
  await expect.element(page.getByText('1 character left')).toBeVisible()
  await composer.fill('x'.repeat(16_002))
  await expect.element(page.getByText('2 characters too many')).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Send' })).toBeDisabled()
})

test('[CL11] own messages say in words where they have got to, and follow their delivery', async () => {
  const at = (state: 'writing' | 'device' | 'relay' | 'peers', count = 0) =>
    message(alice, 1, 'Hello', { delivery: state === 'peers' ? { state, count } : { state } })
  const view = makeCell(conversationOf(channel, [message(bob, 0, 'Hi'), at('writing')]))
  showConversation(view)
  await expect.element(rows.nth(1)).toBeVisible()
  await expect.element(rows.nth(1)).not.toMatchTextContent('only on this device')
  view.set(conversationOf(channel, [message(bob, 0, 'Hi'), at('device')]))
  await expect.element(rows.nth(0)).not.toMatchTextContent('only on this device')
  await expect.element(rows.nth(1)).toMatchTextContent('only on this device')
  view.set(conversationOf(channel, [message(bob, 0, 'Hi'), at('relay')]))
  await expect.element(rows.nth(1)).toMatchTextContent('on the relay')
  view.set(conversationOf(channel, [message(bob, 0, 'Hi'), at('peers', 2)]))
  await expect.element(rows.nth(1)).toMatchTextContent('with 2')
})

test('[CL7] the author and the time stand once over a group', async () => {
  const texts = [message(bob, 0, 'one'), message(bob, 1, 'two'), message(alice, 2, 'three')]
  showConversation(makeCell(conversationOf(channel, texts)))
  await expect.element(rows.nth(0)).toMatchTextContent(/Bob.*12:00.*one/u)
  await expect.element(rows.nth(1)).not.toMatchTextContent('Bob')
  await expect.element(rows.nth(2)).toMatchTextContent('Alice')
})

test('[CL13] what others write while the conversation is open is said aloud; own messages are not', async () => {
  const view = makeCell(conversationOf(channel, [message(bob, 0, 'old')]))
  showConversation(view)
  const voice = document.querySelector('[aria-live="polite"]')
  expect(voice?.textContent).toBe('')
  view.set(conversationOf(channel, [message(bob, 0, 'old'), message(bob, 1, 'new')]))
  await expect.poll(() => voice?.textContent).toBe('Bob: new')
  view.set(conversationOf(channel, [message(bob, 0, 'old'), message(bob, 1, 'new'), message(alice, 2, 'mine')]))
  await expect.element(page.getByText('mine')).toBeVisible()
  expect(voice?.textContent).toBe('Bob: new')
})

test('[CL15] where one may not write, the reason stands in the place of the composer', async () => {
  const view = makeCell(conversationOf(channel, [], { readOnly: 'waiting-for-key' }))
  showConversation(view)
  await expect.element(page.getByText('The key of this conversation has not arrived yet', { exact: false })).toBeVisible()
  await expect.element(composer).not.toBeInTheDocument()
  view.set(conversationOf(channel))
  await expect.element(composer).toBeVisible()
})

test('[CL16] text is shown as text, whatever it holds', async () => {
  const text = '<img src=x onerror=alert(1)> &amp; <b>bold</b>'
  showConversation(makeCell(conversationOf(channel, [message(bob, 0, text)])))
  await expect.element(page.getByText(text)).toBeVisible()
  expect(document.querySelector('.message img')).toBeNull()
})

test('[CL17] each conversation keeps its own draft, also when another tab writes it', async () => {
  const other = { kind: 'direct', user: bob } as const
  const device = makePlainDevice({ name: 'member' })
  const [id, setId] = createSignal<ConversationId>(channel)
  const send = async (): Promise<void> => Promise.resolve()
  show(() => {
    const drafts = createDrafts(() => device)
    return (
      <Show when={id()} keyed>
        {(now) => (
          <Conversation
            id={now}
            conversation={makeCell(conversationOf(now))}
            title=""
            drafts={drafts}
            unread={() => 0}
            onTyping={noTyping}
            onSend={send}
          />
        )}
      </Show>
    )
  })
  await composer.fill('half a thought')
  setId(other)
  await expect.element(composer).toHaveValue('')
  setId(channel)
  await expect.element(composer).toHaveValue('half a thought')
  device.drafts.set([{ conversation: channel, text: 'from another tab' }])
  await expect.element(composer).toHaveValue('from another tab')
})

test('[CL40] a conversation with a draft is marked in the sidebar, but not while it is open', async () => {
  const device = makePlainDevice({ name: 'member' })
  const [open, setOpen] = createSignal<ConversationId | null>(null)
  show(() => {
    const drafts = createDrafts(() => device)
    return <ConversationList workspace={device.workspace} open={open()} drafts={drafts} commands={device} onCreated={() => undefined} />
  })
  await device.writeDraft(channel, 'unfinished')
  await expect.element(page.getByRole('link', { name: 'general draft' })).toBeVisible()
  setOpen(channel)
  await expect.element(page.getByRole('link', { name: 'general', exact: true })).toBeVisible()
})

test('[CL14] of five hundred rows a screenful is there at once, and all soon after', async () => {
  const device = makePlainDevice({ name: 'member' })
  const conversations = Array.from({ length: 500 }, (_, n) => ({
    id: { kind: 'channel', prefix: String(n).padStart(56, '0') } as const,
    title: `room ${String(n).padStart(3, '0')}`,
    lastText: '',
    lastWallTime: null,
    unread: 0,
  }))
  device.workspace.set(workspaceOf({ conversations }))
  show(() => (
    <ConversationList workspace={device.workspace} open={channel} drafts={noDrafts} commands={device} onCreated={() => undefined} />
  ))
  const count = (): number => document.querySelectorAll('.conversations [aria-label=Channels] a').length
  expect(count()).toBeGreaterThanOrEqual(20)
  expect(count()).toBeLessThan(100)
  // In idle moments: a busy machine has few.
  await expect.poll(count, { timeout: 30_000 }).toBe(500)
  device.workspace.set(workspaceOf({ conversations: [...conversations].toReversed() }))
  await expect.element(page.getByRole('list', { name: 'Channels' }).getByRole('link').last()).toMatchTextContent('room 499')
})

test('[CL14] unread messages are counted in words, and a row keeps the focus while the count changes', async () => {
  const device = makePlainDevice({ name: 'member' })
  const withUnread = (unread: number) =>
    workspaceOf({ conversations: [{ id: { ...channel }, title: 'general', lastText: '', lastWallTime: null, unread }] })
  device.workspace.set(withUnread(1))
  show(() => (
    <ConversationList workspace={device.workspace} open={channel} drafts={noDrafts} commands={device} onCreated={() => undefined} />
  ))
  const link = page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: 'general 1 unread' })
  await expect.element(link).toHaveAttribute('aria-current', 'page')
  const element = link.element() as HTMLElement
  element.focus()
  device.workspace.set(withUnread(3))
  await expect.element(page.getByRole('link', { name: 'general 3 unread' })).toHaveFocus()
  expect(page.getByRole('list', { name: 'People' }).getByRole('link', { name: 'Bob' }).element().getAttribute('href')).toBe(`#d/${bob}`)
})

test('[CL18] who may write can create a channel and is led into it; others see no button', async () => {
  const device = makePlainDevice({ name: 'member' })
  const created: ConversationId[] = []
  show(() => (
    <ConversationList workspace={device.workspace} open={null} drafts={noDrafts} commands={device} onCreated={(id) => created.push(id)} />
  ))
  await page.getByRole('button', { name: 'New channel' }).click()
  await page.getByRole('dialog', { name: 'New channel' }).getByRole('textbox', { name: 'Channel name' }).fill(' news ')
  await page.getByRole('button', { name: 'Create channel' }).click()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  expect([device.calls, created]).toEqual([[['createChannel', 'news']], [channel]])
  device.workspace.set(workspaceOf({ myRole: 'viewer', members: [member(alice)] }))
  await expect.element(page.getByRole('button', { name: 'New channel' })).not.toBeInTheDocument()
})

test('[CL220] who types is seen, and is said once to those who do not see it', async () => {
  const typing = (...people: readonly (readonly [typeof bob, string])[]): ConversationView =>
    conversationOf(channel, [], { typing: people.map(([user, name]) => ({ user, name })) })
  const view = makeCell(typing())
  showConversation(view)
  const said = (): string =>
    page
      .getByRole('status')
      .elements()
      .map(({ textContent }) => textContent)
      .join('')
  view.set(typing([bob, 'Bob']))
  await expect.element(page.getByText('Bob is typing…').first()).toBeVisible()
  await expect.poll(said).toBe('Bob is typing…')
  view.set(typing([bob, 'Bob'], [carol, 'Carol']))
  await expect.element(page.getByText('Bob and Carol are typing…')).toBeVisible()
  view.set(typing())
  await expect.element(page.getByText('Bob and Carol are typing…')).not.toBeInTheDocument()
  view.set(typing([carol, 'Carol']))
  await expect.element(page.getByText('Carol is typing…')).toBeVisible()
  expect(said()).toBe('Bob is typing…')
})

test('[CL220] typing is told while something stands in the field, and ended by sending or leaving; not at all when that is off', async () => {
  localStorage.removeItem('poruch/tell-typing')
  const told: boolean[] = []
  const device = makePlainDevice({ name: 'member' })
  const [isShown, setShown] = createSignal(true)
  show(() => {
    const drafts = createDrafts(() => device)
    const preferences = usePreferences()
    return (
      <Show when={isShown()}>
        <Conversation
          id={channel}
          conversation={makeCell(conversationOf(channel))}
          title="general"
          drafts={drafts}
          unread={() => 0}
          onSend={sendNothing}
          onTyping={(_, isTyping) => told.push(isTyping)}
        />
        <button onClick={() => preferences.setTellsTyping(false)}>off</button>
      </Show>
    )
  })
  await composer.fill('a')
  await composer.fill('ab')
  await userEvent.keyboard('{Enter}')
  expect(told).toEqual([true, true, false])
  await composer.fill('c')
  setShown(false)
  expect(told).toEqual([true, true, false, true, false])
  setShown(true)
  await page.getByRole('button', { name: 'off' }).click()
  await composer.fill('d')
  expect(told).toEqual([true, true, false, true, false])
  localStorage.removeItem('poruch/tell-typing')
})

test('[CL221] who is here has a dot, and the words for it', async () => {
  const device = makePlainDevice(
    { name: 'member' },
    workspaceOf({ members: [member(alice), member(bob, { isHere: true }), member(carol)] }),
  )
  show(() => <ConversationList workspace={device.workspace} open={null} drafts={noDrafts} commands={device} onCreated={() => undefined} />)
  await expect.element(page.getByRole('link', { name: /Bob.*here now/u })).toBeVisible()
  await expect.element(page.getByRole('link', { name: 'Carol', exact: true })).toBeVisible()
})

test('[CL224] a muted conversation shows no count, and says so', async () => {
  const device = makePlainDevice(
    { name: 'member' },
    workspaceOf({ conversations: [{ id: channel, title: 'general', lastText: '', lastWallTime: null, unread: 3 }] }),
  )
  const mutes = { has: (key: string) => key === keyOf(channel), set: () => undefined }
  expect(unreadOf(device.workspace.read(), mutes)).toBe(0)
  expect(unreadOf(device.workspace.read(), { has: () => false })).toBe(3)
  show(() => (
    <MutesContext.Provider value={mutes}>
      <ConversationList workspace={device.workspace} open={null} drafts={noDrafts} commands={device} onCreated={() => undefined} />
    </MutesContext.Provider>
  ))
  await expect.element(page.getByRole('link', { name: /general.*muted/u })).toBeVisible()
  await expect.element(page.getByText('3 unread')).not.toBeInTheDocument()
})
