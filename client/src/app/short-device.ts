/** A device's id as people compare it: the first eight characters, in two groups. */
import type { DeviceId } from '@poruch/base'

export function shortDevice(device: DeviceId): string {
  return `${device.slice(0, 4)} ${device.slice(4, 8)}`
}
