/** Chooses the one tab that talks to the network; the others ask it, and take over when it does not answer. */
import { makeCell, toHex } from '@poruch/base'
import type { Clock, Random, View } from '@poruch/base'

/** A leader that lets an asking tab wait longer is taken for frozen. */
export const leaderAnswerTimeoutMs = 1000

const nonceBytes = 16

export interface Leader {
  readonly leading: View<boolean>
  /** There is work for the leader: if it does not answer within {@link leaderAnswerTimeoutMs}, this tab takes its place. */
  ask(): void
  /** Gives up leading, or the wish to. Nothing fires afterwards. */
  close(): void
}

export interface LeaderOptions {
  /** The same in all tabs that share a database. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  /**
   * Called when this tab has become the leader. The signal aborts when it no longer is one:
   * whoever listens closes the sockets first, synchronously, before anything else is done.
   */
  readonly onLead: (signal: AbortSignal) => void
}

type Message = { readonly kind: 'ask'; readonly nonce: string } | { readonly kind: 'here'; readonly nonce: string | null }

export function createLeader(options: LeaderOptions): Leader {
  const tabs = new BroadcastChannel(`poruch-leader ${options.name}`)
  const question = makeQuestion(options, { ask: post, steal: () => seat.steal() })
  const seat = takeSeat(options, () => {
    question.answered(null)
    post({ kind: 'here', nonce: null })
  })
  function post(message: Message): void {
    tabs.postMessage(message)
  }
  tabs.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = parseMessage(event.data)
    if (message?.kind === 'here') question.answered(message.nonce)
    if (message?.kind === 'ask' && seat.leading.read()) post({ kind: 'here', nonce: message.nonce })
  })
  return {
    leading: seat.leading,
    ask: () => {
      if (!seat.leading.read()) question.ask()
    },
    close: () => {
      question.answered(null)
      seat.close()
      tabs.close()
    },
  }
}

/** One question at a time; an answer of any leader to anyone counts only with its nonce, a new leader's greeting (null) always. */
function makeQuestion({ clock, random }: LeaderOptions, to: { readonly ask: (message: Message) => void; readonly steal: () => void }) {
  let open: { readonly nonce: string; readonly cancel: () => void } | null = null
  return {
    ask: (): void => {
      if (open) return
      const nonce = toHex(random.bytes(nonceBytes))
      const cancel = clock.after(leaderAnswerTimeoutMs, () => {
        open = null
        to.steal()
      })
      open = { nonce, cancel }
      to.ask({ kind: 'ask', nonce })
    },
    answered: (nonce: string | null): void => {
      if (!open || (nonce !== null && nonce !== open.nonce)) return
      open.cancel()
      open = null
    },
  }
}

/** The lock that the leader holds. The browser hands it on when a tab ends; `steal` takes it from one that hangs. */
function takeSeat({ name, onLead }: LeaderOptions, seated: () => void) {
  const terms = makeTerms(onLead, seated)
  let waiting = new AbortController()
  let closed = false

  const request = (how: LockOptions): void => {
    const lead = (): Promise<void> => (closed ? Promise.resolve() : terms.begin())
    navigator.locks.request(`poruch-leader ${name}`, how, lead).catch(() => {
      if (how.signal?.aborted === true) return // this tab stopped waiting
      terms.end() // another tab took the lock
      if (!closed) queue()
    })
  }
  const queue = (): void => {
    waiting = new AbortController()
    request({ signal: waiting.signal })
  }
  queue()
  return {
    leading: terms.leading,
    steal: (): void => {
      if (closed || terms.leading.read()) return
      waiting.abort()
      request({ steal: true })
    },
    close: (): void => {
      closed = true
      waiting.abort()
      terms.end()
    },
  }
}

/** The times during which this tab leads, one after the other. */
function makeTerms(onLead: (signal: AbortSignal) => void, seated: () => void) {
  const leading = makeCell(false)
  let end: (() => void) | null = null
  return {
    leading,
    /** Pending as long as the term lasts: so long the lock is held. */
    begin: (): Promise<void> =>
      new Promise((resolve) => {
        const term = new AbortController()
        end = () => {
          end = null
          term.abort() // sockets first
          leading.set(false)
          resolve()
        }
        leading.set(true)
        seated()
        onLead(term.signal)
      }),
    end: (): void => end?.(),
  }
}

/** Another tab may run another version of the program. */
function parseMessage(data: unknown): Message | null {
  if (typeof data !== 'object' || data === null || !('kind' in data) || !('nonce' in data)) return null
  const { kind, nonce } = data
  if (kind === 'ask' && typeof nonce === 'string') return { kind, nonce }
  return kind === 'here' && (typeof nonce === 'string' || nonce === null) ? { kind, nonce } : null
}
