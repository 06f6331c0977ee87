/** The 24 words on a blank profile, with the old computer gone. */
import { test } from '@playwright/test'
import { createWorkspace, admit, askToJoin, composer, expect, invite, message, openCompany, openConversation, row, say } from './company.ts'
import type { Company } from './company.ts'

let company: Company

test.beforeEach(async () => {
  company = await openCompany()
})

test.afterEach(async () => company.close())

test('[CL111] a blank profile has everything again from the words, and the old device is shut out', async () => {
  const alice = await company.arrive('Alice', await company.relay.setupLink())
  await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
  const bob = await company.arrive('Bob', await invite(alice.page))
  const words = await askToJoin(bob.page, 'Bob')
  await admit(alice.page, 'Bob')
  await openConversation(bob.page, 'General')
  await say(bob.page, 'written on the old computer')
  await openConversation(bob.page, 'Alice')
  await say(bob.page, 'between us')
  await openConversation(alice.page, 'Bob')
  await expect(message(alice.page, 'between us')).toBeVisible()

  const origin = new URL(alice.page.url()).origin
  const anew = await company.arrive('Bob anew', origin)
  await anew.page.getByRole('button', { name: 'I have my 24 recovery words' }).click()
  await anew.page.getByLabel('Your 24 words').fill(words.join(' '))
  await anew.page.keyboard.press('Enter')
  await anew.page.getByRole('checkbox', { name: /Shut out device 1/u }).check()
  await anew.page.getByRole('button', { name: 'Bring everything back' }).click()

  await expect(row(anew.page, 'Alice')).toBeVisible()
  await openConversation(anew.page, 'General')
  await expect(message(anew.page, 'written on the old computer')).toBeVisible()
  await openConversation(anew.page, 'Alice')
  await expect(message(anew.page, 'between us')).toBeVisible()
  await say(anew.page, 'from the new one')
  await expect(message(alice.page, 'from the new one')).toBeVisible()
  // The old computer hears nothing more.
  await openConversation(alice.page, 'General')
  await say(alice.page, 'after the loss')
  await openConversation(anew.page, 'General')
  await expect(message(anew.page, 'after the loss')).toBeVisible()
  await openConversation(bob.page, 'General').catch(() => undefined)
  await expect(message(bob.page, 'after the loss')).toBeHidden()
  await expect(composer(alice.page)).toBeVisible()
})
