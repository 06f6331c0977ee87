/** One person at one computer: a Chromium process of their own over a profile of their own. */
import { chromium } from '@playwright/test'
import type { BrowserContext, Page } from '@playwright/test'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findChromium } from '../../.ci/chromium.mjs'

export interface Person {
  readonly name: string
  readonly page: Page
  /** Quits the browser process. */
  quit(): Promise<void>
  /** Kills all processes of the browser at once, as a power cut would. */
  crash(): Promise<void>
  /** The page's process dies, the browser lives on; `page` is a new tab then, empty still. */
  crashTab(): Promise<void>
  /** Another tab of the same browser. */
  openTab(path?: string): Promise<Page>
  /** Starts the browser again over the same profile; by default at the address where it was. */
  reopen(options?: { offline?: boolean; path?: string }): Promise<void>
  setOffline(offline: boolean): Promise<void>
  /** What the pages have written to the console since the start; errors of the network apart. */
  complaints(): readonly string[]
}

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Machines of one test find one another by address; names of the multicast DNS would need a responder here.
  // A page that a route has answered counts as one of the public network, which may not ask this machine without being let.
  '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
  // Six windows share one screen: none of them may be put to sleep as hidden.
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
]

export interface PersonOptions {
  readonly name: string
  /** Where the profiles are kept. */
  readonly folder: string
  readonly url: string
  readonly locale?: string
  /** Called with each browser that is started, before any page is opened. */
  readonly prepare?: (context: BrowserContext) => Promise<void>
  /** The files of another client, in the place of those that the relay serves. */
  readonly clientFolder?: string
}

export async function openPerson(options: PersonOptions): Promise<Person> {
  const complaints: string[] = []
  const executablePath = await findChromium()
  const launch = async (): Promise<BrowserContext> => {
    const context = await chromium.launchPersistentContext(join(options.folder, options.name), {
      ...(executablePath ? { executablePath } : {}),
      args: browserArguments,
      locale: options.locale ?? 'en-GB',
      viewport: { width: 1440, height: 900 },
      // A worker would fetch past the routes.
      serviceWorkers: options.clientFolder ? 'block' : 'allow',
    })
    const { clientFolder } = options
    if (clientFolder) {
      await context.route(
        (url) => url.origin === new URL(options.url).origin && !/^\/(?:api|collab)/u.test(url.pathname),
        async (route) => {
          const { pathname } = new URL(route.request().url())
          await route.fulfill({ path: join(clientFolder, pathname === '/' ? 'index.html' : pathname) })
        },
      )
    }
    await options.prepare?.(context)
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${options.name}: ${message.text()}`)
    })
    context.on('weberror', (error) => complaints.push(`${options.name}: ${error.error().message}`))
    return context
  }
  let context = await launch()
  let page = context.pages()[0] ?? (await context.newPage())
  await page.goto(options.url)
  return {
    name: options.name,
    get page() {
      return page
    },
    quit: async () => {
      await context.close()
    },
    crash: async () => {
      const closed = new Promise<void>((resolve) => context.on('close', () => resolve()))
      await killBrowser(join(options.folder, options.name))
      await closed
    },
    crashTab: async () => {
      const dead = page
      const died = new Promise<void>((resolve) => dead.once('crash', () => resolve()))
      const devtools = await context.newCDPSession(dead)
      // Nobody is left to answer.
      devtools.send('Page.crash').catch(() => undefined)
      await died
      page = await context.newPage()
      await dead.close()
    },
    openTab: async (path = '/') => {
      const tab = await context.newPage()
      await tab.goto(new URL(path, options.url).href)
      return tab
    },
    reopen: async ({ offline = false, path = '/' } = {}) => {
      context = await launch()
      if (offline) await context.setOffline(true)
      page = context.pages()[0] ?? (await context.newPage())
      await page.goto(new URL(path, options.url).href)
    },
    setOffline: async (offline) => {
      await context.setOffline(offline)
    },
    complaints: () => complaints,
  }
}

/** SIGKILL for every process that works on this profile: its folder is of this test alone. */
async function killBrowser(profile: string): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '')
    if (!line.includes(`--user-data-dir=${profile}\0`)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
    } catch {
      // It ended with its parent.
    }
  }
}
