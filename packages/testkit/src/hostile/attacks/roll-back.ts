/** A relay that comes back with what it had before. */
import { cp, rm } from 'node:fs/promises'
import { until } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import { shownIn } from '../members.ts'
import { readsAfter } from './order.ts'

export const rollBackAttacks: readonly Attack[] = [
  {
    name: 'roll everything back to an older copy',
    alarms: ['rolled-back'],
    run: async (world) => {
      const { relay, honest, alice, bob, carol, general } = world
      const older = `${relay.dataFolder}-older`
      await relay.stop()
      await cp(relay.dataFolder, older, { recursive: true })
      await relay.start()
      for (const member of honest) member.retry()
      await until('all are there again', () => honest.every((member) => member.sessions() > 0))
      await readsAfter(world, alice, bob)
      await readsAfter(world, bob, carol)
      // The log has grown, too.
      await alice.replica.createInvitation({ role: 'viewer', validForMs: 3_600_000, maxUses: 1, approval: true })
      await relay.stop()
      await rm(relay.dataFolder, { recursive: true })
      await cp(older, relay.dataFolder, { recursive: true })
      await relay.start()
      for (const member of honest) member.retry()
      await until('all are there once more', () => honest.every((member) => member.sessions() > 0))
      await until('the relay has it again, and all read it', () =>
        honest.every((member) => shownIn(member, general.id).length === world.said().length),
      )
    },
    isFinal: true,
  },
]
