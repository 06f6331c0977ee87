/** The ways through the app by keyboard: palette, shortcut list, conversations, parts of the screen. */
import { render } from 'solid-js/web'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { bob, carol, channel, makeOpenDevice, makePlainDevice, member, alice, workspaceOf } from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import '../testing/all-languages.ts'
import './app.css'

const plans = { kind: 'channel', prefix: '1f'.repeat(28) } as const

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  history.replaceState(null, '', location.pathname)
})

let opened: ReturnType<typeof makeOpenDevice>

async function showCompany(): Promise<PlainDevice> {
  const device = makePlainDevice({ name: 'member' })
  const summary = { lastText: '', lastWallTime: 1, unread: 0 }
  device.workspace.set(
    workspaceOf({
      members: [member(alice, { role: 'owner' }), member(bob), member(carol)],
      conversations: [
        { id: channel, title: 'general', ...summary },
        { id: plans, title: 'plans', ...summary, lastWallTime: 5 },
        { id: { kind: 'direct', user: carol }, title: 'Carol', ...summary, lastWallTime: 9, unread: 2 },
      ],
    }),
  )
  opened = makeOpenDevice(device, 'set')
  const boot = async (): Promise<Device> => Promise.resolve(opened)
  onTestFinished(render(() => <App boot={boot} />, document.body))
  await expect.element(page.getByRole('link', { name: 'general' })).toBeVisible()
  return device
}

const options = (): readonly (string | undefined)[] =>
  page
    .getByRole('option')
    .elements()
    .map((option) => option.querySelector('.palette-label')?.textContent)
const heading = (name: string) => page.getByRole('heading', { level: 1, name })

test('[CL43] Ctrl+K finds people, channels and commands; what was opened last comes first, then what was written in last', async () => {
  await showCompany()
  await page.getByRole('link', { name: 'general' }).click()
  await userEvent.keyboard('{Control>}k{/Control}')
  await expect.element(page.getByRole('combobox', { name: 'Go to or do' })).toHaveFocus()
  expect(options().slice(0, 4)).toEqual(['general', 'Carol', 'plans', 'Bob'])
  await userEvent.keyboard('pla{Enter}')
  await expect.element(heading('plans')).toBeVisible()
  await userEvent.keyboard('{Control>}k{/Control}sett{Enter}')
  await expect.element(heading('Settings')).toBeVisible()
  await page.getByRole('button', { name: 'Go to or do' }).click()
  await userEvent.keyboard('new ch{Enter}')
  await expect.element(page.getByRole('dialog', { name: 'New channel' })).toBeVisible()
})

test('[CL43] by the place of the key on a Ukrainian keyboard, too; a second press closes', async () => {
  await showCompany()
  const press = (): boolean =>
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'л', code: 'KeyK', ctrlKey: true, cancelable: true }))
  press()
  await expect.element(page.getByRole('dialog', { name: 'Go to or do' })).toBeVisible()
  press()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
})

test('[CL44] Ctrl+/ lists all shortcuts, and a word finds some', async () => {
  await showCompany()
  await userEvent.keyboard('{Control>}/{/Control}')
  const terms = page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByRole('term')
  await expect.poll(() => terms.elements().length).toBe(15)
  await page.getByRole('textbox', { name: 'Search shortcuts' }).fill('unread')
  expect(terms.elements().map((term) => term.textContent)).toEqual(['Previous or next unread conversation'])
  await userEvent.keyboard('{Escape}')
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
})

test('[CL253] Shift+Escape marks everything as read, by the palette, too', async () => {
  const device = await showCompany()
  await userEvent.keyboard('{Shift>}{Escape}{/Shift}')
  expect(device.calls).toEqual([['markRead', { kind: 'direct', user: carol }]])
  await userEvent.keyboard('{Control>}k{/Control}everything{Enter}')
  await expect.poll(() => device.calls.length).toBe(2)
})

test('[CL45] Alt and arrows go through the conversations, with Shift through the unread ones', async () => {
  await showCompany()
  await userEvent.keyboard('{Alt>}{ArrowDown}{/Alt}')
  await expect.element(heading('general')).toBeVisible()
  await userEvent.keyboard('{Alt>}{ArrowDown}{/Alt}')
  await expect.element(heading('plans')).toBeVisible()
  await userEvent.keyboard('{Alt>}{Shift>}{ArrowDown}{/Shift}{/Alt}')
  await expect.element(heading('Carol')).toBeVisible()
  await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}')
  await expect.element(heading('Bob')).toBeVisible()
})

test('[CL45] F6 goes through the parts of the screen, Shift+F6 back', async () => {
  await showCompany()
  await page.getByRole('link', { name: 'general' }).click()
  await expect.element(page.getByRole('textbox', { name: 'Message' })).toHaveFocus()
  await userEvent.keyboard('{F6}')
  await expect.element(page.getByRole('link', { name: 'general' })).toHaveFocus()
  await userEvent.keyboard('{F6}')
  await expect.element(page.getByRole('link', { name: 'Members' })).toHaveFocus()
  await userEvent.keyboard('{F6}')
  await expect.element(page.getByRole('region', { name: 'Messages' })).toHaveFocus()
  await userEvent.keyboard('{Shift>}{F6}{/Shift}')
  await expect.element(page.getByRole('link', { name: 'Members' })).toHaveFocus()
})

test('[CL94] the app is locked by its shortcut, on any keyboard, and by the palette', async () => {
  await showCompany()
  await userEvent.keyboard('{Control>}{Shift>}L{/Shift}{/Control}')
  await expect.poll(() => opened.calls).toEqual([['lock']])
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Д', code: 'KeyL', ctrlKey: true, shiftKey: true }))
  await expect.poll(() => opened.calls).toEqual([['lock'], ['lock']])
  await userEvent.keyboard('{Control>}k{/Control}')
  await page.getByRole('combobox').fill('lock')
  await page.getByRole('option', { name: /^Lock Poruch/u }).click()
  await expect.poll(() => opened.calls).toHaveLength(3)
})
