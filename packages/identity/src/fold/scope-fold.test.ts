import { describe, expect, test } from 'vitest'
import { roles } from '@poruch/identity/fold'
import { setup } from '@poruch/testkit/fixtures'

describe('a workspace', () => {
  test('[ID1] takes a batch and gives the same state to every replica', async () => {
    const world = await setup('alice', 'bob', 'carol')
    const bob = world.person('bob').userId
    expect(world.fold.members().map((member) => member.role)).toEqual([roles.owner, roles.editor, roles.editor])
    await world.remove('bob')
    expect(world.fold.member(bob)).toBeNull()
    expect(world.fold.epochDue()).toBe(false)
    const copy = await world.copy()
    expect(copy.head()).toEqual(world.fold.head())
    expect(copy.members()).toEqual(world.fold.members())
  })
})
