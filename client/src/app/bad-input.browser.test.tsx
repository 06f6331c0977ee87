/** What people, their devices and their enemies put in: long and false names, floods, code in texts, clocks, browsers that lack something. */
import { makeCell } from '@poruch/base'
import type { WorkspaceView } from '@poruch/replica'
import { render } from 'solid-js/web'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { page } from 'vitest/browser'
import { Conversation } from '../features/chat/Conversation.tsx'
import { draftMaxCharacters } from '../features/chat/drafts.ts'
import {
  bob,
  carol,
  channel,
  conversationOf,
  makeOpenDevice,
  makePlainDevice,
  member,
  message,
  noon,
  workspaceOf,
} from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import { Failure } from './Failure.tsx'
import { lackOf } from './browser-needs.ts'
import { I18nContext, createAppI18n, languages } from './i18n.ts'
import { lookAlikeOf } from './look-alike.ts'
import { plainName } from './person-name.ts'
import { PreferencesContext, createPreferences } from './preferences.ts'
import '../testing/all-languages.ts'
import './app.css'

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  history.replaceState(null, '', location.pathname)
})

function showApp(device: PlainDevice, fragment = ''): void {
  history.replaceState(null, '', `${location.pathname}${fragment}`)
  const open = makeOpenDevice(device)
  const boot = async () => Promise.resolve(open)
  onTestFinished(render(() => <App boot={boot} />, document.body))
}

const override = '\u202E'
const channelTitle = (title: string): WorkspaceView['conversations'] => [
  { id: channel, title, lastText: '', lastWallTime: null, unread: 0 },
]

test('[CL230] names of 200 characters, without a gap or from right to left, fit every screen, also of 320 pixels', async () => {
  const long = 'W'.repeat(200)
  const arabic = 'محمد '.repeat(40).trim()
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(
    workspaceOf({ name: long, members: [member(bob, { name: long }), member(carol, { name: arabic })], conversations: channelTitle(long) }),
  )
  device.connection.set({ ...device.connection.read(), peers: [{ user: bob, name: long, transport: 'webrtc', roundTripMs: 5 }] })
  showApp(device)
  for (const width of [1280, 320]) {
    await page.viewport(width, 800)
    for (const name of ['', '#members', '#connection', `#c/${channel.prefix}`, `#d/${bob}`]) {
      location.hash = name
      await expect.element(page.getByRole('main')).toBeVisible()
      const tooWide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + 1)
      const { scrollWidth, clientWidth } = document.documentElement
      const culprits = scrollWidth > clientWidth ? tooWide.map((element) => element.outerHTML.slice(0, 100)) : []
      expect([width, name, culprits]).toEqual([width, name, []])
    }
  }
})

test('[CL231] a name can neither turn the text around it nor be empty to the eye', async () => {
  expect(plainName(`${override}ecilA\u200B \u2066x\u2069\n`)).toBe('ecilA x')
  expect([plainName('Олена'), plainName('ليلى'), plainName('👩‍🚀 Ann')]).toEqual(['Олена', 'ليلى', '👩‍🚀 Ann'])
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(
    workspaceOf({
      members: [member(bob, { name: `${override}ecilA` }), member(carol, { name: '\u200B\u2060' })],
      conversations: channelTitle(`x${override}y`),
    }),
  )
  showApp(device, '#members')
  await expect.element(page.getByRole('list', { name: 'Members' }).getByText('ecilA', { exact: true })).toBeVisible()
  await expect.element(page.getByRole('list', { name: 'Channels' }).getByText('xy', { exact: true })).toBeVisible()
  const marked = [...document.body.querySelectorAll('*')].filter((e) => e.children.length === 0 && /[\u202E\u200B]/u.test(e.textContent))
  expect(marked.map(({ outerHTML }) => outerHTML)).toEqual([])
  await expect.element(page.getByRole('list', { name: 'People' }).getByText('Unnamed person')).toBeVisible()
})

test('[CL232] an admin is warned of somebody at the door whose name looks like that of a member', async () => {
  const names = ['Alice Blum', 'Ольга', 'modern']
  expect(lookAlikeOf('Аlісе  Blum', names)).toBe('Alice Blum')
  expect(lookAlikeOf('ALICE BLUM', names)).toBe('Alice Blum')
  expect(lookAlikeOf('Oльгa', names)).toBe('Ольга')
  expect(lookAlikeOf('rnodem', names)).toBe('modern')
  expect(['Alina Blum', 'Олег', '', 'Mo'].map((name) => lookAlikeOf(name, names))).toEqual([null, null, null, null])
  const device = makePlainDevice({ name: 'member' })
  const request = {
    user: carol,
    invitation: 'ab'.repeat(16),
    name: 'Воb',
    role: 'editor',
    safetyNumber: '',
  } as unknown as WorkspaceView['requests'][number]
  device.workspace.set(workspaceOf({ requests: [request] }))
  showApp(device, '#members')
  await expect.element(page.getByText('This name looks like that of Bob, who is here already.', { exact: false })).toBeVisible()
})

test('[CL233] of a paste of 10 MB what fits the draft is kept, its length is said, and nothing of it can be sent', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device, `#c/${channel.prefix}`)
  const field = page.getByRole('textbox', { name: 'Message', exact: true })
  await expect.element(field).toBeVisible()
  const element = field.element() as HTMLTextAreaElement
  element.value = 'слово '.repeat(1_700_000)
  element.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }))
  await expect.element(page.getByText('characters too many', { exact: false })).toBeVisible()
  expect(device.drafts.read()[0]?.text.length).toBe(draftMaxCharacters)
  await expect.element(page.getByRole('button', { name: 'Send' })).toBeDisabled()
  await field.fill('short')
  await expect.element(page.getByRole('button', { name: 'Send' })).toBeEnabled()
})

