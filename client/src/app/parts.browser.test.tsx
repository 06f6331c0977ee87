/** Screens that come as chunks of their own. */
import { ReplicaError } from '@poruch/replica'
import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { show } from '../testing/show.tsx'
import { makeScreen } from './parts.tsx'

test('[CL200] a screen that does not come says so, and comes when it is asked for again', async () => {
  let asked = 0
  const Screen = makeScreen<{ readonly name: string }>(async () => {
    asked++
    if (asked === 1) throw new ReplicaError('not-online', 'no chunk')
    return Promise.resolve((props) => <p>{`Hello, ${props.name}`}</p>)
  })
  show(() => <Screen name="Alice" />)
  await expect.element(page.getByRole('alert')).toMatchTextContent('This part of Poruch could not be loaded')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.element(page.getByText('Hello, Alice')).toBeVisible()
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument()
  expect(asked).toBe(2)
})
