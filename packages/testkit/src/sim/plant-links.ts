/** Planted bugs in what a device hears and says. */
import { toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import { openSync } from '@poruch/sync'
import type { BulkReader, FrameLink, Sync, SyncOptions } from '@poruch/sync'
import { decodeEnvelope, decodeFrame } from '@poruch/sync/wire'

/** docs/PROTOCOL.md, "Frames". */
const seedLogFrame = 26

/** Of two envelopes for one place it takes the first and never learns of the other. */
export function openDeafToBranches(options: SyncOptions): Sync {
  const sync = openSync(options)
  const first = new Map<string, string>()
  const hears = (bytes: Bytes): boolean => {
    const frame = decodeFrame(bytes)
    if (!frame.ok || frame.value.type !== 'ENTRY') return !frame.ok || frame.value.type !== 'CTX'
    const form = decodeEnvelope(frame.value.envelope)
    if (!form.ok) return true
    const { deviceIndex, seq } = form.value.header
    const [place, body] = [`${frame.value.topic} ${deviceIndex} ${seq}`, toHex(frame.value.envelope)]
    first.set(place, first.get(place) ?? body)
    return first.get(place) === body
  }
  return {
    ...sync,
    attachPeer: (peer) => sync.attachPeer({ ...peer, link: hearing(peer.link, hears) }),
    attachRelay: (relay) => sync.attachRelay({ ...relay, link: hearing(relay.link, hears), bulk: reading(relay.bulk, hears) }),
  }
}

/** It never gives a relay back what that has lost of the log. */
export function openWithoutSeeding(options: SyncOptions): Sync {
  return openMute(options, ([type]) => type === seedLogFrame)
}

/** It never opens an epoch by itself, whoever keeps the key of the present one. */
export function openWithoutEpochs(options: SyncOptions): Sync {
  const isEpoch = (bytes: Bytes): boolean => {
    const frame = decodeFrame(bytes)
    if (!frame.ok || frame.value.type !== 'PROPOSE') return false
    return frame.value.records.every((record) => decodeEntry(decodeRecord(record).entry).op.kind === 'epoch')
  }
  return openMute(options, isEpoch)
}

function openMute(options: SyncOptions, isUnsaid: (bytes: Bytes) => boolean): Sync {
  const sync = openSync(options)
  const mute = (link: FrameLink): FrameLink => ({ ...link, send: (bytes) => isUnsaid(bytes) || link.send(bytes) })
  return { ...sync, attachRelay: (relay) => sync.attachRelay({ ...relay, link: mute(relay.link) }) }
}

function hearing(link: FrameLink, hears: (bytes: Bytes) => boolean): FrameLink {
  return {
    ...link,
    onFrame: (listener) =>
      link.onFrame((bytes) => {
        if (hears(bytes)) listener(bytes)
      }),
  }
}

function reading(bulk: BulkReader, hears: (bytes: Bytes) => boolean): BulkReader {
  return {
    ...bulk,
    sync: async (request, onFrame, options) =>
      bulk.sync(
        request,
        async (bytes) => {
          if (hears(bytes)) await onFrame(bytes)
        },
        options,
      ),
  }
}
