/** All attacks, in the order in which they are carried out; those that end a workspace come last. */
import type { Attack } from './attack.ts'
import { envelopeAttacks } from './attacks/envelopes.ts'
import { joinAttacks } from './attacks/joining.ts'
import { keyAttacks } from './attacks/keys.ts'
import { logAttacks } from './attacks/log.ts'
import { orderAttacks } from './attacks/order.ts'
import { rollBackAttacks } from './attacks/roll-back.ts'
import { wireAttacks } from './attacks/wire.ts'

const all: readonly Attack[] = [
  ...envelopeAttacks,
  ...orderAttacks,
  ...logAttacks,
  ...keyAttacks,
  ...joinAttacks,
  ...wireAttacks,
  ...rollBackAttacks,
]

export const attacks: readonly Attack[] = [...all.filter(({ isFinal }) => !isFinal), ...all.filter(({ isFinal }) => isFinal)]
