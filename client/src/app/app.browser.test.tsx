/** The whole app over plain data: from the link to the conversation, and what lies over all screens. */
import { CodedError } from '@poruch/base'
import type { DeviceId } from '@poruch/base'
import { alarmCodes } from '@poruch/replica'
import { render } from 'solid-js/web'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { page } from 'vitest/browser'
import { bob, channel, connectionOf, makeOpenDevice, makePlainDevice, noon, words, workspaceOf } from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { errorCodeOf, firstLanguage } from './i18n.ts'
import { hrefOf } from './paths.ts'
import '../testing/all-languages.ts'
import './app.css'

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  sessionStorage.clear()
  history.replaceState(null, '', location.pathname)
})

function showApp(device: PlainDevice | Error, fragment = ''): void {
  history.replaceState(null, '', `${location.pathname}${fragment}`)
  const boot = (): Promise<Device> => (device instanceof Error ? Promise.reject(device) : Promise.resolve(makeOpenDevice(device)))
  const dispose = render(() => <App boot={boot} />, document.body)
  onTestFinished(dispose)
}

test('[CL32] the secret leaves the address at once, survives a reload of the tab, and is forgotten when used', async () => {
  const device = makePlainDevice({ name: 'blank' }, null)
  showApp(device, '#setup/s3cret')
  await expect.element(page.getByRole('heading', { name: 'Create a workspace' })).toBeVisible()
  expect(location.href).not.toContain('s3cret')
  expect(sessionStorage.getItem('poruch/entry')).toContain('#setup/s3cret')
  await page.getByRole('textbox', { name: 'Workspace name' }).fill('Work')
  await page.getByRole('textbox', { name: 'Your name' }).fill('Alice')
  await page.getByRole('button', { name: 'Create workspace' }).click()
  await expect.element(page.getByRole('list', { name: 'Recovery words' })).toBeVisible()
  expect(sessionStorage.length).toBe(0)
  const { origin } = location
  const asked = { name: 'Work', displayName: 'Alice', origin, setupSecret: 's3cret', channelTitle: 'General' }
  expect(device.calls).toEqual([['createWorkspace', asked]])
})

test('[CL33] a member still sees the words until they are confirmed, and then the workspace', async () => {
  const device = makePlainDevice({ name: 'blank' }, null)
  showApp(device, '#i/AQ')
  await page.getByRole('textbox', { name: 'Your name' }).fill('Bob')
  await page.getByRole('button', { name: 'Ask to join' }).click()
  await expect.element(page.getByRole('list', { name: 'Recovery words' })).toMatchTextContent(words[23] ?? '')
  device.workspace.set(workspaceOf())
  device.phase.set({ name: 'member' })
  await page.getByRole('checkbox', { name: 'I wrote them down' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect.element(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
  expect(device.calls.at(-1)).toEqual(['wordsWritten'])
})

test('[CL33] words that were not said to be written down are there again after a crash', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.words.set(words)
  showApp(device)
  await expect.element(page.getByRole('list', { name: 'Recovery words' })).toMatchTextContent(words[0] ?? '')
  await expect.element(page.getByRole('button', { name: 'Print' })).toBeVisible()
})

test('[CL25] an unread conversation is marked as read while it is open, and a message goes to the one that is open', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(workspaceOf({ conversations: [{ id: channel, title: 'general', lastText: '', lastWallTime: 1, unread: 2 }] }))
  showApp(device)
  await page.getByRole('link', { name: 'general 2 unread' }).click()
  await expect.element(page.getByRole('heading', { name: 'general' })).toBeVisible()
  await expect.poll(() => device.calls).toContainEqual(['markRead', channel])
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello')
  await page.getByRole('button', { name: 'Send' }).click()
  expect(device.calls).toContainEqual(['send', channel, 'Hello'])
  await page.getByRole('link', { name: 'Bob' }).click()
  await expect.element(page.getByRole('heading', { name: 'Bob' })).toBeVisible()
})

test('[CL269] a device whose records cannot be read says so, also after its first screen was shown', async () => {
  let fail: (thrown: Error) => void = () => {}
  const opened = new Promise<void>((_, reject) => (fail = reject))
  showApp({ ...makePlainDevice({ name: 'member' }), opened })
  await expect.element(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
  fail(new CodedError('damaged-record', 'a value does not open'))
  await expect.element(page.getByRole('alert')).toMatchTextContent('A record on this device is damaged.')
  expect(page.getByRole('navigation', { name: 'Conversations' }).elements()).toHaveLength(0)
})

test('[CL26] banners say that the relay is away, that it refuses, that one was removed', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device)
  const relay = { origin: 'https://relay.example', code: null }
  device.connection.set(connectionOf({ relay: { state: 'offline', ...relay }, waitingChanges: 1 }))
  await expect.element(page.getByText('No connection to the relay. Go on writing', { exact: false })).toBeVisible()
  await expect.element(page.getByText('Membership changes are waiting for the relay.')).toBeVisible()
  device.connection.set(connectionOf({ relay: { state: 'offline', ...relay }, waitingChanges: 1, waitsFor: { user: bob, name: 'Bob' } }))
  await expect.element(page.getByText('Membership changes are waiting for a device of Bob.')).toBeVisible()
  device.connection.set(
    connectionOf({ relay: { state: 'offline', ...relay }, peers: [{ user: bob, name: 'Bob', transport: 'webrtc', roundTripMs: null }] }),
  )
  await expect.element(page.getByText('1 person is connected directly', { exact: false })).toBeVisible()
  device.connection.set(connectionOf({ relay: { state: 'refused', ...relay, code: 'unknown-device' } }))
  await expect.element(page.getByText('The relay does not know this device.', { exact: false })).toBeVisible()
  device.phase.set({ name: 'former' })
  await expect.element(page.getByText('You are no longer a member of this workspace', { exact: false })).toBeVisible()
})

