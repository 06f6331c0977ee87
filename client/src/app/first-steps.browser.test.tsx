/** What somebody new is led through, and the bar of a phone. */
import { render } from 'solid-js/web'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { alice, bob, makeOpenDevice, makePlainDevice, member, workspaceOf } from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { beginFirstSteps, endFirstSteps } from './first-steps.ts'
import '../testing/all-languages.ts'
import './app.css'

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  history.replaceState(null, '', location.pathname)
  endFirstSteps()
})

function showApp(device: PlainDevice): void {
  const opened = makeOpenDevice(device)
  const boot = async (): Promise<Device> => Promise.resolve(opened)
  onTestFinished(render(() => <App boot={boot} />, document.body))
}

test('[CL225] who is new sees what to do, up to the first message; with that the list has gone', async () => {
  beginFirstSteps()
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(workspaceOf({ members: [member(alice, { role: 'owner' })] }))
  showApp(device)
  const steps = page.getByRole('region', { name: 'First steps' })
  await expect.element(steps.getByRole('link', { name: 'Invite your first colleague' })).toBeVisible()
  await expect.element(steps.getByText('(done)')).toBeInTheDocument()
  device.workspace.set(workspaceOf({ members: [member(alice, { role: 'owner' }), member(bob)] }))
  await expect.element(steps.getByRole('link', { name: 'Invite your first colleague' })).not.toBeInTheDocument()
  await steps.getByRole('link', { name: 'Write your first message in general' }).click()
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => localStorage.getItem('poruch/first-steps')).toBeNull()
  location.hash = ''
  await expect.element(page.getByText('Choose a conversation').first()).toBeVisible()
  await expect.element(steps).not.toBeInTheDocument()
})

test('[CL226] on a phone a bar leads to the screens; a conversation has the room to itself', async () => {
  await page.viewport(390, 844)
  const device = makePlainDevice({ name: 'member' })
  showApp(device)
  const bar = page.getByRole('navigation', { name: 'Workspace' })
  await expect.element(bar.getByRole('link', { name: 'Chats' })).toHaveAttribute('aria-current', 'page')
  await bar.getByRole('link', { name: 'Settings' }).click()
  await expect.element(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
  await bar.getByRole('link', { name: 'Chats' }).click()
  await page.getByRole('link', { name: 'general' }).click()
  await expect.element(page.getByRole('textbox', { name: 'Message' })).toBeVisible()
  await expect.element(bar).not.toBeInTheDocument()
  await page.getByRole('link', { name: 'Back to conversations' }).click()
  await expect.element(bar).toBeVisible()
})
