/** The relay's admin finds not one word. */
import { expect, test } from '@playwright/test'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { scanBytes, scanFolder } from './canary-scanner.ts'
import { admit, askToJoin, createWorkspace, invite, message, openCompany, openConversation, row, say } from './company.ts'

const canaryCount = 20

/** 16 characters that no program writes by itself. */
function canary(): string {
  return randomBytes(12).toString('base64url').replaceAll(/[-_]/gu, 'q')
}

test('[CL36] the scanner finds a word in each of its forms', () => {
  const word = canary()
  const noise = randomBytes(512)
  for (const lead of [0, 1, 2]) {
    const text = Buffer.concat([randomBytes(3 + lead), Buffer.from(word), randomBytes(5)])
    for (const leaked of [
      text,
      Buffer.from(text.toString('base64')),
      Buffer.from(text.toString('base64url')),
      Buffer.from(text.toString('hex')),
    ]) {
      expect(scanBytes('planted', Buffer.concat([noise, leaked, noise]), [word])).not.toEqual([])
    }
  }
  for (const wide of [Buffer.from(word, 'utf16le'), Buffer.from(word, 'utf16le').swap16()]) {
    expect(scanBytes('planted', Buffer.concat([noise, wide]), [word])).not.toEqual([])
  }
  expect(scanBytes('clean', noise, [word])).toEqual([])
})

test("[CL37] twenty canaries typed by people are in no form in the relay's files, its write-ahead log and its output", async () => {
  const company = await openCompany()
  try {
    const { relay } = company
    const words = Array.from({ length: canaryCount }, canary)
    const [workspace = '', aliceName = '', bobName = '', channel = '', ...texts] = words
    const alice = await company.arrive('Alice', await relay.setupLink())
    await createWorkspace(alice.page, { workspace, name: aliceName })
    const link = await invite(alice.page)
    const bob = await company.arrive('Bob', link)
    await askToJoin(bob.page, bobName)
    await admit(alice.page, bobName)
    await alice.page.getByRole('button', { name: 'New channel' }).click()
    const dialog = alice.page.getByRole('dialog')
    await dialog.getByLabel('Channel name').fill(channel)
    await dialog.getByRole('button', { name: 'Create channel' }).click()
    await openConversation(alice.page, channel)
    for (const text of texts.slice(0, 8)) await say(alice.page, text)
    await openConversation(alice.page, bobName)
    for (const text of texts.slice(8)) await say(alice.page, text)
    await expect(row(bob.page, channel)).toBeVisible()
    await openConversation(bob.page, aliceName)
    await expect(message(bob.page, texts.at(-1) ?? '')).toBeVisible()
    await expect(alice.page.getByText('on the relay').last()).toBeVisible()

    // Killed, so that the write-ahead log is still there as it was.
    await relay.kill()
    expect((await readdir(relay.dataFolder)).some((name) => name.endsWith('-wal'))).toBe(true)
    const { hits, sizeBytes } = await scanFolder(relay.dataFolder, words)
    expect(sizeBytes).toBeGreaterThan(10_000)
    expect([...hits, ...scanBytes('output', Buffer.from(relay.output()), words)]).toEqual([])
    // Nor does the invitation's secret ever leave the browsers.
    const secret = link.slice(link.indexOf('#i/') + 3)
    expect((await scanFolder(relay.dataFolder, [secret.slice(-20)])).hits).toEqual([])
  } finally {
    await company.close()
  }
})
