/** Pins of one's own log: the drafts that carry its new entries into a scope, each revocation with its cut. */
import type { Bytes, DeviceId, UserId } from '@poruch/base'
import { draftPinUser } from '@poruch/identity'
import type { Draft, RevokedDevice } from '@poruch/identity'
import { cutRootOf, decodeUserEntry, pinSteps, userEntryId } from '@poruch/identity/fold'
import type { CutRow, ScopeFold } from '@poruch/identity/fold'
import type { ReplicaPorts } from './ports.ts'

/** `rows`: what is known of the devices in this scope. */
export async function revocationsOf(
  { suite }: ReplicaPorts,
  fold: Pick<ScopeFold, 'scope'>,
  { devices, rows }: { devices: readonly DeviceId[]; rows: readonly CutRow[] },
): Promise<RevokedDevice[]> {
  return Promise.all(
    devices.map(async (device) => {
      const cutRoot = await cutRootOf(
        suite,
        rows.filter((row) => row.device === device),
      )
      return { device, cuts: [{ scope: fold.scope, cutRoot }] }
    }),
  )
}

/** `entries` follow the pinned head; a device that they add may propose these drafts. */
export async function draftOwnPins(
  { suite }: ReplicaPorts,
  { user, entries, rows }: { user: UserId; entries: readonly Bytes[]; rows: readonly CutRow[] },
): Promise<Draft[]> {
  return Promise.all(
    pinSteps(entries).map(async (step) => {
      const head = await userEntryId(suite, step.at(-1) ?? new Uint8Array(0))
      const gone = step.map((bytes) => decodeUserEntry(bytes).op).find((op) => op.kind === 'revoke-device')
      const cuts = gone ? { cuts: rows.filter((row) => row.device === gone.device) } : {}
      return { ...(await draftPinUser(suite, { user, head, entries: step, ...cuts })), authorHead: head }
    }),
  )
}
