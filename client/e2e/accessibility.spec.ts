/** Every screen for everybody: no finding of axe in any theme, no mouse needed, large text and narrow screens. */
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import {
  admit,
  composer,
  createWorkspace,
  expectLocked,
  invite,
  openCompany,
  openConversation,
  openTrio,
  say,
  setPassphrase,
} from './company.ts'

const themes = ['light', 'dark', 'contrast'] as const
type Theme = (typeof themes)[number]

/** As the settings do, without leaving the screen. */
async function setTheme(page: Page, theme: Theme): Promise<void> {
  await page.evaluate(async (name) => {
    document.documentElement.dataset['theme'] = name
    // Colours go over into the new ones in a moment: what is on the way there is not what is to be read.
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    await Promise.all(ending.map(async ({ finished }) => finished.catch(() => undefined)))
  }, theme)
}

/** What axe finds on the screen as it is, in each theme, as lines that name rule and element. */
async function findings(page: Page, screen: string, inThemes: readonly Theme[] = themes): Promise<readonly string[]> {
  const found: string[] = []
  for (const theme of inThemes) {
    await setTheme(page, theme)
    const { violations } = await new AxeBuilder({ page }).analyze()
    for (const { id, nodes } of violations)
      found.push(`${screen}, ${theme}: ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  }
  return found
}

/** Nothing is wider than the window. */
async function expectReflow(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
}

test('[CL49] axe finds nothing on the screens of the way in', async () => {
  const company = await openCompany()
  try {
    const found: string[] = []
    const alice = await company.arrive('Alice', company.relay.origin)
    await expect(alice.page.getByRole('heading', { name: 'Welcome to Poruch' })).toBeVisible()
    found.push(...(await findings(alice.page, 'welcome')))
    await alice.page.goto(await company.relay.setupLink())
    await alice.page.getByLabel('Workspace name').fill('Acme')
    await alice.page.getByLabel('Your name').fill('Alice')
    found.push(...(await findings(alice.page, 'create')))
    await alice.page.getByRole('button', { name: 'Create workspace' }).click()
    await expect(alice.page.getByRole('list', { name: 'Recovery words' })).toBeVisible()
    found.push(...(await findings(alice.page, 'words')))
    await alice.page.getByLabel('I wrote them down').check()
    await alice.page.getByRole('button', { name: 'Continue' }).click()
    await expect(alice.page.getByText('Invite your first colleague')).toBeVisible()
    found.push(...(await findings(alice.page, 'first home')))
    const bob = await company.arrive('Bob', await invite(alice.page))
    await bob.page.getByLabel('Your name').fill('Bob')
    found.push(...(await findings(bob.page, 'join')))
    await bob.page.getByRole('button', { name: 'Ask to join' }).click()
    await bob.page.getByLabel('I wrote them down').check()
    await bob.page.getByRole('button', { name: 'Continue' }).click()
    await expect(bob.page.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible()
    found.push(...(await findings(bob.page, 'waiting')))
    await expect(alice.page.getByRole('button', { name: 'Admit Bob' })).toBeVisible()
    found.push(...(await findings(alice.page, 'join request')))
    await admit(alice.page, 'Bob')
    expect(found).toEqual([])
  } finally {
    await company.close()
  }
})

test('[CL49] [CL51] axe finds nothing on a member’s screens, which fit 320 pixels and take text of 200 %', async () => {
  const company = await openCompany()
  try {
    const { alice } = await openTrio(company)
    const { page } = alice
    const found: string[] = []
    const at = async (screen: string, path: string, inThemes = themes as readonly Theme[]): Promise<void> => {
      await page.evaluate((hash) => (location.hash = hash), path)
      await expect(page.getByRole('main')).toBeVisible()
      found.push(...(await findings(page, screen, inThemes)))
    }
    await openConversation(page, 'General')
    found.push(...(await findings(page, 'empty conversation')))
    await say(page, 'Hello to all')
    await composer(page).fill('x'.repeat(15_900))
    found.push(...(await findings(page, 'conversation')))
    await composer(page).fill('')
    for (const name of ['members', 'connection', 'settings', '']) await at(name || 'home', name)
    for (const [keys, screen] of [
      ['Control+k', 'palette'],
      ['Control+/', 'shortcuts'],
    ] as const) {
      await page.keyboard.press(keys)
      await expect(page.getByRole('dialog')).toBeVisible()
      found.push(...(await findings(page, screen)))
      await page.keyboard.press('Escape')
    }
    await page.keyboard.press('Control+Shift+D')
    await expect(page.getByRole('region', { name: 'Developer tools' })).toBeVisible()
    for (const tab of ['Documents', 'Log', 'Storage']) {
      await page.getByRole('tab', { name: tab }).click()
      found.push(...(await findings(page, `developer tools, ${tab}`, ['light', 'dark'])))
    }
    await page.keyboard.press('Control+Shift+D')
    await page.getByRole('button', { name: 'New channel' }).click()
    found.push(...(await findings(page, 'new channel')))
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 320, height: 640 })
    for (const name of ['', 'members', 'connection', 'settings']) {
      await at(`${name || 'home'}, 320 px`, name, ['light'])
      await expectReflow(page)
    }
    await page.evaluate(() => (location.hash = ''))
    await openConversation(page, 'General')
    found.push(...(await findings(page, 'conversation, 320 px', ['light'])))
    await expectReflow(page)
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
    await expect(page.getByText('Hello to all')).toHaveCSS('font-size', '28px')
    for (const name of ['members', 'connection', 'settings', '']) {
      await page.evaluate((hash) => (location.hash = hash), name)
      await expect(page.getByRole('main')).toBeVisible()
      await expectReflow(page)
    }
    expect(found).toEqual([])
  } finally {
    await company.close()
  }
})

test('[CL50] from the setup link to the first message and the members, without a mouse', async () => {
  const company = await openCompany()
  try {
    const alice = await company.arrive('Alice', await company.relay.setupLink())
    const { page } = alice
    await expect(page.getByLabel('Workspace name')).toBeVisible()
    /** Tab until something is in focus, as somebody does who hears what it is. */
    const reach = async (name: RegExp): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        await page.keyboard.press('Tab')
        const focus = page.locator(':focus')
        if ((await focus.count()) === 0) continue
        const said = await focus.evaluate((element) => {
          const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((label) => label.textContent).join(' ') : ''
          return `${labels} ${element.getAttribute('aria-label') ?? ''} ${element.textContent}`
        })
        if (name.test(said)) return
      }
      throw new Error(`not reached by Tab: ${name.source}`)
    }
    await reach(/Workspace name/u)
    await page.keyboard.type('Acme')
    await reach(/Your name/u)
    await page.keyboard.type('Alice')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('list', { name: 'Recovery words' })).toBeVisible()
    await reach(/I wrote them down/u)
    await page.keyboard.press('Space')
    await reach(/Continue/u)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('gener')
    await page.keyboard.press('Enter')
    await expect(composer(page)).toBeFocused()
    await page.keyboard.type('written without a mouse')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('list', { name: 'Messages' }).getByText('written without a mouse')).toBeVisible()
    await page.keyboard.press('F6')
    await page.keyboard.press('F6')
    await expect(page.getByRole('link', { name: 'Members' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { level: 1, name: 'Members' })).toBeVisible()
  } finally {
    await company.close()
  }
})

test('[CL49] [CL50] [CL51] the lock: axe finds nothing, it fits 320 pixels and 200 %, and opens by keyboard alone', async () => {
  const company = await openCompany()
  try {
    const { page } = await company.arrive('Alice', await company.relay.setupLink())
    await createWorkspace(page, { workspace: 'Acme', name: 'Alice' })
    await page.evaluate(() => (location.hash = 'settings'))
    await page.getByRole('button', { name: 'Set a passphrase' }).click()
    const found = [...(await findings(page, 'passphrase'))]
    await page.keyboard.press('Escape')
    await setPassphrase(page, 'four words by chance')
    found.push(...(await findings(page, 'settings of the lock')))
    await page.reload()
    await expectLocked(page)
    found.push(...(await findings(page, 'lock')))
    await page.setViewportSize({ width: 320, height: 640 })
    await expectReflow(page)
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
    await expectReflow(page)
    await page.keyboard.type('not the right one')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toBeVisible()
    found.push(...(await findings(page, 'wrong passphrase')))
    await page.keyboard.press('Control+a')
    await page.keyboard.type('four words by chance')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
    await page.keyboard.press('Control+Shift+L')
    await expectLocked(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    found.push(...(await findings(page, 'forgotten')))
    expect(found).toEqual([])
  } finally {
    await company.close()
  }
})
