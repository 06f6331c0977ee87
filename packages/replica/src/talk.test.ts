import { expect, test } from 'vitest'
import { openTeam } from './testing/scene.ts'
import { webCryptoSuite } from '@poruch/crypto'

test.each(['keyed', 'web'])('talks %s', async (kind) => {
  const { scene, tabs, channel } = await openTeam(['Alice', 'Bob'], kind === 'web' ? { suite: webCryptoSuite() } : {})
  const [alice, bob] = tabs
  await alice!.replica.send(channel, 'hi')
  await scene.until('bob', () => bob!.texts(channel).length === 1)
  expect(bob!.texts(channel)).toEqual(['hi'])
})
