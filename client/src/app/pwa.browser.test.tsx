/** What makes a page an app: versions that wait to be asked for, the offer to install, shared texts, the number on the icon. */
import { systemClock } from '@poruch/base'
import type { Clock } from '@poruch/base'
import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { channel, makeOpenDevice, makePlainDevice, workspaceOf } from '../testing/people.ts'
import type { PlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import { keepInstallOffer } from './install-offer.ts'
import { hrefOf } from './paths.ts'
import type { Versions } from './versions.ts'
import { followVersions } from './versions.ts'
import '../testing/all-languages.ts'
import './app.css'

const address = location.pathname

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
  sessionStorage.clear()
})
afterEach(() => {
  history.replaceState(null, '', address)
})

function showApp(device: PlainDevice, { path = '', versions = null }: { path?: string; versions?: Versions | null } = {}) {
  history.replaceState(null, '', `${address}${path}`)
  const open = makeOpenDevice(device)
  const boot = async () => Promise.resolve(open)
  onTestFinished(render(() => <App boot={boot} versions={versions} />, document.body))
  return open
}

/** A browser's workers, moved by hand. */
class Workers extends EventTarget {
  controller: Worker | null = null
  readonly registration = Object.assign(new EventTarget(), {
    active: null as Worker | null,
    installing: null as Worker | null,
    waiting: null as Worker | null,
    looks: 0,
    update: async (): Promise<void> => {
      this.registration.looks++
      return Promise.resolve()
    },
  })
  async register(): Promise<unknown> {
    return Promise.resolve(this.registration)
  }
  /** A version is found, and installed as far as it goes by itself. */
  install(worker: Worker): void {
    this.registration.installing = worker
    this.registration.dispatchEvent(new Event('updatefound'))
    this.registration.waiting = worker
    worker.dispatchEvent(new Event('statechange'))
  }
  takeOver(worker: Worker): void {
    Object.assign(this.registration, { active: worker, waiting: null })
    this.controller = worker
    this.dispatchEvent(new Event('controllerchange'))
  }
}

class Worker extends EventTarget {
  readonly told: unknown[] = []
  postMessage(message: unknown): void {
    this.told.push(message)
  }
}

function follow(workers: Workers, clock: Clock = systemClock): Versions {
  return followVersions(clock, workers as unknown as ServiceWorkerContainer)
}