test('[CL70] each kind of alarm is one banner in plain words that names who did it', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device)
  for (const code of alarmCodes) {
    device.alarms.set([
      { code, sinceMs: noon, user: bob },
      { code, sinceMs: noon + 1, user: bob },
    ])
    await expect.poll(() => page.getByRole('status').all().length).toBe(1)
    expect(document.querySelector('.banner')?.textContent).toContain('Bob')
  }
  device.alarms.set([])
  await expect.poll(() => page.getByRole('status').all().length).toBe(0)
})

test('[CL71] over a channel stands since when nobody has confirmed who reads it, on a phone, too; not over a private chat', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device, hrefOf({ name: 'conversation', id: channel }))
  await expect.element(page.getByText('All members can read this.')).toBeVisible()
  device.connection.set(connectionOf({ staleSinceMs: noon }))
  const stale = page.getByText('may be read by people removed since', { exact: false })
  await expect.element(stale).toMatchTextContent('12:00')
  await page.viewport(320, 640)
  await expect.element(stale).toBeVisible()
  location.hash = hrefOf({ name: 'conversation', id: { kind: 'direct', user: bob } })
  await expect.element(stale).not.toBeInTheDocument()
})

test('[CL27] the language changes without a reload, is remembered, and is first that of the browser', async () => {
  showApp(makePlainDevice({ name: 'member' }), '#settings')
  await page.getByRole('combobox', { name: 'Language' }).selectOptions('Українська')
  await expect.element(page.getByRole('heading', { name: 'Налаштування' })).toBeVisible()
  expect([document.documentElement.lang, localStorage.getItem('poruch/language')]).toEqual(['uk', 'uk'])
  expect([
    firstLanguage(null, ['de', 'en-GB', 'uk']),
    firstLanguage('uk', ['en']),
    firstLanguage(null, ['de']),
    firstLanguage('xx', ['en']),
  ]).toEqual(['en', 'uk', 'uk', 'en'])
})

test('[CL28] a device that cannot start says why', async () => {
  showApp(new CodedError('newer-version', 'the database is newer'))
  await expect.element(page.getByRole('alert')).toMatchTextContent(/Poruch cannot start.*written by a newer version/u)
})

test('[CL28] an unknown code is named in the sentence, and the reason of a refusal counts', async () => {
  showApp(new CodedError('never-seen', ''))
  await expect.element(page.getByRole('alert')).toMatchTextContent('Something went wrong (never-seen)')
  expect(errorCodeOf(Object.assign(new CodedError('refused', ''), { reason: 'setup-used' }))).toBe('setup-used')
})

test('[CL28] an error without a code is a fault, and is reported as one', () => {
  const reported: unknown[] = []
  const note = (event: ErrorEvent): void => {
    event.preventDefault()
    event.stopImmediatePropagation()
    reported.push(event.error)
  }
  window.addEventListener('error', note, { capture: true })
  const fault = new TypeError('undefined is not a function')
  expect(errorCodeOf(fault)).toBe('unexpected')
  window.removeEventListener('error', note, { capture: true })
  expect(reported).toEqual([fault])
})

test('[CL29] on a phone one pane is seen: the list, or what was opened, with a way back', async () => {
  await page.viewport(390, 844)
  showApp(makePlainDevice({ name: 'member' }))
  await expect.element(page.getByRole('link', { name: 'general' })).toBeVisible()
  await expect.element(page.getByRole('main').getByRole('list', { name: 'Channels' })).toBeVisible()
  await expect.element(page.getByRole('heading', { level: 1, name: 'Work' })).toBeVisible()
  await page.getByRole('link', { name: 'general' }).click()
  await expect.element(page.getByRole('textbox', { name: 'Message' })).toBeVisible()
  await expect.element(page.getByRole('list', { name: 'Channels' })).not.toBeInTheDocument()
  await page.getByRole('link', { name: 'Back to conversations' }).click()
  await expect.element(page.getByRole('link', { name: 'general' })).toBeVisible()
})

test('[CL254] a device that has become one’s own later is told of until it is known; those of before, and this one, are not', async () => {
  const device = makePlainDevice({ name: 'member' })
  const own = (number: number, isThis = false) => ({ device: `${number}b`.repeat(32) as DeviceId, number, isThis, isLive: true })
  device.devices.set([own(1), own(2, true)])
  showApp(device)
  const banner = page.getByText(/A new device is yours: Device 3/u)
  await expect.element(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
  // The banner comes as a part of its own, and takes down who was there first.
  await expect.poll(() => localStorage.getItem('poruch/known-devices')).toContain('1b1b')
  await expect.element(page.getByText(/A new device/u)).not.toBeInTheDocument()
  device.devices.set([own(1), own(2, true), own(3)])
  await expect.element(banner).toBeVisible()
  await page.getByRole('button', { name: 'It is mine' }).click()
  await expect.element(banner).not.toBeInTheDocument()
  device.devices.set([own(1), own(2, true), own(3)])
  await expect.element(banner).not.toBeInTheDocument()
})

test('[CL31] back and forward lead through the screens', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device)
  const heading = (name: string) => page.getByRole('heading', { level: 1, name })
  await page.getByRole('link', { name: 'general' }).click()
  await expect.element(heading('general')).toBeVisible()
  await page.getByRole('link', { name: 'Settings' }).click()
  await expect.element(heading('Settings')).toBeVisible()
  history.back()
  await expect.element(heading('general')).toBeVisible()
  history.forward()
  await expect.element(heading('Settings')).toBeVisible()
})
