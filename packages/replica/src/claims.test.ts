/** What others say is there, taken one by one: the scenes of freshness.test.ts show where it comes from. */
import { expect, test } from 'vitest'
import type { AlarmPlace } from './alarms.ts'
import { makeClaims } from './claims.ts'
import type { Claim } from './claims.ts'

function openClaims() {
  const raised: AlarmPlace[] = []
  const ended: AlarmPlace[] = []
  const claims = makeClaims({ raise: (place) => void raised.push(place), end: (place) => void ended.push(place) })
  const claim = (key: string, height: number, met: { value: boolean }): Claim => ({
    key,
    height,
    place: { code: 'withheld', topic: `${key} ${height}` as never },
    isMet: async () => Promise.resolve(met.value),
  })
  return { claims, claim, raised, ended }
}

test('[RP186] who knows less neither ends what is missing nor takes its place', async () => {
  const { claims, claim, raised, ended } = openClaims()
  const met = { value: false }
  const high = claim('chain', 9, met)
  expect(await claims.take(high)).toBe(false)
  expect(await claims.take(claim('chain', 3, { value: true }))).toBe(true)
  expect(await claims.take(claim('chain', 3, { value: false }))).toBe(false)
  await claims.look(119_000)
  expect(raised).toEqual([])
  await claims.look(1_000)
  expect(raised).toEqual([high.place])
  expect(await claims.take(claim('chain', 3, { value: true }))).toBe(true)
  expect(ended).toEqual([])
  met.value = true
  await claims.look(0)
  expect(ended).toEqual([high.place])
})

test('[RP186] whoever claims more than there is fills no memory: 256 are watched', async () => {
  const { claims, claim, raised } = openClaims()
  for (let index = 0; index < 300; index++) await claims.take(claim(`chain ${index}`, 1, { value: false }))
  await claims.look(120_000)
  expect(raised).toHaveLength(256)
})
