/** A relay that is lost with its key, and another one in its place. */
import { test } from '@playwright/test'
import { makeRelayProcess } from '@poruch/testkit/relay-process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { admit, askToJoin, createWorkspace, expect, invite, message, openCompany, openConversation, openMembers, say } from './company.ts'

const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))

test('[CL227] the owner moves to a new relay at the same address, a member follows, and they talk on', async () => {
  const company = await openCompany()
  const alice = await company.arrive('Alice', await company.relay.setupLink())
  await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
  const bob = await company.arrive('Bob', await invite(alice.page))
  await askToJoin(bob.page, 'Bob')
  await admit(alice.page, 'Bob')
  await openConversation(alice.page, 'General')
  await say(alice.page, 'before the fire')
  await openConversation(bob.page, 'General')
  await expect(message(bob.page, 'before the fire')).toBeVisible()
  await company.relay.kill()
  const port = Number(new URL(company.relay.origin).port)
  const relay = await makeRelayProcess({ dataFolder: join(company.folder, 'another'), clientFolder, port })
  await relay.start()
  try {
    await openMembers(alice.page)
    await alice.page.getByRole('button', { name: 'Move to another relay' }).click()
    const dialog = alice.page.getByRole('dialog')
    await dialog.getByLabel('Setup link of the new relay').fill(await relay.setupLink())
    await dialog.getByRole('button', { name: 'Move to another relay' }).click()
    await expect(dialog).toBeHidden()
    await expect(alice.page.getByRole('link', { name: 'Connection' })).toContainText(/Connected|direct/u)
    await openMembers(bob.page)
    await bob.page.getByRole('button', { name: 'Follow to the new relay' }).click()
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Follow to the new relay' }).click()
    await expect(bob.page.getByRole('link', { name: 'Connection' })).toContainText(/Connected|direct/u)
    await openConversation(bob.page, 'General')
    await say(bob.page, 'after the fire')
    await openConversation(alice.page, 'General')
    await expect(message(alice.page, 'after the fire')).toBeVisible()
  } finally {
    await relay.stop()
    await company.close()
  }
})
