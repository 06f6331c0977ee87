/** Envelopes that are not what their author wrote. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { headerSizeBytes } from '@poruch/sync/wire'
import { until, untilAsync } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import { endOf, isBy, rowsOf } from '../members.ts'
import { give } from '../give.ts'
import { impersonate } from '../traitors.ts'
import type { World } from '../world.ts'

export const envelopeAttacks: readonly Attack[] = [
  {
    name: 'forge an envelope that opens, in a member’s name, signed by another key',
    run: async (world) => {
      const { carol, dave, side, bob } = world
      const impostor = await impersonate(dave, carol, world.traitorParts)
      await impostor.replica.send(side.id, 'forged')
      const [row] = await rowsOf(impostor, side.topic, carol.id)
      await impostor.close()
      if (!row) throw new Error('nothing was forged')
      await give(world, { victim: bob, topic: side.topic, envelope: row.bytes })
    },
  },
  {
    name: 'modify the sealed content',
    run: async (world) => changeOnTheWay(world, (envelope) => flipped(envelope, headerSizeBytes + 3)),
  },
  {
    name: 'modify the signature',
    run: async (world) => changeOnTheWay(world, (envelope) => flipped(envelope, envelope.length - 1)),
  },
  ...[
    ['epoch', 6],
    ['author', 10],
    ['place in the chain', 18],
    ['position in the log', 22],
    ['lamport', 28],
    ['nonce', 40],
    ['hint of what came before', 48],
    ['hint of the log', 52],
  ].map(([name, at]): Attack => ({
    name: `modify the header: ${name}`,
    run: async (world) => changeOnTheWay(world, (envelope) => flipped(envelope, Number(at))),
  })),
]

function flipped(envelope: Bytes, at: number): Bytes {
  const changed = copyBytes(envelope)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

/** Changes every envelope of Carol's on its way to Bob, while Alice's pass. */
async function changeOnTheWay(world: World, change: (envelope: Bytes) => Bytes): Promise<void> {
  const { alice, bob, carol, general } = world
  let changed = 0
  world.proxy.setTricks({
    down: (frame, to) => {
      if (to.device !== bob.id || frame.type !== 'ENTRY' || !isBy(carol, frame)) return [frame]
      changed++
      return [{ ...frame, envelope: change(frame.envelope) }]
    },
  })
  await world.say(carol)
  await until('the envelope was changed', () => changed > 0)
  // What Alice says now builds on Carol's words, so that Bob can only keep it.
  const before = await endOf(alice, general.topic, alice.id)
  await world.say(alice)
  await untilAsync('Bob holds what came after', async () => (await endOf(bob, general.topic, alice.id)) > before)
}