test('[CL234] code in messages, names and titles is text: it runs nothing and links nowhere', async () => {
  const hostile = [
    '[press](javascript:alert(1))',
    '<a href="javascript:alert(1)">press</a>',
    '![x](data:text/html;base64,PHNjcmlwdD4=)',
    '<svg onload="alert(1)"><use href="data:image/svg+xml,x"/></svg>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '</p><script>alert(1)</script><style>*{display:none}</style>',
    '&lt;img src=x onerror=alert(1)&gt;<img src=x onerror=alert(1)>',
    '\u0000javascript:alert(1) https://еxample.com@evil.example/',
  ]
  const device = makePlainDevice({ name: 'member' })
  const [first = ''] = hostile
  device.workspace.set(
    workspaceOf({ name: first, members: [member(bob, { name: hostile[1] ?? '' })], conversations: channelTitle(hostile[3] ?? '') }),
  )
  const messages = hostile.map((text, n) => message(bob, n, text, { authorName: hostile[n] ?? '' }))
  showApp(device, '#members')
  onTestFinished(
    render(
      () => (
        <PreferencesContext.Provider value={createPreferences()}>
          <I18nContext.Provider value={createAppI18n('en')}>
            <Conversation
              id={channel}
              conversation={makeCell(conversationOf(channel, messages))}
              title={first}
              drafts={{ read: () => first, has: () => true, write: () => undefined, add: () => undefined }}
              unread={() => 0}
              onSend={device.send}
              onTyping={() => undefined}
            />
          </I18nContext.Provider>
        </PreferencesContext.Provider>
      ),
      document.body,
    ),
  )
  await expect.element(page.getByText(first).first()).toBeVisible()
  const links = [...document.querySelectorAll('a')].map((link) => link.getAttribute('href') ?? '')
  expect(links.filter((href) => !href.startsWith('#'))).toEqual([])
  expect(
    document.querySelectorAll('main iframe, main img, .conversation img, .conversation svg use, .conversation script, .conversation a')
      .length,
  ).toBe(0)
})

test('[CL235] a clock ten years off is seen for what it is: the day has its year, and the order does not follow it', async () => {
  const years = (count: number): number => new Date(2026 + count, 5, 1, 12).getTime()
  const device = makePlainDevice({ name: 'member' })
  const texts = [years(10), noon, years(-10), 2 ** 48 - 1, 0].map((wallTime, n) => message(bob, n, `text ${n}`, { wallTime }))
  showApp(device, `#c/${channel.prefix}`)
  const view = device.conversation(channel) as ReturnType<typeof makeCell<ReturnType<typeof conversationOf>>>
  view.set(conversationOf(channel, texts))
  await expect.element(page.getByText('text 4')).toBeVisible()
  const days = [...document.querySelectorAll('.day-line')].map(({ textContent }) => /\d{4,}/u.exec(textContent)?.[0])
  expect([days[0], days[2], days[3]]).toEqual(['2036', '2016', '10889'])
  expect([...document.querySelectorAll('.message-text')].map(({ textContent }) => textContent.trim())).toEqual(
    texts.map(({ text }) => text),
  )
})

test('[CL236] a browser that lacks something is told what, with a way on, in both languages', async () => {
  const scope = (change: object): typeof globalThis =>
    Object.assign(
      Object.create(null) as typeof globalThis,
      {
        isSecureContext: true,
        localStorage,
        sessionStorage,
        indexedDB,
        navigator,
        BroadcastChannel,
        ResizeObserver,
      },
      change,
    )
  expect(lackOf(globalThis)).toBeNull()
  expect(lackOf(scope({}))).toBeNull()
  expect(lackOf(scope({ isSecureContext: false }))).toBe('insecure')
  expect(lackOf(scope({ indexedDB: undefined }))).toBe('store-unavailable')
  expect(lackOf(scope({ localStorage: null }))).toBe('store-unavailable')
  const forbidden = Object.defineProperty(scope({}), 'localStorage', {
    get: () => {
      throw new DOMException('denied', 'SecurityError')
    },
  })
  expect(lackOf(forbidden)).toBe('store-unavailable')
  expect(lackOf(scope({ navigator: {} }))).toBe('old-browser')
  expect(lackOf(scope({ BroadcastChannel: undefined }))).toBe('old-browser')
  for (const language of languages)
    for (const code of ['insecure', 'store-unavailable', 'old-browser']) {
      const dispose = render(
        () => (
          <I18nContext.Provider value={createAppI18n(language)}>
            <Failure code={code} />
          </I18nContext.Provider>
        ),
        document.body,
      )
      const alert = page.getByRole('alert')
      await expect.element(alert).toBeVisible()
      expect(alert.element().textContent).not.toContain(code)
      await expect.element(page.getByRole('button')).toBeVisible()
      dispose()
    }
})

test('[CL237] a fault of the app itself is a sentence and a reload, and no blank page', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set({ ...workspaceOf(), conversations: null } as unknown as WorkspaceView)
  const heard: unknown[] = []
  const onError = (event: ErrorEvent): void => {
    event.preventDefault()
    event.stopImmediatePropagation()
    heard.push(event.error)
  }
  addEventListener('error', onError, { capture: true })
  onTestFinished(() => {
    removeEventListener('error', onError, { capture: true })
  })
  showApp(device)
  await expect.element(page.getByRole('alert').getByText('Something went wrong (unexpected). Try again.')).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Reload' })).toBeVisible()
  expect(heard.length).toBeGreaterThan(0)
})
