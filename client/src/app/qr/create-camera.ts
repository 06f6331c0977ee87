/** The camera that looks for a code, for as long as its owner lives. */
import type { Accessor } from 'solid-js'
import { createSignal, onCleanup, onMount } from 'solid-js'
import { readPicture } from './read-picture.ts'

export type CameraState = 'starting' | 'looking' | 'none' | 'denied'

/** Between two looks: fast enough for a hand, slow enough for a phone's battery. */
const lookEveryMs = 200

/** Calls `found` with each text that it sees. */
export function createCamera(found: (text: string) => void): {
  readonly state: Accessor<CameraState>
  attach(video: HTMLVideoElement): void
} {
  const [state, setState] = createSignal<CameraState>('starting')
  let video: HTMLVideoElement | undefined
  let stream: MediaStream | null = null
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    if (video && video.videoWidth > 0) {
      const text = readPicture(video, { width: video.videoWidth, height: video.videoHeight })
      if (text !== null) found(text)
    }
    if (!isOver) timer = setTimeout(look, lookEveryMs)
  }
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    for (const track of stream?.getTracks() ?? []) track.stop()
  }
  const start = async (): Promise<void> => {
    try {
      // Old browsers, and pages without TLS, have no media devices.
      const devices = navigator.mediaDevices as MediaDevices | undefined
      if (!devices) return void setState('none')
      stream = await devices.getUserMedia({ video: { facingMode: 'environment' } })
      if (isOver || !video) return stop()
      video.srcObject = stream
      await video.play()
      setState('looking')
      look()
    } catch (thrown) {
      setState(thrown instanceof DOMException && thrown.name === 'NotAllowedError' ? 'denied' : 'none')
    }
  }
  onMount(() => void start())
  onCleanup(stop)
  return {
    state,
    attach: (element) => {
      video = element
    },
  }
}
