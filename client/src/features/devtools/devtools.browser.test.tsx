/** The developer tools over a device of plain data. */
import type { DeviceId, EpochId, ScopeId, TopicId } from '@poruch/base'
import type { Inspection } from '@poruch/replica'
import { expect, onTestFinished, test } from 'vitest'
import { page } from 'vitest/browser'
import { bob, makeDevtools, makePlainDevice } from '../../testing/people.ts'
import { show } from '../../testing/show.tsx'
import { DevtoolsPanel } from './DevtoolsPanel.tsx'
import { shareFaults } from './share-faults.ts'

const topic = '0f'.repeat(32) as TopicId
const device = 'ab'.repeat(32) as DeviceId

const inspection: Inspection = {
  documents: [{ topic, title: 'general', sizeBytes: 1234, structs: 5, stateVector: [{ client: 35, clock: 9 }], heads: [] }],
  peers: [{ user: bob, name: 'Bob', roundTripMs: 1.26, behindBy: 3 }],
  unsent: [{ topic, title: 'general', seq: 7, peers: 1 }],
  epochs: [{ gen: 2, id: 'ee'.repeat(32) as EpochId, pos: 11, isHeld: false }],
  log: { scope: '5c'.repeat(32) as ScopeId, records: 12, isLeading: true },
}

function showPanel(change: Partial<Inspection['log']> = {}) {
  const replica = {
    inspect: () => ({ ...inspection, log: { ...inspection.log, ...change } }),
    readLog: async () =>
      Promise.resolve([{ device, name: 'Alice', seq: 4, lamport: 6, pos: 3, gen: 1, kind: 2, sizeBytes: 300, state: 'opened' as const }]),
  }
  const devtools = makeDevtools(makePlainDevice({ name: 'member' }))
  show(() => <DevtoolsPanel replica={replica} devtools={devtools} onClose={() => undefined} />)
  return devtools
}

test('[CL211] the panel says documents, log, peers, what is unsent, epochs and storage', async () => {
  showPanel()
  const row = page.getByRole('row').nth(1)
  for (const [tab, text] of [
    ['Documents', /general.*1,234.*5.*z: 9/u],
    ['Log', /Alice.*abab abab.*4.*6.*1.*3.*300.*yes, opened/u],
    ['Peers', /Bob.*WebRTC.*1\.3.*3/u],
    ['Unsent', /general.*7.*1/u],
    ['Epochs', /2.*eeee.*11.*missing/u],
    ['Storage', /Used/u],
  ] as const) {
    await page.getByRole('tab', { name: tab }).click()
    await expect.element(row).toMatchTextContent(text)
  }
})

test('[CL211] the network is made worse by switches', async () => {
  const devtools = showPanel()
  await page.getByRole('checkbox', { name: 'Offline' }).click()
  await page.getByRole('checkbox', { name: '10 % loss' }).click()
  expect(devtools.faults.read()).toEqual({ offline: true, slow: false, lossy: true })
})

test('[CL211] a tab without the network says so, records nothing, and has the same switches', async () => {
  const devtools = showPanel({ isLeading: false })
  await expect.element(page.getByText('Another tab has the network', { exact: false })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Record a trace' })).toBeDisabled()
  await page.getByRole('checkbox', { name: 'Offline' }).click()
  expect(devtools.faults.read().offline).toBe(true)
})

test('[CL211] the switches are those of the device: all tabs have them, also one that opens later', async () => {
  const open = (): ReturnType<typeof makeDevtools>['faults'] => {
    const { faults } = makeDevtools(makePlainDevice({ name: 'member' }))
    const sharing = shareFaults(faults, new BroadcastChannel('devtools-test'))
    onTestFinished(() => sharing.close())
    return faults
  }
  const [one, two] = [open(), open()]
  one.set({ offline: false, slow: true, lossy: false })
  await expect.poll(() => two.read()).toEqual({ offline: false, slow: true, lossy: false })
  const three = open()
  await expect.poll(() => three.read().slow).toBe(true)
  three.set({ offline: false, slow: false, lossy: false })
  await expect.poll(() => [one.read().slow, two.read().slow]).toEqual([false, false])
})
