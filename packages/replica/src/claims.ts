/** What members' beacons say is there, or is otherwise, and is not so here: waited for, and an alarm when it does not come. */
import type { AlarmPlace, Alarms } from './alarms.ts'

export interface Claim {
  /** Two about the same are one: the later one takes the place of the earlier, unless that says more. */
  readonly key: string
  /** Of two about the same the higher one stays: what is known to be there is not forgotten because somebody else knows less. */
  readonly height: number
  readonly place: AlarmPlace
  /** Whether it is so here, too. */
  isMet(): Promise<boolean>
}

export interface Claims {
  /** False when it is not so here now; it is watched then. */
  take(claim: Claim): Promise<boolean>
  /** So much time has passed in which it could have come. */
  look(elapsedMs: number): Promise<void>
}

/** An honest relay shows everybody the same within seconds, and a peer who was faster is caught up with as soon. */
const claimPatienceMs = 2 * 60_000
/** Whoever can claim more than there is must not fill the memory. */
const maxClaims = 256

export function makeClaims(alarms: Pick<Alarms, 'raise' | 'end'>): Claims {
  const open = new Map<string, { readonly claim: Claim; waitedMs: number }>()
  const settle = (key: string, claim: Claim): void => {
    open.delete(key)
    alarms.end(claim.place)
  }
  return {
    take: async (claim) => {
      const known = open.get(claim.key)
      if (await claim.isMet()) {
        // Also where only the alarm is left, of an earlier run.
        if (!known || known.claim.height <= claim.height) settle(claim.key, claim)
        return true
      }
      if (known) open.set(claim.key, { claim: known.claim.height > claim.height ? known.claim : claim, waitedMs: known.waitedMs })
      else if (open.size < maxClaims) open.set(claim.key, { claim, waitedMs: 0 })
      return false
    },
    look: async (elapsedMs) => {
      for (const [key, waiting] of open) {
        if (await waiting.claim.isMet()) settle(key, waiting.claim)
        else {
          waiting.waitedMs += elapsedMs
          if (waiting.waitedMs >= claimPatienceMs) alarms.raise(waiting.claim.place)
        }
      }
    },
  }
}
