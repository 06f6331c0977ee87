/** Strangers whom the relay lets in, or changes on their way. */
import type { Bytes, UserId } from '@poruch/base'
import { systemRandom } from '@poruch/crypto'
import { createIdentity, draftAdmitRequest } from '@poruch/identity'
import { decodeJoinRequest, roles } from '@poruch/identity/fold'
import { until } from '../../kill9/patience.ts'
import { invite } from '../../kill9/team.ts'
import type { Attack } from '../attack.ts'
import { openMember } from '../members.ts'
import type { Member } from '../members.ts'
import type { World } from '../world.ts'
import { readsAfter } from './order.ts'

export const joinAttacks: readonly Attack[] = [
  {
    name: 'serve another user’s log with a request to join',
    run: async (world) => {
      const other = await createIdentity({ suite: world.suite, random: systemRandom })
      let shown = 0
      world.proxy.setTricks({
        down: (frame, to) => {
          if (frame.type !== 'JOINREQ' || to.device !== world.alice.id) return [frame]
          shown++
          return [{ ...frame, request: withLog(frame.request, other) }]
        },
      })
      await withStranger(world, async () => {
        await until('a changed request was shown', () => shown > 0)
        await readsAfter(world, world.bob, world.alice)
        if (requestsAt(world.alice) > 0) throw new Error('Alice is asked to admit somebody else than who asked')
      })
    },
  },
  {
    name: 'tell a stranger that they are in',
    run: async (world) => {
      world.proxy.setTricks({ down: (frame) => (frame.type === 'JOINSTATE' ? [{ ...frame, state: 2 }] : [frame]) })
      await withStranger(world, async (stranger) => {
        await until('it is asked', () => requestsAt(world.alice) > 0)
        await readsAfter(world, world.bob, world.alice)
        const seen = stranger.replica.workspace.read()
        if ((seen?.members ?? []).length + (seen?.conversations ?? []).length > 0) throw new Error('a stranger sees the workspace')
        if (await stranger.store.heads(world.general.topic).then((heads) => heads.length > 0))
          throw new Error('a stranger was given envelopes')
      })
    },
  },
  {
    name: 'replay a request to join after its invitation was revoked',
    run: async (world) => {
      let old: Bytes | null = null
      world.proxy.setTricks({
        down: (frame, to) => {
          if (frame.type === 'JOINREQ' && to.device === world.alice.id) old = frame.request
          return [frame]
        },
      })
      await withStranger(world, async () => until('the request was shown', () => requestsAt(world.alice) > 0 && old !== null))
      await until('the request is gone with its invitation', () => requestsAt(world.alice) === 0)
      if (old) for (const member of world.honest) world.proxy.lineOf(member.id).toDevice({ type: 'JOINREQ', request: old })
      await readsAfter(world, world.bob, world.alice)
      if (world.honest.some((member) => requestsAt(member) > 0)) throw new Error('an old request is shown again')
    },
  },
]

function requestsAt({ replica }: Member): number {
  return replica.workspace.read()?.requests.length ?? 0
}

/** Somebody asks to join through an invitation of Alice's, which is revoked in the end. */
async function withStranger(world: World, work: (stranger: Member) => Promise<void>): Promise<void> {
  const { alice, suite, clock } = world
  const { link } = await invite(alice)
  const stranger = await openMember({ name: 'Mallory', parts: { suite, clock } })
  try {
    await stranger.replica.requestJoin({ link, displayName: 'Mallory' })
    await work(stranger)
  } finally {
    await stranger.close()
    for (const { id, state } of alice.replica.workspace.read()?.invitations ?? [])
      if (state === 'open') await alice.replica.revokeInvitation(id)
  }
}

/** The same request, signatures and all, with another user's log in it. */
function withLog(request: Bytes, other: { readonly userId: UserId; readonly userLog: readonly Bytes[] }): Bytes {
  const { op } = draftAdmitRequest({
    ...decodeJoinRequest(request),
    userLog: other.userLog,
    user: other.userId,
    info: { role: roles.editor },
  })
  return op.kind === 'admit' ? op.request : request
}
