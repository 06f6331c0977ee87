/** Lets in whoever asks by an invitation that needs no approval: the first member's device that hears of it does. */
import type { JoinRequests } from './join-requests.ts'
import type { Membership } from './membership.ts'
import type { ReplicaPorts } from './ports.ts'
import type { Requests } from './control.ts'

export interface Admission {
  /** Looks at what waits, when there is a session. */
  run(): void
}

export interface AdmissionOptions {
  readonly ports: ReplicaPorts
  readonly requests: Requests
  readonly joinRequests: JoinRequests
  readonly membership: Membership
}

export function makeAdmission({ ports, requests, joinRequests, membership }: AdmissionOptions): Admission {
  /** Each is tried once per opening of the device; what the log refuses, an admin may still decide. */
  const tried = new Set<string>()
  return {
    run: () => {
      if (!requests.connected) return
      for (const { request } of joinRequests.waiting()) {
        const key = `${request.invitation}/${request.user}`
        if (request.info.policy !== 'auto' || tried.has(key)) continue
        tried.add(key)
        membership
          .admit(request)
          .then(async () => joinRequests.drop(request.user, request.invitation))
          .catch((thrown: unknown) => ports.log?.('not-admitted', { error: String(thrown) }))
      }
    },
  }
}
