/** The first whole path: a workspace, its people, their messages, sealed, through the relay and directly. */
import { expect, test } from '@playwright/test'
import { message, openCompany, openConnection, openConversation, openTrio, say } from './company.ts'

test('[CL1] three people create, join and talk in a private chat and in a channel, directly connected', async () => {
  const company = await openCompany()
  try {
    const { alice, bob, carol } = await openTrio(company)
    await openConversation(alice.page, 'Bob')
    await say(alice.page, 'Hello Bob, only you can read this')
    await openConversation(bob.page, 'Alice')
    await expect(message(bob.page, 'Hello Bob, only you can read this')).toBeVisible()
    await say(bob.page, 'Hello Alice')
    await expect(message(alice.page, 'Hello Alice')).toBeVisible()

    for (const { page } of [alice, bob, carol]) await openConversation(page, 'General')
    for (const { page, name } of [alice, bob, carol]) await say(page, `${name} is here`)
    for (const { page } of [alice, bob, carol]) {
      for (const { name } of [alice, bob, carol]) await expect(message(page, `${name} is here`)).toHaveCount(1)
    }
    await openConnection(alice.page)
    const direct = alice.page.getByRole('list', { name: 'Direct connections' })
    await expect(direct.getByText('Bob')).toBeVisible()
    await expect(direct.getByText('Carol')).toBeVisible()
  } finally {
    await company.close()
  }
})
