/** Members, invitations, requests and late messages, as an admin and as others see them. */
import type { InvitationId } from '@poruch/base'
import { CodedError } from '@poruch/base'
import type { JoinRequestView, LateMessage, Replica } from '@poruch/replica'
import { createSignal } from 'solid-js'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { alice, bob, carol, channel, digits, makePlainDevice, member, noon, workspaceOf } from '../../testing/people.ts'
import type { PlainDevice } from '../../testing/people.ts'
import { waitingFor } from '../../app/rights.ts'
import { show } from '../../testing/show.tsx'
import { Members } from './Members.tsx'
import { RelaySection } from './RelaySection.tsx'

const invitation = '77'.repeat(32) as InvitationId

function showMembers(device: PlainDevice, commands: Partial<PlainDevice> = {}): void {
  show(() => <Members workspace={device.workspace} connection={device.connection} commands={{ ...device, ...commands }} />)
}

test('[CL19] the list says each role and reach, and shows the safety number on demand', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(
    workspaceOf({ members: [member(alice, { role: 'owner' }), member(bob, { reach: 'direct' }), member(carol, { role: 'viewer' })] }),
  )
  showMembers(device)
  const rows = page.getByRole('list', { name: 'Members' }).getByRole('listitem')
  await expect.element(rows.nth(0)).toMatchTextContent(/Alice \(you\).*Owner/u)
  await expect.element(rows.nth(1)).toMatchTextContent(/Bob.*Editor.*direct/u)
  await expect.element(rows.nth(2)).toMatchTextContent(/Carol.*Viewer.*not reachable/u)
  await rows.nth(1).getByText('Safety number').click()
  await expect.element(rows.nth(1).getByRole('group', { name: 'Safety number' })).toMatchTextContent(digits)
})

