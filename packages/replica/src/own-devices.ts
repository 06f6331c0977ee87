/** The user's own devices: which there are, ending one, and renewing the key that they share. */
import type { DeviceId } from '@poruch/base'
import { extendUserLog, revokeDeviceOp, rotatePuk } from '@poruch/identity'
import type { CutRow, MemberInfo, ScopeFold, UserLogState } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { OwnDevice } from './api.ts'
import { ReplicaError } from './errors.ts'
import { draftOwnPins, revocationsOf } from './pins.ts'
import type { Change } from './proposals.ts'
import { withEpoch } from './membership.ts'
import type { MembershipOptions } from './membership.ts'

export interface OwnDevices {
  /** Ends another device of this user, with what is known here of its chains. @throws ReplicaError as `Proposals.make` */
  revoke(device: DeviceId): Promise<void>
  /** Opens the generation after `gen`, unless that was done already. */
  renew(gen: number): Promise<void>
}

export function makeOwnDevices(options: MembershipOptions): OwnDevices {
  const { proposals, account, fold } = options
  return {
    revoke: async (device) => {
      if (device === account.device) throw new ReplicaError('refused', 'a device does not end itself', { reason: 'own-device' })
      await proposals.make(async () => {
        const state = stateOf(fold, account)
        if (!state.devices.some((known) => known.device === device && known.live)) return null
        return changeOf(options, state, { devices: [device], rows: await options.chainEnds(new Set([device])) })
      })
    },
    renew: async (gen) =>
      proposals.make(async () => {
        const state = stateOf(fold, account)
        return state.puk?.gen === gen ? changeOf(options, state, { devices: [], rows: [] }) : null
      }),
  }
}

export function ownDevicesOf(fold: ScopeFold, account: Account): readonly OwnDevice[] {
  return (fold.userLog(account.user)?.devices ?? []).map(({ device, live }, index) => ({
    device,
    number: index + 1,
    isThis: device === account.device,
    isLive: live,
  }))
}

function stateOf(fold: ScopeFold, { user }: Account): UserLogState {
  const state = fold.userLog(user)
  if (!state) throw new ReplicaError('not-member', 'only members have a log here')
  return state
}

/** The user's log, moved on by this device, pinned together with the epoch that follows from it. */
async function changeOf(
  options: MembershipOptions,
  state: UserLogState,
  { devices, rows }: { devices: readonly DeviceId[]; rows: readonly CutRow[] },
): Promise<Change | null> {
  const { ports, account, fold } = options
  const { suite, random } = ports
  const previous = (state.puk && account.pukSeeds.get(state.puk.gen)) ?? null
  if (!previous) throw new ReplicaError('waiting-for-key', 'the per-user key has not been opened')
  const entries = []
  let at = state
  for (const { device, cuts } of await revocationsOf(ports, fold, { devices, rows })) {
    const extended = await extendUserLog(suite, at, { op: revokeDeviceOp(device, cuts), signer: account.signingKey })
    entries.push(extended.bytes)
    at = extended.state
  }
  const { op } = await rotatePuk({ suite, random, state: at, previous })
  const extended = await extendUserLog(suite, at, { op, signer: account.signingKey })
  entries.push(extended.bytes)
  const pins = await draftOwnPins(ports, { user: account.user, entries, rows })
  const puk = { gen: op.gen, publicKey: op.publicKey }
  const readers = fold.members().map((member): MemberInfo => {
    return member.user === account.user ? { ...member, userLogHead: extended.state.head, puk } : member
  })
  return (await withEpoch(options, pins, readers)) ?? { drafts: pins }
}