test('[CL180] a version that waits is said; who asks for it gets it once it has its place, and nobody else does', async () => {
  const workers = new Workers()
  const [one, two] = [new Worker(), new Worker()]
  workers.controller = workers.registration.active = one
  const versions = follow(workers)
  const { calls } = showApp(makePlainDevice({ name: 'member' }), { versions })
  await expect.element(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
  expect(page.getByText('A new version is ready', { exact: false }).query()).toBeNull()
  workers.install(two)
  await expect.element(page.getByText('A new version is ready', { exact: false })).toBeVisible()
  expect([two.told, calls]).toEqual([[], []])
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect.poll(() => two.told).toEqual([{ type: 'SKIP_WAITING' }])
  expect(calls).toEqual([])
  workers.takeOver(two)
  await expect.poll(() => calls).toEqual([['restart']])
})

test('[CL180] a worker that does not move keeps nobody from reloading; of the first version nothing is said; each hour is a look', async () => {
  const waits: [ms: number, work: () => void][] = []
  const clock: Clock = {
    ...systemClock,
    after: (ms, work) => {
      waits.push([ms, work])
      return () => undefined
    },
  }
  const workers = new Workers()
  const versions = follow(workers, clock)
  await expect.poll(() => waits.length).toBe(1)
  const first = new Worker()
  workers.install(first)
  workers.takeOver(first)
  expect(versions.state.read()).toBe('none')
  waits[0]?.[1]()
  expect([workers.registration.looks, waits.length]).toEqual([1, 2])
  workers.install(new Worker())
  expect(versions.state.read()).toBe('waiting')
  const activation = versions.activate()
  waits[2]?.[1]()
  await activation
})

test('[CL181] a tab that another has left behind says so, and asks for a reload when a part of it is gone', async () => {
  const workers = new Workers()
  workers.controller = workers.registration.active = new Worker()
  const versions = follow(workers)
  const { calls } = showApp(makePlainDevice({ name: 'member' }), { versions })
  await expect.element(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
  const next = new Worker()
  workers.install(next)
  workers.takeOver(next)
  await expect.element(page.getByText('Another tab runs a newer version', { exact: false })).toBeVisible()
  dispatchEvent(new Event('vite:preloadError'))
  await expect.element(page.getByText('A part of this version is no longer there', { exact: false })).toBeVisible()
  expect(calls).toEqual([])
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect.poll(() => calls).toEqual([['restart']])
})

function offerInstall(): { readonly event: Event; asked: number } {
  const seen = { asked: 0, event: new Event('beforeinstallprompt', { cancelable: true }) }
  Object.assign(seen.event, {
    prompt: async () => {
      seen.asked++
      return Promise.resolve()
    },
  })
  dispatchEvent(seen.event)
  return seen
}

test('[CL182] the offer to install is kept: not made before something was sent, made at the return, and once', async () => {
  const banner = page.getByText('Poruch can be an app of its own', { exact: false })
  keepInstallOffer()
  const first = offerInstall()
  expect(first.event.defaultPrevented).toBe(true)
  showApp(makePlainDevice({ name: 'member' }), { path: '#settings' })
  await expect.element(page.getByRole('heading', { name: 'As an app' })).toBeVisible()
  expect(banner.all().length).toBe(1)
  localStorage.setItem('poruch/persist-asked', 'yes')
  keepInstallOffer()
  offerInstall()
  await expect.poll(() => banner.all().length).toBe(2)
  await page.getByRole('button', { name: 'Not now' }).click()
  await expect.poll(() => banner.all().length).toBe(1)
  keepInstallOffer()
  const last = offerInstall()
  expect(banner.all().length).toBe(1)
  await page.getByRole('button', { name: 'Install' }).click()
  await expect.poll(() => last.asked).toBe(1)
  expect(banner.all().length).toBe(0)
})

test('[CL183] a shared text leaves the address at once and goes below what stands in the draft that is chosen', async () => {
  const device = makePlainDevice({ name: 'member' })
  await device.writeDraft(channel, 'typed before')
  const url = 'https://example.org/a?b=c'
  const query = new URLSearchParams({ title: 'A page', text: `look: ${url}`, url })
  showApp(device, { path: `?${query.toString()}` })
  expect(location.search).toBe('')
  const dialog = page.getByRole('dialog', { name: 'Where does the shared text go?' })
  await dialog.getByRole('combobox').fill('gen')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('textbox', { name: 'Message' })).toHaveValue(`typed before\nA page\nlook: ${url}`)
  expect(dialog.query()).toBeNull()
  expect(location.hash).toBe(hrefOf({ name: 'conversation', id: channel }))
})

test('[CL183] who closes the question has shared nothing', async () => {
  const device = makePlainDevice({ name: 'member' })
  showApp(device, { path: '?text=something' })
  const dialog = page.getByRole('dialog', { name: 'Where does the shared text go?' })
  await expect.element(dialog).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => dialog.query()).toBeNull()
  expect(device.drafts.read()).toEqual([])
})

test('[CL184] the number on the icon is that of the unread messages, and none where there are none', async () => {
  const shown: number[] = []
  vi.spyOn(navigator, 'setAppBadge').mockImplementation(async (count = 0) => {
    shown.push(count)
    return Promise.reject(new DOMException('not installed', 'NotAllowedError'))
  })
  vi.spyOn(navigator, 'clearAppBadge').mockImplementation(async () => {
    shown.push(0)
    return Promise.resolve()
  })
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const device = makePlainDevice({ name: 'member' })
  const unread = (...counts: number[]): void =>
    device.workspace.set(
      workspaceOf({
        conversations: counts.map((count, n) => ({
          id: { kind: 'channel', prefix: String(n).padStart(56, '0') },
          title: `room ${n}`,
          lastText: '',
          lastWallTime: 1,
          unread: count,
        })),
      }),
    )
  unread(2, 0, 5)
  showApp(device)
  await expect.poll(() => shown).toEqual([7])
  unread(0, 0, 1)
  await expect.poll(() => shown).toEqual([7, 1])
  unread(0)
  await expect.poll(() => shown).toEqual([7, 1, 0])
})
