/** The connection panel. */
import { makeCell } from '@poruch/base'
import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { bob, connectionOf } from '../../testing/people.ts'
import { show } from '../../testing/show.tsx'
import { ConnectionPanel } from './ConnectionPanel.tsx'

test('[CL24] the panel says the relay, each direct peer with its round trip, and what has not left yet', async () => {
  const view = makeCell(connectionOf({ peers: [{ user: bob, name: 'Bob', transport: 'webrtc', roundTripMs: 1.26 }], unsent: 1 }))
  show(() => <ConnectionPanel connection={view} />)
  await expect
    .element(page.getByRole('region', { name: 'Relay' }))
    .toMatchTextContent(/Connected.*https:\/\/relay\.example.*1 message waits/u)
  await expect
    .element(page.getByRole('list', { name: 'Direct connections' }).getByRole('listitem'))
    .toMatchTextContent(/Bob.*direct, 1\.3 ms/u)
  view.set(connectionOf({ relay: { state: 'refused', origin: 'https://relay.example', code: 'no-right' } }))
  await expect.element(page.getByRole('alert')).toMatchTextContent('You have no right to do this.')
  await expect.element(page.getByText('None now.', { exact: false })).toBeVisible()
})
