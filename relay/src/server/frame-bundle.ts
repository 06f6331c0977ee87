/** Frames that go to one reader in the same turn of the event loop leave in one message: a write to a socket costs more than most frames. */

/** A message of several frames is at most so long, in characters; a single frame may be longer. */
const maxBundleText = 256 * 1024

export interface FrameBundle {
  /** Takes a frame's text; it leaves within this turn. */
  add(text: string): void
  /** Sends what waits at once. */
  flush(): void
  /** How much waits, in characters. */
  readonly waiting: number
}

export function makeFrameBundle(send: (text: string) => void): FrameBundle {
  let texts: string[] = []
  let waiting = 0
  const flush = (): void => {
    if (texts.length === 0) return
    const text = texts.join(' ')
    texts = []
    waiting = 0
    send(text)
  }
  return {
    add: (text) => {
      if (waiting + text.length > maxBundleText) flush()
      if (texts.push(text) === 1) setImmediate(flush)
      waiting += text.length + 1
    },
    flush,
    get waiting() {
      return waiting
    },
  }
}
