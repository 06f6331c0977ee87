/** Every screen and what opens over it, over plain data: axe finds nothing in any theme, everything fits 320 pixels and text of 200 %, nothing moves. */
import axe from 'axe-core'
import { CodedError, makeCell } from '@poruch/base'
import type { DeviceId, InvitationId } from '@poruch/base'
import { alarmCodes } from '@poruch/replica'
import type { JoinRequestView, OwnDevice, Phase, WorkspaceView } from '@poruch/replica'
import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { cdp, page, userEvent } from 'vitest/browser'
import {
  alice,
  bob,
  carol,
  channel,
  connectionOf,
  conversationOf,
  digits,
  makeOpenDevice,
  makePlainDevice,
  member,
  message,
  noon,
  words,
  workspaceOf,
} from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import type { Device, DeviceState } from './device.ts'
import { themes } from './preferences.ts'
import { forgetShare } from './share.ts'
import '../testing/all-languages.ts'
import './app.css'

interface Screen {
  readonly name: string
  readonly device?: () => PlainDevice
  readonly path?: string
  readonly boot?: (device: PlainDevice) => Promise<Device>
  /** Answers once it is there. */
  readonly open: () => Promise<void>
}

const press = async (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).first().click()
const seen = async (role: string, name?: string | RegExp): Promise<void> => {
  await expect.element(page.getByRole(role, name === undefined ? {} : { name }).first()).toBeVisible()
}
const blank = (phase: Phase = { name: 'blank' }): PlainDevice => makePlainDevice(phase, null)
const path = `#c/${channel.prefix}`

const request = {
  user: carol,
  invitation: 'ab'.repeat(16),
  name: 'Carol',
  role: 'editor',
  safetyNumber: digits,
} as unknown as JoinRequestView
const full = (): WorkspaceView =>
  workspaceOf({
    members: [
      member(alice, { role: 'owner' }),
      member(bob, { reach: 'direct', isHere: true }),
      member(carol, { name: '', role: 'viewer' }),
    ],
    conversations: [
      { id: channel, title: 'general', lastText: 'Hello', lastWallTime: noon, unread: 0 },
      { id: { kind: 'direct', user: bob }, title: 'Bob', lastText: 'Hi', lastWallTime: noon, unread: 3 },
    ],
    requests: [request],
    invitations: [
      { id: 'ab'.repeat(16) as InvitationId, role: 'editor', expiresAtMs: noon, maxUses: 3, uses: 1, state: 'open' },
      { id: 'cd'.repeat(16) as InvitationId, role: 'viewer', expiresAtMs: noon, maxUses: 1, uses: 1, state: 'closed' },
    ],
    late: [{ id: 'late', conversation: channel, author: bob, authorName: 'Bob', text: 'from the train', wallTime: noon }],
  })
const own: readonly OwnDevice[] = [
  { device: 'd1'.repeat(32) as DeviceId, number: 1, isThis: true, isLive: true },
  { device: 'd2'.repeat(32) as DeviceId, number: 2, isThis: false, isLive: true },
  { device: 'd3'.repeat(32) as DeviceId, number: 3, isThis: false, isLive: false },
]

function company(): PlainDevice {
  const device = makePlainDevice({ name: 'member' }, full())
  device.devices.set(own)
  device.connection.set(connectionOf({ peers: [{ user: bob, name: 'Bob', transport: 'webrtc', roundTripMs: 12 }], unsent: 2 }))
  const view = device.conversation(channel) as ReturnType<typeof makeCell<ReturnType<typeof conversationOf>>>
  const texts = ['Good morning', 'a longer text '.repeat(30), 'https://example.org/'.repeat(9)]
  view.set(
    conversationOf(channel, [
      ...texts.map((text, n) => message(bob, n, text)),
      message(alice, 10, 'mine', { delivery: { state: 'device' } }),
      message(alice, 11, 'mine too', { delivery: { state: 'peers', count: 2 } }),
    ]),
  )
  return device
}

const troubled = (): PlainDevice => {
  const device = company()
  device.alarms.set(alarmCodes.map((code) => ({ code, sinceMs: noon, user: bob })))
  device.connection.set(
    connectionOf({ relay: { state: 'offline', origin: 'https://relay.example', code: null }, waitingChanges: 1, unsent: 4 }),
  )
  return device
}

