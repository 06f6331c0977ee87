/** Takes a newly pinned user log into the tables of users and devices. */
import type { UserDevice, UserLogState } from '../user-log/state.ts'
import type { Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { indexLength } from './state.ts'
import type { Cut } from './state.ts'

/** Rows of the log's devices: new ones appear, revoked ones end here. `cut` says what stands of the one revoked. */
export function pinDevices(judging: Judging, log: UserLogState, cut: Cut | null): Verdict {
  for (const device of log.devices) {
    const refused = pinDevice(judging, { log, device, cut })
    if (refused) return refused
  }
  return null
}

function pinDevice({ state, pos }: Judging, { log, device, cut }: { log: UserLogState; device: UserDevice; cut: Cut | null }): Verdict {
  const known = state.devices.draft(device.device)
  if (!known) {
    const index = device.device.slice(0, indexLength)
    // Envelopes name their device by eight bytes: two devices with the same ones could not be told apart.
    if (state.indexes.draft(index)) return refuse('device-taken')
    state.indexes.set(index, device.device)
    state.devices.set(device.device, {
      device: device.device,
      user: log.user,
      addedPos: pos,
      revokedPos: device.live ? null : pos,
      cut: null,
    })
    return null
  }
  if (known.user !== log.user) return refuse('device-taken')
  if (!device.live && known.revokedPos === null) state.devices.set(device.device, { ...known, revokedPos: pos, cut })
  return null
}
