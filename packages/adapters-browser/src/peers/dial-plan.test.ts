import { toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { expect, test } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import { firstRedialMs, lowerWaitsMs, makeDialPlan, maxRedialMs, maxWantedPeers, steadyLinkMs } from './dial-plan.ts'

const latest: Random = { bytes: (length) => new Uint8Array(length).fill(255) }
const low = new Uint8Array(32).fill(1)
const middle = new Uint8Array(32).fill(5)
const high = new Uint8Array(32).fill(9)

function makePlan(self: Bytes) {
  const clock = makeHandClock()
  const dialled: string[] = []
  const ways = { canDial: true, works: false, linked: false }
  const plan = makeDialPlan({
    self,
    clock,
    random: latest,
    canDial: () => ways.canDial,
    isLinked: () => ways.linked,
    dial: (key) => {
      dialled.push(toHex(key.subarray(0, 1)))
      if (ways.works) plan.linked(key)
      return ways.works ? Promise.resolve() : Promise.reject(new Error('not there'))
    },
  })
  return { clock, dialled, plan, ways }
}

test('[AB34] the higher key dials at once, the lower one only when it was not dialled', async () => {
  const { clock, dialled, plan, ways } = makePlan(middle)
  ways.works = true
  plan.setWanted([low, high, middle])
  await clock.pass(0)
  expect(dialled).toEqual(['01'])
  await clock.pass(lowerWaitsMs)
  expect(dialled).toEqual(['01', '09'])
})

test('[AB34] a peer that was dialled by the other does not dial', async () => {
  const { clock, dialled, plan } = makePlan(middle)
  plan.setWanted([high])
  await clock.pass(lowerWaitsMs / 2)
  plan.linked(high)
  await clock.pass(10 * lowerWaitsMs)
  expect(dialled).toEqual([])
})

test('[AB34] a peer that holds a link by its own dialling is not dialled until the link is gone', async () => {
  const { clock, dialled, plan, ways } = makePlan(high)
  ways.linked = true
  plan.setWanted([low])
  await clock.pass(10 * maxRedialMs)
  expect(dialled).toEqual([])
  plan.unlinked(low)
  await clock.pass(firstRedialMs)
  expect(dialled).toEqual(['01'])
})

test('[AB35] tries again with growing waits, and soon again after a link that had stood', async () => {
  const { clock, dialled, plan, ways } = makePlan(high)
  plan.setWanted([low])
  await clock.pass(0)
  await clock.pass(firstRedialMs)
  await clock.pass(2 * firstRedialMs)
  expect(dialled).toHaveLength(3)
  await clock.pass(20 * maxRedialMs)
  const before = dialled.length
  await clock.pass(maxRedialMs)
  expect(dialled).toHaveLength(before + 1)
  ways.works = true
  await clock.pass(maxRedialMs)
  await clock.pass(steadyLinkMs)
  const linkedAfter = dialled.length
  plan.unlinked(low)
  await clock.pass(firstRedialMs)
  expect(dialled).toHaveLength(linkedAfter + 1)
})

test('[AB36] does not dial while no relay introduces anyone, and does when one is back', async () => {
  const { clock, dialled, plan, ways } = makePlan(high)
  ways.canDial = false
  plan.setWanted([low])
  await clock.pass(10 * maxRedialMs)
  expect(dialled).toEqual([])
  ways.canDial = true
  plan.wake()
  await clock.pass(firstRedialMs)
  expect(dialled).toEqual(['01'])
})

test('[AB37] who is not wanted any more is not dialled, nor anyone after the end', async () => {
  const { clock, dialled, plan } = makePlan(high)
  plan.setWanted([low, middle])
  await clock.pass(0)
  plan.setWanted([middle])
  await clock.pass(firstRedialMs)
  expect(dialled).toEqual(['01', '05', '05'])
  plan.close()
  await clock.pass(10 * maxRedialMs)
  expect(dialled).toHaveLength(3)
})

test('[AB37] holds links with a bounded number of peers', async () => {
  const { clock, dialled, plan, ways } = makePlan(new Uint8Array(32).fill(255))
  ways.works = true
  plan.setWanted(Array.from({ length: maxWantedPeers + 5 }, (_, index) => new Uint8Array(32).fill(index)))
  await clock.pass(0)
  expect(dialled).toHaveLength(maxWantedPeers)
})