const readOnly = (): PlainDevice => {
  const device = company()
  const view = device.conversation(channel) as ReturnType<typeof makeCell<ReturnType<typeof conversationOf>>>
  view.set(conversationOf(channel, [], { readOnly: 'viewer' }))
  return device
}

const locked = async (device: PlainDevice): Promise<Device> =>
  Promise.resolve({ ...makeOpenDevice(device), state: makeCell<DeviceState>({ name: 'locked', retryAtMs: 0 }) })

const recovering = (): PlainDevice => ({ ...blank(), findAccount: async () => Promise.resolve({ devices: own }) })

const screens: readonly Screen[] = [
  { name: 'welcome', device: blank, open: async () => seen('heading', 'Welcome to Poruch') },
  {
    name: 'recovery: the words',
    device: recovering,
    open: async () => {
      await press('I have my 24 recovery words')
      await seen('heading', 'Get back in with your words')
    },
  },
  {
    name: 'recovery: the devices',
    device: recovering,
    open: async () => {
      await press('I have my 24 recovery words')
      await page.getByRole('textbox', { name: 'Your 24 words' }).fill(words.join(' '))
      await press('Continue')
      await seen('checkbox')
    },
  },
  { name: 'create', device: blank, path: '#setup/s3cret', open: async () => seen('heading', 'Create a workspace') },
  { name: 'join', device: blank, path: '#i/AQ', open: async () => seen('button', 'Ask to join') },
  {
    name: 'recovery words',
    device: blank,
    path: '#i/AQ',
    open: async () => {
      await page.getByRole('textbox', { name: 'Your name' }).fill('Bob')
      await press('Ask to join')
      await seen('list', 'Recovery words')
    },
  },
  {
    name: 'waiting',
    device: () => blank({ name: 'requesting', state: 'waiting', code: null, safetyNumber: digits }),
    open: async () => seen('heading', 'Waiting for approval'),
  },
  { name: 'denied', device: () => blank({ name: 'requesting', state: 'denied', code: null }), open: async () => seen('heading') },
  {
    name: 'recovering',
    device: () => blank({ name: 'recovering', state: 'failed', code: 'recovery-interrupted' }),
    open: async () => seen('heading'),
  },
  { name: 'lock', boot: locked, open: async () => seen('heading', 'Poruch is locked') },
  {
    name: 'lock: forgotten',
    boot: locked,
    open: async () => {
      await press('Forgot it? Recover with the 24 words')
      await seen('dialog')
    },
  },
  { name: 'cannot start', boot: async () => Promise.reject(new CodedError('store-unavailable', 'no')), open: async () => seen('alert') },
  { name: 'home', open: async () => seen('main') },
  { name: 'conversation', path, open: async () => seen('textbox', 'Message') },
  {
    name: 'conversation, too long a text',
    path,
    open: async () => {
      await page.getByRole('textbox', { name: 'Message' }).fill('x'.repeat(16_001))
      await expect.element(page.getByText('too many', { exact: false })).toBeVisible()
    },
  },
  {
    name: 'conversation, empty and read-only',
    device: readOnly,
    path,
    open: async () => {
      await expect.element(page.getByText('No messages yet')).toBeVisible()
    },
  },
  {
    name: 'details of a channel',
    path,
    open: async () => {
      await press('Details')
      await seen('complementary')
    },
  },
  {
    name: 'details of a private chat',
    path: `#d/${bob}`,
    open: async () => {
      await press('Details')
      await seen('group', 'Safety number')
    },
  },
  { name: 'members', path: '#members', open: async () => seen('list', 'Late messages') },
  {
    name: 'invite people',
    path: '#members',
    open: async () => {
      await press('Invite people')
      await press('Create link')
      await seen('textbox', 'Invitation link')
    },
  },
  {
    name: 'remove a member',
    path: '#members',
    open: async () => {
      await press('Remove Bob')
      await seen('dialog')
    },
  },
  { name: 'connection', path: '#connection', open: async () => seen('heading', 'Connection') },
  { name: 'settings and devices', path: '#settings', open: async () => seen('heading', 'Your devices') },
  {
    name: 'passphrase',
    path: '#settings',
    open: async () => {
      await press('Set a passphrase')
      await seen('dialog')
    },
  },
  {
    name: 'new channel',
    open: async () => {
      await press('New channel')
      await seen('dialog')
    },
  },
  {
    name: 'palette',
    open: async () => {
      await userEvent.keyboard('{Control>}k{/Control}')
      await seen('dialog')
    },
  },
  {
    name: 'shortcuts',
    open: async () => {
      await userEvent.keyboard('{Control>}/{/Control}')
      await seen('dialog')
    },
  },
  { name: 'shared text', path: '?text=shared', open: async () => seen('dialog') },
  {
    name: 'developer tools',
    open: async () => {
      await userEvent.keyboard('{Control>}{Shift>}D{/Shift}{/Control}')
      await seen('tab')
    },
  },
  { name: 'banners and alarms', device: troubled, path, open: async () => seen('status') },
]

