/** The lock: one passphrase over all tabs and restarts, with and without a network. */
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { composer, createWorkspace, expectLocked, message, openCompany, openConversation, say, setPassphrase, unlock } from './company.ts'

const passphrase = 'чотири слова поспіль тут'
const said = 'said before the lock'
const draft = 'half a thought'

/** All that the page's heap holds, as text. */
async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await session.detach()
  return chunks.join('')
}

async function expectOpen(page: Page): Promise<void> {
  await expect(message(page, said)).toBeVisible()
  await expect(composer(page)).toHaveValue(draft)
}

test('[CL91] a lock in one tab locks all; the right passphrase, and no other, shows chats and draft again, offline too', async () => {
  const company = await openCompany()
  try {
    const alice = await company.arrive('Alice', await company.relay.setupLink())
    const first = alice.page
    await createWorkspace(first, { workspace: 'Acme', name: 'Alice' })
    await setPassphrase(first, passphrase)
    await openConversation(first, 'General')
    await say(first, said)
    await composer(first).fill(draft)

    // Each tab asks for itself.
    const second = await first.context().newPage()
    await second.goto(first.url())
    await expectLocked(second)
    await unlock(second, passphrase)
    await expectOpen(second)
    expect(await heapOf(second)).toContain(said)

    await first.keyboard.press('Control+Shift+L')
    await expectLocked(first)
    await expectLocked(second)
    for (const page of [first, second]) expect(await heapOf(page)).not.toContain(said)

    await unlock(first, 'something else')
    await expect(first.getByRole('alert')).toContainText('This is not the passphrase.')
    await first.reload()
    await expectLocked(first)
    await unlock(first, passphrase)
    await expectOpen(first)
    await second.close()

    await alice.setOffline(true)
    await company.relay.kill()
    await first.reload()
    await expectLocked(first)
    await unlock(first, passphrase)
    await expectOpen(first)
    expect(alice.complaints().filter((line) => !/Failed to load resource|net::ERR|WebSocket/u.test(line))).toEqual([])
  } finally {
    await company.close()
  }
})

test('[CL93] who forgot the passphrase deletes the copy and starts over', async () => {
  const company = await openCompany()
  try {
    const alice = await company.arrive('Alice', await company.relay.setupLink())
    await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
    await setPassphrase(alice.page, passphrase)
    await alice.page.reload()
    await expectLocked(alice.page)
    await alice.page.getByRole('button', { name: 'Forgot it? Recover with the 24 words' }).click()
    await alice.page.getByRole('button', { name: 'Delete the copy and start over' }).click()
    await expect(alice.page.getByRole('heading', { name: 'Welcome to Poruch' })).toBeVisible()
    const left = await alice.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    expect(left.toSorted()).toEqual(['poruch', 'poruch key 1'])
  } finally {
    await company.close()
  }
})

test('[CL96] HTML that is not of a template of the app is refused, as are foreign script addresses; the app itself breaks no policy', async () => {
  const company = await openCompany()
  try {
    const alice = await company.arrive('Alice', await company.relay.setupLink())
    await alice.page.evaluate(() => {
      const reports: string[] = []
      document.addEventListener('securitypolicyviolation', (event) => {
        reports.push(`${event.violatedDirective} ${event.sourceFile ?? ''} ${event.sample}`)
      })
      Object.assign(globalThis, { reports })
    })
    await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
    await openConversation(alice.page, 'General')
    await say(alice.page, '<img src=x onerror=alert(1)>')
    await alice.page.getByRole('link', { name: 'Settings' }).click()
    await alice.page.keyboard.press('Control+k')
    await expect(alice.page.getByRole('dialog')).toBeVisible()
    await alice.page.keyboard.press('Escape')
    expect(await alice.page.evaluate(() => (globalThis as unknown as { reports: string[] }).reports)).toEqual([])
    expect(alice.complaints().filter((line) => /Trusted|Content Security/u.test(line))).toEqual([])
    const refusals = await alice.page.evaluate(async () => {
      const outcomes: string[] = []
      const attempt = async (name: string, act: () => unknown): Promise<void> => {
        try {
          await act()
          outcomes.push(`${name}: done`)
        } catch (thrown) {
          outcomes.push(`${name}: ${thrown instanceof Error ? thrown.name : 'refused'}`)
        }
      }
      const element = document.createElement('div')
      await attempt('innerHTML', () => (element.innerHTML = '<b>bold</b>'))
      await attempt('outerHTML', () => element.insertAdjacentHTML('beforeend', '<b>bold</b>'))
      await attempt('script address', () => (document.createElement('script').src = 'https://example.com/a.js'))
      await attempt('text of a script', () => (document.createElement('script').text = 'alert(1)'))
      await attempt('another policy', () =>
        (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy(
          'mine',
          {},
        ),
      )
      return outcomes
    })
    expect(refusals).toEqual([
      'innerHTML: TypeError',
      'outerHTML: TypeError',
      'script address: TypeError',
      'text of a script: TypeError',
      'another policy: TypeError',
    ])
    const isControlled = await alice.page.evaluate(async () => (await navigator.serviceWorker.ready).active !== null)
    expect(isControlled).toBe(true)
  } finally {
    await company.close()
  }
})
