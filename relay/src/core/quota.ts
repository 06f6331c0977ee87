/** How much of the database one device and one account may fill. Bytes count for who wrote them, not for who carried them here. */
import type { DeviceId, UserId } from '@poruch/base'
import { usageRefreshMs } from './limits.ts'
import type { CorePorts } from './ports.ts'
import type { Scopes } from './scopes.ts'

export interface Quota {
  /** Sets bytes aside for an envelope; false when that is more than the device or its account may keep. */
  reserve(device: DeviceId, bytes: number): Promise<boolean>
  /** Call once per reservation, when the database has answered. */
  settle(device: DeviceId, bytes: number, isStored: boolean): void
  /** Counts from the database; call once at the start, when all logs are folded. */
  load(): Promise<void>
}

export function makeQuota({ clock, usage, quotas }: CorePorts, scopes: Scopes): Quota {
  let devices = new Map<DeviceId, number>()
  let accounts = new Map<UserId, number>()
  /** Set aside, but perhaps not in the database yet. */
  const reserved = new Map<DeviceId, number>()
  let loadedAtMs = Number.NEGATIVE_INFINITY
  const add = (device: DeviceId, bytes: number): void => {
    devices.set(device, (devices.get(device) ?? 0) + bytes)
    const user = ownerOf(scopes, device)
    if (user) accounts.set(user, (accounts.get(user) ?? 0) + bytes)
  }
  const load = async (): Promise<void> => {
    if (!usage) return
    const rows = await usage()
    loadedAtMs = clock.now()
    devices = new Map()
    accounts = new Map()
    for (const [device, bytes] of rows) add(device, bytes)
    for (const [device, bytes] of reserved) add(device, bytes)
  }
  const fits = (device: DeviceId, bytes: number): boolean => {
    if (!quotas) return true
    const user = ownerOf(scopes, device)
    const ofAccount = (user && accounts.get(user)) ?? 0
    return (devices.get(device) ?? 0) + bytes <= quotas.deviceBytes && ofAccount + bytes <= quotas.accountBytes
  }
  return {
    load,
    reserve: async (device, bytes) => {
      // Trimming may have made room since.
      if (!fits(device, bytes) && clock.now() - loadedAtMs >= usageRefreshMs) await load()
      if (!fits(device, bytes)) return false
      add(device, bytes)
      reserved.set(device, (reserved.get(device) ?? 0) + bytes)
      return true
    },
    settle: (device, bytes, isStored) => {
      const left = (reserved.get(device) ?? 0) - bytes
      if (left > 0) reserved.set(device, left)
      else reserved.delete(device)
      if (!isStored) add(device, -bytes)
    },
  }
}

function ownerOf(scopes: Scopes, device: DeviceId): UserId | null {
  for (const { fold } of scopes.all()) {
    const owner = fold.ownerOf(device)
    if (owner) return owner
  }
  return null
}