const address = location.pathname

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  sessionStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  // Colours on their way from one theme to the next are no theme's.
  document.documentElement.dataset['motion'] = 'none'
})
afterEach(() => {
  forgetShare()
  history.replaceState(null, '', address)
  delete document.documentElement.dataset['theme']
  delete document.documentElement.dataset['motion']
  document.documentElement.style.fontSize = ''
})

async function openScreen({ device = company, path: to = '', boot, open }: Screen): Promise<void> {
  history.replaceState(null, '', `${address}${to}`)
  document.title = 'Poruch'
  const root = document.createElement('div')
  root.id = 'root'
  document.body.append(root)
  const made = device()
  const start = async (): Promise<Device> => (boot ? boot(made) : Promise.resolve(makeOpenDevice(made)))
  const dispose = render(() => <App boot={start} />, root)
  onTestFinished(() => {
    dispose()
    root.remove()
  })
  await expect.poll(() => document.querySelector('main')).not.toBeNull()
  await open()
}

test.for(screens)('[CL49] axe finds nothing in any theme: $name', async (screen) => {
  await openScreen(screen)
  const found: string[] = []
  for (const theme of themes) {
    document.documentElement.dataset['theme'] = theme
    const { violations } = await axe.run(document)
    for (const { id, nodes } of violations) found.push(`${theme}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  }
  expect(found).toEqual([])
})

/** What hangs out of the window to the right. */
function tooWide(): readonly string[] {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return []
  return [...document.body.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
    .map(({ outerHTML }) => outerHTML.slice(0, 120))
}

test.for(screens)('[CL51] fits 320 pixels, and text of 200 %: $name', async (screen) => {
  await openScreen(screen)
  await page.viewport(320, 640)
  expect(tooWide()).toEqual([])
  await page.viewport(1280, 800)
  document.documentElement.style.fontSize = '200%'
  expect(tooWide()).toEqual([])
})

/** Elements that a change would move, or that move now. */
function moving(): readonly string[] {
  return [...document.body.querySelectorAll('*')]
    .filter((element) => {
      const { transitionDuration, animationName, animationDuration } = getComputedStyle(element)
      const isLong = (durations: string): boolean => durations.split(',').some((duration) => Number.parseFloat(duration) > 0)
      return isLong(transitionDuration) || (animationName !== 'none' && isLong(animationDuration))
    })
    .map(({ outerHTML }) => outerHTML.slice(0, 120))
}

/** What the library of the tests leaves untyped. */
interface Devtools {
  send(method: string, params: object): Promise<unknown>
}

test.for(screens)('[CL238] under reduced motion nothing moves: $name', async (screen) => {
  delete document.documentElement.dataset['motion']
  const emulate = async (value: string): Promise<void> => {
    await (cdp() as unknown as Devtools).send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-reduced-motion', value }] })
  }
  onTestFinished(async () => emulate(''))
  await emulate('reduce')
  expect(matchMedia('(prefers-reduced-motion: reduce)').matches).toBe(true)
  await openScreen(screen)
  expect(moving()).toEqual([])
})
