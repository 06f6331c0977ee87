/** The relay dies, people are away: nothing is lost, nothing comes twice. */
import { expect, test } from '@playwright/test'
import { message, messagesLike, openCompany, openConnection, openConversation, openTrio, say } from './company.ts'
import type { Person } from './person.ts'

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${String(index + 1).padStart(2, '0')}`)

async function directlyLinked(person: Person, names: readonly string[]): Promise<void> {
  await openConnection(person.page)
  const list = person.page.getByRole('list', { name: 'Direct connections' })
  for (const name of names) await expect(list.getByText(name)).toBeVisible()
}

test('[CL2] with the relay killed, two people go on talking; after its restart everything is there once', async () => {
  const company = await openCompany()
  try {
    const { alice, bob, carol } = await openTrio(company)
    await directlyLinked(alice, ['Bob', 'Carol'])
    await directlyLinked(bob, ['Alice', 'Carol'])
    for (const { page } of [alice, bob, carol]) await openConversation(page, 'General')
    await company.relay.kill()

    const sentAt = Date.now()
    await say(alice.page, 'The relay is dead')
    await expect(message(bob.page, 'The relay is dead')).toBeVisible()
    test.info().annotations.push({ type: 'direct delivery', description: `${Date.now() - sentAt} ms` })
    await say(bob.page, 'And we go on')
    await expect(message(alice.page, 'And we go on')).toBeVisible()
    await openConversation(alice.page, 'Bob')
    await say(alice.page, 'A first private word')
    await openConversation(bob.page, 'Alice')
    await expect(message(bob.page, 'A first private word')).toBeVisible()

    await company.relay.start()
    await openConversation(alice.page, 'General')
    const delivered = alice.page.getByRole('list', { name: 'Messages' }).getByRole('listitem').filter({ hasText: 'The relay is dead' })
    await expect(delivered.getByText('on the relay')).toBeVisible({ timeout: 60_000 })
    for (const { page } of [alice, bob, carol]) {
      await openConversation(page, 'General')
      expect(await messagesLike(page, /^(The relay is dead|And we go on)$/u)).toEqual(['The relay is dead', 'And we go on'])
    }
    for (const person of [bob, carol]) {
      await person.quit()
      await person.reopen()
      await openConversation(person.page, 'General')
      // A start shows the screen before it has read the log.
      await expect(message(person.page, 'And we go on')).toBeVisible()
      expect(await messagesLike(person.page, /^(The relay is dead|And we go on)$/u)).toEqual(['The relay is dead', 'And we go on'])
    }
  } finally {
    await company.close()
  }
})

test('[CL3] what was written to somebody who was away is there at the return, in order, once', async () => {
  const company = await openCompany()
  try {
    const { alice, bob } = await openTrio(company)
    await bob.quit()
    await openConversation(alice.page, 'Bob')
    const texts = numbered('letter', 20)
    for (const text of texts) await say(alice.page, text)
    await openConnection(alice.page)
    await expect(alice.page.getByText('Everything you wrote has reached the relay.')).toBeVisible()
    await alice.quit()
    await bob.reopen()
    await openConversation(bob.page, 'Alice')
    await expect(message(bob.page, 'letter 20')).toBeVisible()
    expect(await messagesLike(bob.page, /^letter \d\d$/u)).toEqual(texts)
  } finally {
    await company.close()
  }
})

test('[CL4] what was written offline is there after a restart offline, and with everyone once after reconnecting', async () => {
  const company = await openCompany()
  try {
    const { alice, bob, carol } = await openTrio(company)
    await openConversation(alice.page, 'General')
    await bob.quit()
    await carol.quit()
    await company.relay.kill()
    const texts = numbered('offline', 20)
    for (const text of texts) await say(alice.page, text)
    await alice.quit()
    await alice.reopen()
    await openConversation(alice.page, 'General')
    await expect(message(alice.page, 'offline 20')).toBeVisible()
    expect(await messagesLike(alice.page, /^offline \d\d$/u)).toEqual(texts)

    await company.relay.start()
    await bob.reopen()
    await carol.reopen()
    for (const { page } of [bob, carol]) {
      await openConversation(page, 'General')
      await expect(message(page, 'offline 20')).toBeVisible({ timeout: 60_000 })
      expect(await messagesLike(page, /^offline \d\d$/u)).toEqual(texts)
    }
    expect(await messagesLike(alice.page, /^offline \d\d$/u)).toEqual(texts)
  } finally {
    await company.close()
  }
})
