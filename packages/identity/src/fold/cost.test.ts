import { describe, expect, test, vi } from 'vitest'
import type { Suite } from '@poruch/crypto'
import { draftAddDoc, draftAdmit, newPrefix, nextPlace, propose, proposeAll } from '@poruch/identity'
import { docKinds, roles } from '@poruch/identity/fold'
import { authorOf, makePerson, seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(18)

/** The suite, counting what it is asked to verify and to hash. */
function counting(suite: Suite): { readonly suite: Suite; readonly calls: { count: number } } {
  const calls = { count: 0 }
  const count = <Args extends unknown[], Result>(run: (...args: Args) => Result): ((...args: Args) => Result) => {
    return (...args) => {
      calls.count++
      return run(...args)
    }
  }
  return { suite: { ...suite, verify: count(suite.verify), hash: count(suite.hash), sha256: count(suite.sha256) }, calls }
}

async function worldOf(members: number): Promise<{ world: World; calls: { count: number } }> {
  const { suite, calls } = counting(keyedHashSuite(random))
  const world = await setupWith({ suite, random }, 'alice', 'bob')
  const drafts = []
  for (let index = 2; index < members; index++) {
    const person = await makePerson(suite, random, `member ${index}`)
    drafts.push(draftAdmit({ user: person.userId, role: roles.editor, entries: person.identity.userLog }))
  }
  const proposals = await proposeAll(suite, nextPlace(world.fold), { drafts, author: authorOf(world.person('alice')) })
  const judged = await world.order(proposals)
  if (!judged.ok) throw new Error(judged.reason)
  return { world, calls }
}

describe('the cost of one more entry', () => {
  test('[ID47] is the same among many members as among few', async () => {
    const costs: number[] = []
    for (const members of [3, 100]) {
      const { world, calls } = await worldOf(members)
      expect(world.fold.members()).toHaveLength(members)
      const draft = draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer })
      const { record } = await propose(world.suite, nextPlace(world.fold), { draft, author: authorOf(world.person('bob')) })
      const before = calls.count
      expect((await world.fold.apply([record], { proposal: true })).ok).toBe(true)
      costs.push(calls.count - before)
    }
    expect(costs[0]).toBe(costs[1])
    expect(costs[0]).toBeLessThanOrEqual(3)
  })
})
