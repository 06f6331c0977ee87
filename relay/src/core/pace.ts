/** Frames of a device, and of all devices of an account, are taken up at a bounded pace: who sends more is read more slowly, and loses nothing. */
import type { Clock, DeviceId, UserId } from '@poruch/base'
import type { Frame } from '@poruch/sync/wire'
import { makeBuckets } from './bucket.ts'
import {
  maxAccountFramesAtOnce,
  accountFrameRefillMs,
  maxDeviceFramesAtOnce,
  deviceFrameRefillMs,
  frameTokenBytes,
  frameTokenTopics,
  garbageFrameTokens,
  maxPacedNames,
} from './limits.ts'

export interface Pace {
  /** Counts a frame; milliseconds to wait before the next one is read. */
  spend(device: DeviceId, user: UserId | null, tokens: number): number
}

export function makePace(clock: Clock): Pace {
  const devices = makeBuckets({ clock, size: maxDeviceFramesAtOnce, refillMs: deviceFrameRefillMs, maxNames: maxPacedNames })
  const accounts = makeBuckets({ clock, size: maxAccountFramesAtOnce, refillMs: accountFrameRefillMs, maxNames: maxPacedNames })
  return {
    spend: (device, user, tokens) => Math.max(devices.of(device).spend(tokens), user ? accounts.of(user).spend(tokens) : 0),
  }
}

/** What a frame costs to judge, in tokens; null for one that could not be read. */
export function tokensOf(frame: Frame | null, sizeBytes: number): number {
  if (!frame) return garbageFrameTokens
  const size = 1 + Math.floor(sizeBytes / frameTokenBytes)
  if (frame.type === 'SUB') return size + Math.floor(frame.topics.length / frameTokenTopics)
  // Each record is a signature or two.
  return frame.type === 'PROPOSE' ? size + frame.records.length : size
}
