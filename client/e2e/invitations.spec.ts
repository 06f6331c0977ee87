/** Links that no longer let anybody in say so, and let nobody in. */
import { expect, test } from '@playwright/test'
import { admit, askToJoin, createWorkspace, invite, openCompany, openMembers, row } from './company.ts'

test('[CL38] a link for one that two people opened lets in one; used and revoked links say why', async () => {
  const company = await openCompany()
  try {
    const alice = await company.arrive('Alice', await company.relay.setupLink())
    await createWorkspace(alice.page, { workspace: 'Acme', name: 'Alice' })
    const link = await invite(alice.page, { uses: 1 })
    const bob = await company.arrive('Bob', link)
    const carol = await company.arrive('Carol', link)
    await askToJoin(bob.page, 'Bob')
    await askToJoin(carol.page, 'Carol')
    await openMembers(alice.page)
    await expect(alice.page.getByRole('button', { name: 'Admit Carol' })).toBeVisible()
    await admit(alice.page, 'Bob')
    await expect(row(bob.page, 'Alice')).toBeVisible()
    await expect(carol.page.getByRole('heading', { name: 'Your request was denied' })).toBeVisible()
    await expect(alice.page.getByRole('button', { name: 'Admit Carol' })).toBeHidden()

    const dave = await company.arrive('Dave', link)
    await dave.page.getByLabel('Your name').fill('Dave')
    await dave.page.getByRole('button', { name: 'Ask to join' }).click()
    await dave.page.getByLabel('I wrote them down').check()
    await dave.page.getByRole('button', { name: 'Continue' }).click()
    await expect(dave.page.getByRole('heading', { name: 'Your request did not get through' })).toBeVisible()
    await expect(dave.page.getByText('used', { exact: false })).toBeVisible()

    const revoked = await invite(alice.page, { uses: 1 })
    await alice.page.getByRole('button', { name: /^Revoke the invitation/u }).click()
    const eve = await company.arrive('Eve', revoked)
    await eve.page.getByLabel('Your name').fill('Eve')
    await eve.page.getByRole('button', { name: 'Ask to join' }).click()
    await eve.page.getByLabel('I wrote them down').check()
    await eve.page.getByRole('button', { name: 'Continue' }).click()
    await expect(eve.page.getByRole('heading', { name: 'Your request did not get through' })).toBeVisible()
    await expect(eve.page.getByText('revoked', { exact: false })).toBeVisible()
  } finally {
    await company.close()
  }
})