test('[CL20] a removal is asked once more, and the reason stays in the dialog when it fails', async () => {
  const device = makePlainDevice({ name: 'member' })
  let isOnline = false
  const removeMember: PlainDevice['removeMember'] = async (user) => {
    if (!isOnline) throw new CodedError('not-online', 'no relay')
    return device.removeMember(user)
  }
  showMembers(device, { removeMember })
  await page.getByRole('button', { name: 'Remove Bob' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove Bob?' })
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await expect.element(dialog.getByRole('alert')).toMatchTextContent('This needs the relay')
  isOnline = true
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await expect.element(dialog).not.toBeInTheDocument()
  expect(device.calls).toEqual([['removeMember', bob]])
})

test('[CL20] only admins see what admins do, and nobody can remove one of the same role', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(
    workspaceOf({ myRole: 'admin', members: [member(alice, { role: 'admin' }), member(bob, { role: 'admin' }), member(carol)] }),
  )
  showMembers(device)
  await expect.element(page.getByRole('button', { name: 'Remove Carol' })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Remove Bob' })).not.toBeInTheDocument()
  device.workspace.set(workspaceOf({ myRole: 'editor' }))
  await expect.element(page.getByRole('button', { name: 'Invite people' })).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Remove Carol' })).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'Leave workspace' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await expect.poll(() => device.calls).toEqual([['leave']])
})

test('[CL21] an invitation is made with role, expiry, uses and approval; its link is shown', async () => {
  const device = makePlainDevice({ name: 'member' })
  showMembers(device)
  await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('combobox', { name: 'Role' }).selectOptions('Viewer')
  await page.getByRole('combobox', { name: 'Valid for' }).selectOptions('1 day')
  await page.getByRole('spinbutton', { name: 'How many people can use it' }).fill('0')
  await expect.element(page.getByRole('button', { name: 'Create link' })).toBeDisabled()
  await page.getByRole('spinbutton', { name: 'How many people can use it' }).fill('2')
  await page.getByRole('checkbox', { name: 'An admin approves each person' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  await expect.element(page.getByRole('textbox', { name: 'Invitation link' })).toHaveValue('https://relay.example/#i/AQ')
  await expect.element(page.getByRole('button', { name: 'Copy link' })).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  expect(device.calls).toEqual([['createInvitation', { role: 'viewer', validForMs: 86_400_000, maxUses: 2, approval: false }]])
})

test('[CL21] open invitations can be revoked; closed and expired ones only say so', async () => {
  const device = makePlainDevice({ name: 'member' })
  const base = { role: 'editor', expiresAtMs: noon, maxUses: 5, uses: 2 } as const
  const expired = '78'.repeat(32) as InvitationId
  device.workspace.set(
    workspaceOf({
      invitations: [
        { id: invitation, state: 'open', ...base },
        { id: expired, state: 'expired', ...base },
      ],
    }),
  )
  showMembers(device)
  const rows = page.getByRole('list', { name: 'Invitations' }).getByRole('listitem')
  await expect.element(rows.nth(0)).toMatchTextContent('2 of 5 used')
  await expect.element(rows.nth(1)).toMatchTextContent('Expired')
  expect(rows.nth(1).getByRole('button').elements()).toHaveLength(0)
  await rows
    .nth(0)
    .getByRole('button', { name: /^Revoke the invitation for Editor/u })
    .click()
  expect(device.calls).toEqual([['revokeInvitation', invitation]])
})

test('[CL251] the link of an open invitation is shown again, with its code, by the device that made it', async () => {
  const device = makePlainDevice({ name: 'member' })
  const invitations = [{ id: invitation, state: 'open', role: 'editor', expiresAtMs: noon, maxUses: 5, uses: 2 }] as const
  device.workspace.set(workspaceOf({ invitations }))
  let link: string | null = 'https://relay.example/#i/AQ'
  showMembers(device, { invitationLink: async () => Promise.resolve(link) })
  const again = page.getByRole('button', { name: /^Show link: Editor/u })
  await again.click()
  const dialog = page.getByRole('dialog', { name: 'Invitation link' })
  await expect.element(dialog.getByRole('textbox', { name: 'Invitation link' })).toHaveValue(link)
  await expect.element(dialog.getByRole('img', { name: 'The invitation as a QR code' })).toBeVisible()
  await dialog.getByRole('button', { name: 'Done' }).click()
  link = null
  await again.click()
  await expect.element(dialog).toMatchTextContent(/made on another device/u)
})

const request: JoinRequestView = { user: carol, invitation, name: 'Carol', role: 'editor', safetyNumber: digits }

test('[CL22] a request shows name, role and safety number, and is admitted or denied', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(workspaceOf({ requests: [request] }))
  showMembers(device)
  const row = page.getByRole('list', { name: 'Join requests' }).getByRole('listitem')
  await expect.element(row).toMatchTextContent(/Carol.*Editor/u)
  await expect.element(row.getByRole('group', { name: 'Safety number' })).toMatchTextContent(digits)
  await row.getByRole('button', { name: 'Deny Carol' }).click()
  await row.getByRole('button', { name: 'Admit Carol' }).click()
  await expect
    .poll(() => device.calls)
    .toEqual([
      ['deny', request],
      ['admit', request],
    ])
  device.workspace.set(workspaceOf())
  await expect.element(page.getByRole('list', { name: 'Join requests' })).not.toBeInTheDocument()
})

test('[CL23] a late message is shown to admins with its author, and admitted', async () => {
  const device = makePlainDevice({ name: 'member' })
  const late: LateMessage = { id: 'late', conversation: channel, author: bob, authorName: 'Bob', text: 'from the train', wallTime: noon }
  device.workspace.set(workspaceOf({ late: [late] }))
  showMembers(device)
  const row = page.getByRole('list', { name: 'Late messages' }).getByRole('listitem')
  await expect.element(row).toMatchTextContent(/from the train.*Bob/u)
  await row.getByRole('button', { name: 'Admit message of Bob' }).click()
  expect(device.calls).toEqual([['admitLate', late]])
})

const noted =
  (calls: unknown[], outcome: 'ordered' | 'waiting' = 'ordered'): Replica['moveRelay'] =>
  async (options) => {
    calls.push(options)
    return Promise.resolve(outcome)
  }

test('[CL227] the only owner moves the workspace to a new relay at the same address, by its setup link', async () => {
  const device = makePlainDevice({ name: 'member' })
  const calls: unknown[] = []
  let moved = 0
  show(() => (
    <RelaySection
      connection={device.connection}
      role="owner"
      owners={1}
      onMove={noted(calls)}
      onSteward={device.becomeSteward}
      onMoved={() => moved++}
    />
  ))
  await expect.element(page.getByText('your signature is enough', { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Move to another relay' }).click()
  const dialog = page.getByRole('dialog')
  const link = dialog.getByRole('textbox', { name: 'Setup link of the new relay' })
  const move = dialog.getByRole('button', { name: 'Move to another relay' })
  await link.fill('https://relay.example/')
  await expect.element(dialog.getByText('This is not a setup link.')).toBeVisible()
  await link.fill('https://other.example/#setup/AAAAAAAAAAAAAAAAAAAAAA')
  await expect.element(dialog.getByText('Put the new relay at this address', { exact: false })).toBeVisible()
  await expect.element(move).toBeDisabled()
  await link.fill('https://relay.example/#setup/AAAAAAAAAAAAAAAAAAAAAA')
  await move.click()
  await expect.poll(() => moved).toBe(1)
  expect(calls).toEqual([{ origin: 'https://relay.example', setupSecret: 'AAAAAAAAAAAAAAAAAAAAAA' }])
})

test('[CL227] members follow without a link; of several owners more than half must sign: the word is given, and the screen stays', async () => {
  const device = makePlainDevice({ name: 'member' })
  const calls: unknown[] = []
  let moved = 0
  const [role, setRole] = createSignal<'owner' | 'editor'>('editor')
  const move: Replica['moveRelay'] = async (options) => noted(calls, role() === 'owner' ? 'waiting' : 'ordered')(options)
  show(() => (
    <RelaySection
      connection={device.connection}
      role={role()}
      owners={3}
      onMove={move}
      onSteward={device.becomeSteward}
      onMoved={() => moved++}
    />
  ))
  await page.getByRole('button', { name: 'Follow to the new relay' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Follow to the new relay' }).click()
  await expect.poll(() => calls).toEqual([{ origin: 'https://relay.example' }])
  await expect.poll(() => moved).toBe(1)
  await userEvent.keyboard('{Escape}')
  setRole('owner')
  await expect.element(page.getByText('There are 3 owners', { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Move to another relay' }).click()
  await page
    .getByRole('dialog')
    .getByRole('textbox', { name: /^Setup link/u })
    .fill('https://relay.example/#setup/AAAAAAAAAAAAAAAAAAAAAA')
  await expect.element(page.getByRole('dialog')).toMatchTextContent(/The other owners are asked/u)
  await page.getByRole('dialog').getByRole('button', { name: 'Move to another relay' }).click()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  expect([calls.length, moved]).toEqual([2, 1])
})

test('[CL252] an owner can go on without a relay, told what that means; the screen says who keeps the list then', async () => {
  const device = makePlainDevice({ name: 'member' })
  showMembers(device)
  await page.getByRole('button', { name: 'Work without a relay' }).click()
  const dialog = page.getByRole('dialog', { name: 'Work without a relay?' })
  await expect.element(dialog).toMatchTextContent(/must be open when somebody is removed.*Nobody can join by a link/u)
  await dialog.getByRole('button', { name: 'Work without a relay' }).click()
  await expect.poll(() => device.calls).toEqual([['becomeSteward']])
  device.connection.set({ ...device.connection.read(), steward: { user: alice, name: 'Alice', isThisDevice: true } })
  const relay = page.getByRole('region', { name: 'Relay' })
  await expect.element(relay).toMatchTextContent(/Without a relay.*this device keeps the list of members/u)
  await expect.element(page.getByRole('button', { name: 'Work without a relay' })).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Invite people' })).not.toBeInTheDocument()
  await expect.element(page.getByRole('region', { name: 'Invitations' })).toMatchTextContent(/Nobody can join by a link/u)
  device.connection.set({ ...device.connection.read(), steward: { user: bob, name: 'Bob', isThisDevice: false } })
  await expect.element(relay).toMatchTextContent(/a device of Bob keeps/u)
})

test('[CL255] an owner makes a member an owner, after a question which says whether others must agree', async () => {
  const device = makePlainDevice({ name: 'member' })
  device.workspace.set(workspaceOf({ members: [member(alice, { role: 'owner' }), member(bob)] }))
  showMembers(device)
  await expect.element(page.getByRole('button', { name: 'More: Alice' })).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'More: Bob' }).click()
  await page.getByRole('menuitem', { name: 'Make an owner' }).click()
  const dialog = page.getByRole('dialog', { name: 'Make Bob an owner?' })
  await expect.element(dialog.getByText(/more than half/u)).not.toBeInTheDocument()
  await dialog.getByRole('button', { name: 'Make an owner' }).click()
  await expect.element(dialog).not.toBeInTheDocument()
  device.workspace.set(workspaceOf({ members: [member(alice, { role: 'owner' }), member(bob, { role: 'owner' })] }))
  await page.getByRole('button', { name: 'More: Bob' }).click()
  await page.getByRole('menuitem', { name: 'No longer an owner' }).click()
  const question = page.getByRole('dialog', { name: 'Is Bob to be an owner no longer?' })
  await expect.element(question.getByText(/more than half/u)).toBeVisible()
  await question.getByRole('button', { name: 'No longer an owner' }).click()
  expect(device.calls).toEqual([
    ['propose', { user: bob, role: 'owner' }],
    ['propose', { user: bob, role: 'admin' }],
  ])
})

test('[CL255] a change that waits says who has agreed; it is agreed to, and taken back', async () => {
  const device = makePlainDevice({ name: 'member' })
  const owners = [member(alice, { role: 'owner' }), member(bob, { role: 'owner' }), member(carol)]
  device.workspace.set(workspaceOf({ members: owners, proposals: [{ user: carol, role: 'owner', by: [bob], needed: 2 }] }))
  expect(waitingFor(device.workspace.read())).toBe(1)
  showMembers(device)
  const row = page.getByRole('list', { name: 'Decisions of the owners' }).getByRole('listitem')
  await expect.element(row).toMatchTextContent(/Carol becomes an owner.*Agreed: Bob.*1 of 2/u)
  await row.getByRole('button', { name: 'Agree: Carol becomes an owner' }).click()
  device.workspace.set(workspaceOf({ members: owners, proposals: [{ user: carol, role: 'owner', by: [bob, alice], needed: 3 }] }))
  expect(waitingFor(device.workspace.read())).toBe(0)
  await row.getByRole('button', { name: 'Take back: Carol becomes an owner' }).click()
  expect(device.calls).toEqual([
    ['approve', { user: carol, role: 'owner', by: [bob], needed: 2 }],
    ['withdraw', { user: carol, role: 'owner', by: [bob, alice], needed: 3 }],
  ])
  device.workspace.set(workspaceOf({ myRole: 'admin', members: owners }))
  await expect.element(page.getByRole('button', { name: /^More/u })).not.toBeInTheDocument()
})

test('[CL255] another relay, or a device in its place, is agreed to in the same way; who proposed it is told when it can be done', async () => {
  const device = makePlainDevice({ name: 'member' })
  const members = [member(alice, { role: 'owner' }), member(bob, { role: 'owner' })]
  const sequencer = '5e'.repeat(32)
  device.workspace.set(workspaceOf({ members, proposals: [{ sequencer, steward: null, by: [bob], needed: 2 }] }))
  showMembers(device)
  const row = page.getByRole('list', { name: 'Decisions of the owners' }).getByRole('listitem')
  await row.getByRole('button', { name: 'Agree: The workspace moves to another relay' }).click()
  expect(device.calls).toEqual([['approve', { sequencer, steward: null, by: [bob], needed: 2 }]])
  await expect.element(row.getByText(/Enough have agreed/u)).not.toBeInTheDocument()
  device.workspace.set(workspaceOf({ members, proposals: [{ sequencer, steward: bob, by: [bob, alice], needed: 2 }] }))
  await expect.element(row).toMatchTextContent(/A device of Bob keeps the list of members.*2 of 2.*Enough have agreed/u)
})
